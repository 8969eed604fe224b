"""Objects and refs that git would not write by itself: tags with any bytes, damage, planted configuration."""

from __future__ import annotations

import subprocess
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

TAGGER = b"Ada Lovelace <ada@example.com> 1641000000 +0000"


def write_object(repo: Repo, kind: str, body: bytes) -> str:
    """The id of an object that holds these bytes, sound or not."""
    argv = ["git", "hash-object", "-w", "-t", kind, "--literally", "--stdin"]
    return subprocess.run(argv, cwd=repo.path, input=body, capture_output=True, check=True).stdout.decode().strip()


@dataclass(frozen=True, slots=True)
class RawTag:
    """A tag object's parts; None leaves the line out."""

    name: str
    target: str = "HEAD"
    type: str = "commit"
    label: bytes | None = None
    tagger: bytes | None = TAGGER
    message: bytes = b"a tag"

    def body(self, oid: str) -> bytes:
        """The object's bytes."""
        label = self.name.encode() if self.label is None else self.label
        lines = [b"object " + oid.encode(), b"type " + self.type.encode(), b"tag " + label]
        lines += [] if self.tagger is None else [b"tagger " + self.tagger]
        return b"\n".join(lines) + b"\n\n" + self.message


def plant(repo: Repo, tag: RawTag) -> str:
    """The id of a new tag object whose ref is there too."""
    oid = write_object(repo, "tag", tag.body(repo.git("rev-parse", "--verify", tag.target)))
    repo.git("update-ref", f"refs/tags/{tag.name}", oid)
    return oid


def pack_ref(repo: Repo, name: str, oid: str) -> None:
    """Write a ref that no file system could hold as a file of its own."""
    path = repo.path / ".git" / "packed-refs"
    lines = (
        path.read_text(encoding="utf-8").splitlines() if path.exists() else ["# pack-refs with: peeled fully-peeled"]
    )
    head, refs = lines[0], [line for line in lines[1:] if not line.startswith("^")]
    refs = sorted([*refs, f"{oid} refs/tags/{name}"], key=lambda line: line.split(" ", 1)[1])
    path.write_text("\n".join(["# pack-refs with: sorted", *refs, ""]), encoding="utf-8")
    assert head.startswith("#")


def loose(repo: Repo, oid: str) -> Path:
    """The file of a loose object."""
    return repo.path / ".git" / "objects" / oid[:2] / oid[2:]


def lose(repo: Repo, oid: str) -> None:
    """Delete a loose object."""
    loose(repo, oid).unlink()


def damage(repo: Repo, oid: str) -> None:
    """Give a loose object other bytes than its id says, compressed soundly."""
    path = loose(repo, oid)
    path.chmod(0o644)
    path.write_bytes(b"not zlib at all" + path.read_bytes()[15:])


def swap(repo: Repo, oid: str, body: bytes) -> None:
    """Give a loose tag object another content, soundly compressed."""
    path = loose(repo, oid)
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"tag %d\0" % len(body) + body))


def damage_pack(repo: Repo, oid: str) -> None:
    """Pack everything, then break the bytes of one object inside the pack."""
    repo.git("repack", "-a", "-d", "-q")
    (pack,) = (repo.path / ".git" / "objects" / "pack").glob("*.pack")
    listed = repo.git("verify-pack", "-v", str(pack.with_suffix(".idx"))).splitlines()
    (offset,) = [int(line.split()[4]) for line in listed if line.startswith(oid)]
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[offset + 4 : offset + 20] = b"\xff" * 16
    pack.write_bytes(bytes(data))
