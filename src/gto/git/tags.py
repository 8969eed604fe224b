"""Tag refs and tag objects of a repository, read in two processes however many there are."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from gto.core import names
from gto.core.event import TagRecord
from gto.git.command import Git

_LONGEST_BODY = 1 << 20  # bytes of a tag object that are kept; the rest of a longer message is dropped
_SUSPECT_RE = re.compile(rb"[@#]")
_FORMAT = "%(objectname) %(refname)"
_BATCH = "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"


@dataclass(frozen=True, slots=True)
class Listing:
    """The refs under refs/tags/: lines of `oid refs/tags/name`, in the order of names."""

    text: bytes

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield object id and tag name."""
        for line in self.text.decode("utf-8", "surrogateescape").splitlines():
            oid, _, ref = line.partition(" refs/tags/")
            yield oid, ref

    def __len__(self) -> int:
        """Count the refs."""
        return self.text.count(b"\n")


def list_tags(git: Git, artifact: str | None = None) -> Listing:
    """List all tag refs, or those of the events of one artifact."""
    if artifact is None:
        patterns = ["refs/tags"]
    else:
        start = f"refs/tags/{names.to_tag(artifact)}"
        patterns = [f"{start}@*", f"{start}#*", f"{start}#*/**"]
    return Listing(git.run(["for-each-ref", f"--format={_FORMAT}", *patterns]))


def read_tags(git: Git, listing: Listing) -> Iterator[TagRecord]:
    """Read the objects of those refs whose names could be events; nothing that one of them holds stops the rest."""
    lines = [line for line in listing.text.splitlines(keepends=True) if _SUSPECT_RE.search(line)]
    nested: list[TagRecord] = []
    while lines:
        done = 0
        with git.stream(["cat-file", "--buffer", _BATCH], b"".join(lines)) as out:
            for record in _parse(out, lines):
                done += 1
                if record.body.startswith(b"type tag\n", record.body.find(b"\n") + 1):
                    nested.append(record)
                else:
                    yield record
        lines = lines[done:]
        if lines:  # git stopped at an object that it cannot read: say so, and go on behind it
            oid, ref = _split(lines.pop(0))
            yield TagRecord(ref, oid, "corrupt")
    if nested:
        yield from _peel(git, nested)


def _split(line: bytes) -> tuple[str, str]:
    oid, _, ref = line.decode("utf-8", "surrogateescape").rstrip("\n").partition(" refs/tags/")
    return oid, ref


def _parse(out: IO[bytes], lines: list[bytes]) -> Iterator[TagRecord]:
    for line in lines:
        header = out.readline()
        if header.endswith(b" missing\n"):
            oid, ref = _split(line)
            yield TagRecord(ref, oid, "missing")
            continue
        try:
            oid_, kind, size, ref_ = header.split(b" ", 3)
            length = int(size)
        except ValueError:
            return
        body = out.read(length + 1)
        if len(body) <= length:
            return
        name = ref_[10:-1].decode("utf-8", "surrogateescape")
        if kind == b"tag":
            yield TagRecord(name, oid_.decode(), "tag", body[:-1])
        else:
            yield TagRecord(name, oid_.decode(), kind.decode())


def _peel(git: Git, records: Iterable[TagRecord]) -> Iterator[TagRecord]:
    kept = list(records)
    asked = "".join(f"{record.oid}^{{}}\n" for record in kept).encode()
    answers = git.run(["cat-file", "--batch-check=%(objecttype) %(objectname)"], data=asked).decode().splitlines()
    for record, answer in zip(kept, answers, strict=True):
        peeled = answer if answer.count(" ") == 1 and not answer.endswith(" missing") else "missing -"
        yield TagRecord(record.name, record.oid, record.type, record.body, peeled)
