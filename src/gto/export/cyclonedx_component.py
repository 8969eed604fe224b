"""The parts of a bill of materials: files, data and packages, each with only those hashes that somebody noted.

Source: the schema of CycloneDX 1.6.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from gto.dvc.output import Datum
from gto.git.command import masked
from gto.lineage.trace import Input, Lineage
from gto.storage.location import Content, Digest

Component = dict[str, object]

_ALGORITHMS = {
    "md5": "MD5",
    "sha256": "SHA-256",
}  # `md5-dos2unix` and `git` are hashes of something else than the bytes
_SHA1_DIGITS = 40
_PINNED_RE = re.compile(r"={2,3}\s*([A-Za-z0-9.!+_-]+)")
_USER_RE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:/+)[^/]*@")
_ASKED_RE = re.compile(r"[=<>!~@].*", re.DOTALL)


class Property(NamedTuple):
    """A name of GTO's, and its value."""

    name: str
    value: str


def properties(found: Iterable[Property]) -> Component:
    """Return the field `properties`; nothing where there is none that has a value."""
    kept = [{"name": f"gto:{one.name}", "value": one.value} for one in found if one.value]
    return {"properties": kept} if kept else {}


def of_digest(digest: Digest | None) -> Component:
    """Return what may be said of a file's bytes: a hash, or the identifier that Git gives them."""
    if digest is None:
        return {}
    if digest.algorithm in _ALGORITHMS:
        return {"hashes": [{"alg": _ALGORITHMS[digest.algorithm], "content": digest.value}]}
    if digest.algorithm == "git":
        known = {"swhid": [f"swh:1:cnt:{digest.value}"]} if len(digest.value) == _SHA1_DIGITS else {}
        return {**known, **properties([Property("git-blob", digest.value)])}
    return properties([Property(digest.algorithm, digest.value)])


def files(ref: str, contents: Iterable[Content]) -> list[Component]:
    """Return the files of a directory."""
    return [
        {"type": "file", "bom-ref": f"{ref}/{one.path}", "name": one.path, **of_digest(one.digest)} for one in contents
    ]


def data_ref(path: str) -> str:
    """Return the reference of a file or directory that led to the artifact."""
    return f"data:{_public(path)}"


def _public(path: str) -> str:
    """Return a path; of one that is a URL, what it says of a user and a password is left out."""
    return _USER_RE.sub(r"\1", path)


def taken(lineage: Lineage | None) -> Iterator[Component]:
    """Yield what the stages took that lead to an artifact, each once; code, which Git holds, as files."""
    seen = {lineage.datum.path} if lineage else set()
    for one in (one for step in (lineage.steps if lineage else ()) for one in step.inputs):
        if one.datum.path not in seen:
            seen.add(one.datum.path)
            yield _taken(one)


def is_data(one: Input) -> bool:
    """Tell whether an input is data: whatever Git does not hold."""
    return one.home != "git"


def _taken(one: Input) -> Component:
    said = [Property("kept-in", one.home), Property("imported-from", masked(one.origin or ""))]
    name = _public(one.datum.path)
    found: Component = {
        "type": "data" if is_data(one) else "file",
        "bom-ref": data_ref(one.datum.path),
        "name": name,
    }
    if is_data(one):
        found["data"] = [{"type": "dataset", "name": name}]
    return {**found, **of_datum(one.datum, said)}


def of_datum(datum: Datum, said: Iterable[Property] = ()) -> Component:
    """Return what DVC noted of a file's bytes; the mark of a directory is the hash of its listing, so no hash."""
    if datum.algorithm == "md5" and re.fullmatch("[0-9a-f]{32}", datum.md5 or ""):
        return {"hashes": [{"alg": "MD5", "content": datum.md5}], **properties(said)}
    return properties([*said, Property(f"dvc-{datum.algorithm}", datum.md5 or "")])


def library_ref(name: str, wanted: str) -> str:
    """Return the reference of a package."""
    return f"library:{name}:{wanted}"


def libraries(packages: Mapping[tuple[str, str], str]) -> list[Component]:
    """Return the packages that files of requirements ask for; only a pinned version is one."""
    asked: dict[tuple[str, str], list[str]] = {}
    for (path, name), wanted in packages.items():
        if wanted == "any" or _ASKED_RE.fullmatch(wanted):
            asked.setdefault((name, wanted), []).append(path)
    return [_library(name, wanted, paths) for (name, wanted), paths in sorted(asked.items())]


def _library(name: str, wanted: str, paths: Iterable[str]) -> Component:
    found: Component = {"type": "library", "bom-ref": library_ref(name, wanted), "name": name}
    pinned = _PINNED_RE.fullmatch(wanted)
    if pinned:
        found |= {"version": pinned[1], "purl": f"pkg:pypi/{name}@{quote(pinned[1], safe='')}"}
    asked = [Property("required-by", path) for path in paths]
    return {**found, **properties([Property("requirement", "" if wanted == "any" else wanted), *asked])}
