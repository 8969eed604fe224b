"""What was read of a large registry, kept per artifact under the digest of its refs; anything odd is rebuilt."""

import os
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from gto.core import names
from gto.core.view import Holding, Standing
from gto.exceptions import WrongConfig
from gto.fs.cache_dir import digest, home
from gto.fs.regular_file import read_file

FROM_TAGS = 1000
"""A registry with fewer tags is read faster than its cache is looked after."""

_HEADER = "gto-standings 3"  # raise the number when what is kept, or the meaning of a tag, changes
_ABANDONED = 60.0  # seconds after which a writer must have been killed
_LINE = rb"(?m)^[0-9a-f]+ refs/tags/([^@#\n]+)[@#][^\n]*\n"


class Group(NamedTuple):
    """The refs of one artifact's tags: lines of `oid refs/tags/name`."""

    name: str
    lines: tuple[bytes, ...]

    @property
    def digest(self) -> str:
        """What changes whenever one of the refs does."""
        return digest(b"".join(self.lines))


class Cached(NamedTuple):
    """What a cache file holds: the digest of the whole listing, and per artifact its digest and standing."""

    whole: str = ""
    standings: Mapping[str, tuple[str, Standing | None]] = MappingProxyType({})
    head: str = ""
    """The digest of what decides on `names`: the commit, and where annotations are looked for."""
    names: tuple[str, ...] = ()
    """The artifacts that annotations of that commit name."""


def group(listing: bytes) -> list[Group]:
    """Group the refs that could be events by artifact."""
    groups: dict[bytes, list[bytes]] = {}
    for match in re.finditer(_LINE, listing):
        groups.setdefault(match[1], []).append(match[0])
    return [
        Group(names.from_tag(name.decode("utf-8", "surrogateescape")), tuple(lines)) for name, lines in groups.items()
    ]


def load(common_dir: str) -> Cached:
    """Return what was kept for a repository; empty where there is nothing, or nothing sound."""
    import json

    for path in _paths(common_dir):
        with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            header, _, text = (read_file(path) or b"").decode().partition("\n")
            if header == f"{_HEADER} {digest(text.encode())}":
                return _decode(json.loads(text))
    return Cached()


def save(common_dir: str, cached: Cached) -> None:
    """Keep it, atomically; where no place can be written, nothing is kept and nothing is left behind."""
    import json

    text = json.dumps(_encode(cached), separators=(",", ":"))
    for path in _paths(common_dir):
        try:
            _replace(path, f"{_HEADER} {digest(text.encode())}\n{text}")
        except OSError:
            continue
        return


def find_damaged(common_dir: str) -> list[str]:
    """Return the paths of a repository's caches that are not as this or another version of GTO wrote them."""
    return [path for path in _paths(common_dir) if os.path.lexists(path) and not _is_sound(path)]


def _is_sound(path: str) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        header, _, text = (read_file(path) or b"").decode().partition("\n")
        return bool(re.fullmatch(r"gto-standings \d+ [0-9a-f]+", header)) and header.endswith(digest(text.encode()))
    return False


def _paths(common_dir: str) -> Iterable[str]:
    if not os.path.islink(os.path.join(common_dir, "gto")):  # it would lead out of the repository
        yield os.path.join(common_dir, "gto", "standings")
    with suppress(WrongConfig):  # nobody has a home: then nothing is kept there
        yield os.path.join(home(), f"standings-{digest(os.fsencode(common_dir))}")


def _replace(path: str, text: str) -> None:
    """Write a file whole or not at all; where another process writes it just now, leave that to it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.lock"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        if time.time() - os.stat(temporary).st_mtime > _ABANDONED:
            os.unlink(temporary)  # whoever comes next can write
        return
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _encode(cached: Cached) -> dict[str, object]:
    rows: dict[str, list[object]] = {}
    for name, (key, one) in cached.standings.items():
        if one is None:
            rows[name] = [key]
            continue
        holdings = [[holding.version, holding.stage] for holding in one.holdings]
        rest = [one.active, list(one.rank), holdings, list(one.used), one.problems]
        rows[name] = [key, one.latest, one.latest_commit, *rest]
    return {"whole": cached.whole, "artifacts": rows, "head": cached.head, "names": list(cached.names)}


def _decode(value: dict[str, object]) -> Cached:
    rows = value["artifacts"]
    if not isinstance(rows, dict):
        raise TypeError
    standings: dict[str, tuple[str, Standing | None]] = {}
    for name, (key, *rest) in rows.items():
        if not rest:
            standings[name] = (key, None)
            continue
        latest, commit, active, rank, holdings, used, problems = rest
        held = tuple(Holding(version, stage) for version, stage in holdings)
        place, time, ref = rank
        one = Standing(name, latest, commit, active, (place, time, ref), held, tuple(used), problems)
        standings[name] = (key, one)
    return Cached(str(value["whole"]), standings, str(value["head"]), _texts(value["names"]))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(str(text) for text in value)
