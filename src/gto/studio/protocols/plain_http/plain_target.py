"""What an address names that one can guess: `/dl/REPO/NAME/SELECTOR.tar.gz`, `/dl/REPO/NAME/SELECTOR/PATH`."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from gto.exceptions import NotFound
from gto.studio.downloads.archive_formats import KINDS, ArchiveKind
from gto.studio.downloads.located_version import ChosenVersion
from gto.studio.index.schema import artifact, repository
from gto.studio.protocols.artifact_names import ArtifactKey, find_hub
from gto.studio.protocols.asked_version import choose_asked

CHECKSUM = ".sha256"
"""The ending of what names the checksum of what stands before it."""
_LONGEST_NAME = 200  # characters, which no name of an artifact is beyond
_ALIASES = {"tgz": "tar.gz"}


class PlainTarget(NamedTuple):
    """What an address names."""

    chosen: ChosenVersion
    path: str = ""
    """Of a file; empty for all of them."""
    kind: ArchiveKind | None = None
    """As which archive they are wanted."""
    wants_checksum: bool = False
    """Whether the checksum is wanted in the place of the archive; one of a file is told by its path."""


def find_target(connection: Connection, repo: str, rest: Sequence[str]) -> PlainTarget:
    """Return what an address names whose segments behind the repository are these.

    A name may hold slashes. Where that leads to several versions, NotFound names them: `%2F` in the place of the
    name's slashes tells them apart.
    """
    found, why = [], None
    for key, cut in _artifacts(connection, repo, rest):
        try:
            found.append(_read(connection, key, rest[cut], "/".join(rest[cut + 1 :])))
        except NotFound as error:
            why = why or error
    if len(found) == 1:
        return found[0]
    if why is not None and not found:
        raise why
    names = " or ".join(f"'{one.chosen.name}@{one.chosen.version}'" for one in found)
    raise NotFound(f"This address may mean {names}", "write the slashes of the name as %2F")


def _artifacts(connection: Connection, repo: str, rest: Sequence[str]) -> Iterator[tuple[ArtifactKey, int]]:
    """Yield the artifacts whose names the segments begin with, the longest first, and of how many segments."""
    names: dict[str, int] = {}
    for cut in range(1, len(rest)):
        name = "/".join(rest[:cut])
        if len(name) > _LONGEST_NAME:
            break
        names[name] = cut
    query = select(artifact.c.name).join_from(artifact, repository)
    known = set(connection.execute(query.where(repository.c.name == repo, artifact.c.name.in_(names))).scalars())
    if not known:  # as clients of the Hub spell it: without `.git`, and without slashes
        yield find_hub(connection, repo, rest[0] if rest else ""), 1
    for name in sorted(known, key=len, reverse=True):
        yield ArtifactKey(repo, name), names[name]


def _read(connection: Connection, key: ArtifactKey, word: str, path: str) -> PlainTarget:
    """Return what a word and a path mean of one artifact."""
    if path:
        return PlainTarget(choose_asked(connection, *key, word).chosen, path)
    plain = word.removesuffix(CHECKSUM)
    for ending in (*(one.ending for one in KINDS), *_ALIASES):
        if plain.endswith(f".{ending}"):
            kind = next(one for one in KINDS if one.ending == _ALIASES.get(ending, ending))
            chosen = choose_asked(connection, *key, plain.removesuffix(f".{ending}")).chosen
            return PlainTarget(chosen, "", kind, plain != word)
    return PlainTarget(choose_asked(connection, *key, plain).chosen, "", None, plain != word)
