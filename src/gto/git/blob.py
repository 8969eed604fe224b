"""Files of a mirror's commits: found by its trees, and fetched all at once where it lacks their contents."""

import re
from collections.abc import Sequence

from gto.exceptions import MirrorDamaged
from gto.git.mirror import Mirror
from gto.git.repo import GitObject, read_objects

_SUBMODULE = b"160000"  # a commit of another repository, which is not here
_LASTING_RE = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?:")
_read: dict[tuple[str, str], GitObject | None] = {}
"""What was read while this process runs: the directory of a mirror, a commit's id and a path, and what is there."""


def read_names(mirror: Mirror, names: Sequence[str]) -> list[GitObject | None]:
    """Return what read_objects() would, and fetch the files that the mirror lacks, all at once."""
    new = [name for name in dict.fromkeys(names) if (mirror.directory, name) not in _read]
    found = dict(zip(new, _read_anew(mirror, new), strict=True))
    # A name such as HEAD:path may mean another file a moment later.
    _read.update({(mirror.directory, name): content for name, content in found.items() if _LASTING_RE.match(name)})
    return [found[name] if name in found else _read[mirror.directory, name] for name in names]


def _read_anew(mirror: Mirror, names: Sequence[str]) -> list[GitObject | None]:
    oids = _resolve(mirror, names)
    wanted = list(dict.fromkeys(oid for oid in oids if oid is not None))
    found = dict(zip(wanted, read_objects(mirror.git, wanted), strict=True))
    for again in (False, True):
        lacking = [oid for oid, content in found.items() if content is None]
        if lacking and again:
            _mend(mirror)  # git has a file of the object, so it does not fetch it, and cannot read it
        if lacking:
            mirror.fetch_blobs(lacking)
            found |= dict(zip(lacking, read_objects(mirror.git, lacking), strict=True))
    if None in found.values():
        raise MirrorDamaged(mirror.remote.url)
    return [found[oid] if oid is not None else None for oid in oids]


def _mend(mirror: Mirror) -> None:
    if not mirror.mend():
        raise MirrorDamaged(mirror.remote.url)


def _resolve(mirror: Mirror, names: Sequence[str]) -> list[str | None]:
    """Return the object id of each `rev:path`, by the trees, which are there; an object id stays itself."""
    places = {name: _split(name) for name in names if ":" in name}
    roots = {f"{name.partition(':')[0]}:" for name in places if _LASTING_RE.match(name)}
    wanted = list(dict.fromkeys([*roots, *(tree for tree, _ in places.values())]))
    read = dict(zip(wanted, read_objects(mirror.git, wanted), strict=True))
    if any(read[root] is None for root in roots):  # a commit without a tree is none
        _mend(mirror)
        read = dict(zip(wanted, read_objects(mirror.git, wanted), strict=True))
    trees = {tree: parse_tree(content) for tree, content in read.items()}
    return [trees[places[name][0]].get(places[name][1]) if name in places else name for name in names]


def _split(name: str) -> tuple[str, bytes]:
    rev, _, path = name.partition(":")
    directory, _, last = path.rpartition("/")
    return f"{rev}:{directory}", last.encode("utf-8", "surrogateescape")


def parse_tree(tree: GitObject | None) -> dict[bytes, str]:
    """Return the names in a tree object with their object ids; git's format: mode, blank, name, NUL, id in bytes."""
    if tree is None or tree.type != "tree" or tree.body is None:
        return {}
    width = len(tree.oid) // 2
    found: dict[bytes, str] = {}
    at = 0
    while at < len(tree.body):
        end = tree.body.find(b"\0", at)
        if end < 0:  # it has not git's form; git takes such a tree from a server
            break
        mode, _, entry = tree.body[at:end].partition(b" ")
        if mode != _SUBMODULE:
            found[entry] = tree.body[end + 1 : end + 1 + width].hex()
        at = end + 1 + width
    return found
