"""How clients that allow fewer characters spell the names of artifacts, and which artifact a spelling is."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, select

from gto.exceptions import ArtifactNotFound, NotFound, RepositoryNotFound
from gto.studio.index.database import kept
from gto.studio.index.schema import artifact, repository

_LONGEST = 96  # characters of a name on the Hub
_DIGITS = 8  # of the digest at the end of one that was longer


class ArtifactKey(NamedTuple):
    """An artifact of a repository."""

    repo: str
    name: str


def to_hub(name: str) -> str:
    """Return the slug of an artifact or repository for the Hub's clients: `services/eu:churn` -> `services.eu.churn`.

    It is of letters, digits, `.`, `_` and `-`, without `--`, `..` and `.git` at the end, and of 96 characters at most.
    """
    text = re.sub("[^A-Za-z0-9._-]", ".", name)
    text = re.sub("-{2,}", "-", re.sub("[.]{2,}", ".", text)).strip(".-")
    text = re.sub("[.]git$", "-git", text) or "_"
    if len(text) <= _LONGEST:
        return text
    return (
        f"{text[: _LONGEST - _DIGITS - 1].rstrip('.-')}_{sha256(name.encode('utf-8', 'replace')).hexdigest()[:_DIGITS]}"
    )


def to_oci(name: str) -> str:
    """Return the path of an artifact or repository for OCI: lower case, `services/eu:Churn` -> `services/eu/churn`."""
    parts = (_to_oci_part(one) for one in name.replace(":", "/").split("/"))
    return "/".join(one for one in parts if one) or "0"


def _to_oci_part(text: str) -> str:
    """Return a part of a path: runs of letters and digits with `.`, `_`, `__` or any number of `-` between them."""
    text = re.sub("[^a-z0-9._-]", "-", text.lower()).strip("._-")
    return re.sub("[._-]+", lambda run: run[0] if re.fullmatch("[.]|_{1,2}|-+", run[0]) else "-", text)


def _read_hub(connection: Connection) -> Mapping[str, Sequence[ArtifactKey]]:
    return _slugs(connection, lambda key: f"{to_hub(key.repo)}/{to_hub(key.name)}")


def _read_oci(connection: Connection) -> Mapping[str, Sequence[ArtifactKey]]:
    return _slugs(connection, lambda key: f"{to_oci(key.repo)}/{to_oci(key.name)}")


def _slugs(connection: Connection, spell: Callable[[ArtifactKey], str]) -> Mapping[str, Sequence[ArtifactKey]]:
    found: dict[str, list[ArtifactKey]] = defaultdict(list)
    query = select(repository.c.name, artifact.c.name).join_from(artifact, repository)
    for row in connection.execute(query.order_by(repository.c.position, artifact.c.name)):
        key = ArtifactKey(*row)
        found[spell(key)].append(key)
    return found


def _read_repositories(connection: Connection) -> Sequence[str]:
    return connection.execute(select(repository.c.name).order_by(repository.c.position)).scalars().all()


def find_hub(connection: Connection, namespace: str, slug: str) -> ArtifactKey:
    """Return the artifact that the Hub's two words mean.

    RepositoryNotFound where no repository has the first, ArtifactNotFound where no artifact has both; NotFound, with
    the names of all, where several have them.
    """
    found = kept(connection, _read_hub).get(f"{namespace}/{slug}", ())
    if not found:
        _check_repository(connection, namespace, to_hub)
    return only(found, slug)


def find_oci(connection: Connection, path: str) -> ArtifactKey:
    """Return the artifact that a repository of OCI is, as `find_hub` does it."""
    found = kept(connection, _read_oci).get(path, ())
    if not found:
        _check_repository(connection, path.partition("/")[0], to_oci)
    return only(found, path)


def list_oci(connection: Connection) -> list[str]:
    """Return the paths of all artifacts that have one of their own, sorted."""
    return sorted(path for path, keys in kept(connection, _read_oci).items() if len(keys) == 1)


def _check_repository(connection: Connection, slug: str, spell: Callable[[str], str]) -> None:
    names = kept(connection, _read_repositories)
    if not any(spell(name) == slug for name in names):
        raise RepositoryNotFound(slug)


def only(found: Sequence[ArtifactKey], text: str) -> ArtifactKey:
    """Return the one artifact that a spelling means; ArtifactNotFound where there is none, NotFound where several."""
    if not found:
        raise ArtifactNotFound(text)
    if len(found) > 1:
        raise NotFound(f"'{text}' may be {_listed(found)}: no name tells them apart here", "rename one of them")
    return found[0]


def _listed(found: Iterable[ArtifactKey]) -> str:
    return " or ".join(f"'{key.name}' of '{key.repo}'" for key in found)
