"""Programs that stand for those of a cloud: each writes down how it was called, and ends well."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tests.repo import GTO

if TYPE_CHECKING:
    from pathlib import Path

_STUB = """#!/bin/sh
{{ printf '%s\\0' {name} "$@"; printf '\\036'; }} >>{record}
{script}
"""


def make(place: Path, *names: str, **scripts: str) -> Path:
    """A directory with `gto` and these programs; a script is what a program does after it has written its call down."""
    place.mkdir(parents=True, exist_ok=True)
    _write(place / "gto", f'#!/bin/sh\nexec {shlex.join(GTO)} "$@"\n')
    for name, script in {**dict.fromkeys(names, ":"), **scripts}.items():
        record = shlex.quote(str(place / ".calls"))
        _write(place / name, _STUB.format(name=shlex.quote(name), record=record, script=script))
    return place


def calls(place: Path) -> list[list[str]]:
    """How the programs were called, in order: the name, then the arguments."""
    record = place / ".calls"
    if not record.exists():
        return []
    entries = record.read_bytes().decode("utf-8", "surrogateescape").split("\x1e")
    return [entry.removesuffix("\0").split("\0") for entry in entries[:-1]]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
