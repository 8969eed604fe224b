"""What Git holds of versions beside their facts: sizes and hashes of their files, and the card of a model."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, exists, insert, select

from gto.annotations.annotation import Annotation
from gto.dvc.paths import is_url, tidy
from gto.exceptions import GitError
from gto.git.commit_files import Files
from gto.git.object_cache import ObjectCache
from gto.git.safe_config import LAZY
from gto.lineage.collect import CollectedFacts
from gto.registry.registry import Registry
from gto.studio.index.schema import card, fact

MOST_FILES = 100
"""Files of a version of which size and hash are kept."""
MOST_CARD = 64 << 10
"""Bytes of a card: what is longer is cut."""

_NAMES = ("README.md", "readme.md", "MODEL_CARD.md", "model_card.md")


class VersionFiles(NamedTuple):
    """Files of one version."""

    files: tuple[tuple[str, int | None, str], ...] = ()
    """Path, size and object id of each; no size where the object is not here."""
    card_path: str | None = None
    card: str | None = None
    """The object id."""

    def as_columns(self) -> dict[str, object]:
        """Return what the table of facts has of it."""
        return {"files": [list(one) for one in self.files], "card_path": self.card_path, "card": self.card}


class ReadFiles(NamedTuple):
    """Files of several versions."""

    versions: tuple[VersionFiles, ...]
    cards: Mapping[str, str]
    """The texts of cards by their object ids."""


def read(registry: Registry, found: Sequence[CollectedFacts], cache: ObjectCache) -> ReadFiles:
    """Read the files of these versions; a commit that cannot be read has none."""
    files = Files(registry.repo, cache)
    try:
        files.open(one.point.commit for one in found)
    except GitError:
        return ReadFiles(tuple(VersionFiles() for _ in found), {})
    known = [_find(files, one) for one in found]
    sizes = _sizes(registry, {oid for one in known for _, _, oid in one.files})
    versions = [one._replace(files=tuple((path, sizes.get(oid), oid) for path, _, oid in one.files)) for one in known]
    oids = list(dict.fromkeys(one.card for one in known if one.card))
    texts = zip(oids, cache.read(registry.repo, oids), strict=True)
    cards = {oid: _text(blob.body) for oid, blob in texts if blob is not None and blob.body is not None}
    return ReadFiles(tuple(versions), cards)


def _find(files: Files, known: CollectedFacts) -> VersionFiles:
    listing = files.listing(known.point.commit)
    entries = [(path, listing.get(path)) for path in known.files[:MOST_FILES]]
    own = tuple((path, None, entry.oid) for path, entry in entries if entry is not None)
    for path in _places(known.annotation) if known.annotation else ():
        entry = listing.get(path)
        if entry is not None and entry.is_file:
            return VersionFiles(own, path, entry.oid)
    return VersionFiles(own)


def _places(said: Annotation) -> Iterator[str]:
    """Yield where a card may be: as `custom` says, in the artifact's directory, beside the artifact."""
    custom = said.custom.get("card") if isinstance(said.custom, dict) else None
    if isinstance(custom, str) and custom:
        yield tidy(custom)
    if not said.path or is_url(said.path) or said.path.startswith("/"):
        return
    path = tidy(said.path)
    yield from (f"{path}/{name}" for name in _NAMES)
    yield f"{posixpath.splitext(path)[0]}.md"
    yield from (posixpath.join(posixpath.dirname(path), name) for name in _NAMES)


def _sizes(registry: Registry, oids: set[str]) -> dict[str, int]:
    if not oids:
        return {}
    git = registry.git._replace(env={LAZY: "1"})  # a size is not worth a download
    data = "".join(f"{oid}\n" for oid in sorted(oids)).encode()
    out = git.run(["cat-file", "--batch-check=%(objectname) %(objectsize)"], data=data).decode()
    pairs = (line.split(" ") for line in out.splitlines())
    return {oid: int(size) for oid, size in pairs if size.isdigit()}


def _text(body: bytes) -> str:
    return body[:MOST_CARD].decode("utf-8", "replace")


def write_cards(connection: Connection, repository_id: int, cards: Mapping[str, str]) -> None:
    """Put the texts of cards into the index that are not there."""
    same = card.c.repository_id == repository_id
    known = set(connection.execute(select(card.c.oid).where(same, card.c.oid.in_(cards))).scalars())
    rows = [
        {"repository_id": repository_id, "oid": oid, "text": text, "folded_text": text.casefold()}
        for oid, text in cards.items()
        if oid not in known
    ]
    if rows:
        connection.execute(insert(card), rows)


def forget_cards(connection: Connection, repository_id: int) -> None:
    """Take cards out of the index that no version has any more."""
    used = exists().where(fact.c.repository_id == card.c.repository_id, fact.c.card == card.c.oid)
    connection.execute(delete(card).where(card.c.repository_id == repository_id, ~used))
