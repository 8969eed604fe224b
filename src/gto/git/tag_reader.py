"""Tag refs and tag objects of a repository, read in two processes however many there are."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import IO

from gto.core import names, tag
from gto.core.event import LATEST, NULL_OID, Event, Problem, TagRecord, event, read
from gto.core.tag import Kind
from gto.git.command import Git
from gto.git.git_errors import explain

_LONGEST_BODY = 4 << 20  # bytes of a tag object that are kept; the rest of a longer message is dropped
_CHUNK = 1 << 20  # bytes read at a time
_LOW = 1 << 16  # bytes: with fewer left the buffer is filled up, so that a usual tag is in it whole
_SUSPECT_RE = re.compile(rb"(?m)^[^\n@#]*[@#][^\n]*\n")
# What `cat-file` prints of nearly every event: `oid tag size ref`, then an object on a commit that calls itself as its
# ref does and has a tagger, whose line is not too long. The text is read as Latin-1, so that bytes and characters count
# alike.
_USUAL_RE = re.compile(
    rf"([0-9a-f]+) tag ([0-9]+) refs/tags/({tag.PATTERN})\nobject ([0-9a-f]+)\ntype commit\ntag \3\n"
    r"tagger [^>\n]{0,4000}> ([0-9]{1,11}) [+-][0-9]{4}\n"
)
_CREATION = Kind.CREATION
_FORMAT = "%(objectname) %(refname)"
# What `cat-file` prints, by `for-each-ref`; an object that is no tag counts as empty, however large it is.
_IF_TAG = "%(if:equals=tag)%(objecttype)%(then)"
RAW = f"%(objectname) %(objecttype) {_IF_TAG}%(raw:size)%(else)0%(end) %(refname)%0a{_IF_TAG}%(raw)%(end)"
BATCH = "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"
_OFFER_RE = re.compile(r"([0-9a-f]{40}(?:[0-9a-f]{24})?)\t([^\t]+)")
_BROKEN_REF = "warning: ignoring broken ref "


class Listing:
    """The refs under refs/tags/: lines of `oid refs/tags/name`, in the order of names."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield object id and tag name."""
        for line in self.text.decode("utf-8", "surrogateescape").split("\n")[:-1]:  # a name may hold U+2028
            oid, _, ref = line.partition(" refs/tags/")
            yield oid, ref

    def __len__(self) -> int:
        """Count the refs."""
        return self.text.count(b"\n")


def list_tags(git: Git, artifact: str | None = None) -> Listing:
    """List all tag refs, or those of the events of one artifact."""
    if artifact is None:
        # Half the time of for-each-ref, but a ref to nothing ends it.
        out, status, err = git.ask(["show-ref", "--tags"])
        if status in {0, 1}:
            return Listing(_with_broken(out, err))
        patterns = ["refs/tags"]
    else:
        patterns = _patterns(artifact)
    args = ["for-each-ref", f"--format={_FORMAT}", *patterns]
    out, status, err = git.ask(args)
    if status != 0:
        raise explain(git.directory, args, status, err)
    return Listing(_with_broken(out, err))


def _patterns(artifact: str) -> list[str]:
    start = f"refs/tags/{names.to_tag(artifact)}"
    return [f"{start}@*", f"{start}#*", f"{start}#*/**"]


def read_artifact(git: Git, artifact: str) -> tuple[dict[str, str], list[Event | Problem]]:
    """Return the tags of one artifact, names to object ids, and what they say; one process does, if all are sound."""
    with git.stream(["for-each-ref", f"--format={RAW}", *_patterns(artifact)], b"") as answer:
        found = list(parse(answer.out, b""))
        status, err = answer.end()
    if status != 0 or _BROKEN_REF in err:  # an object is missing or corrupt
        listing = list_tags(git, artifact)
        return {ref: oid for oid, ref in listing}, list(read_tags(git, listing))
    items = [item for item in found if isinstance(item, Event)]
    records = [item for item in found if isinstance(item, TagRecord)]
    nested = [record for record in records if record.peeled]
    sound = [record for record in records if not record.peeled]
    judged = [item for record in (*sound, *(peel(git, nested) if nested else ())) for item in _judged(record)]
    taken = {item.ref if isinstance(item, Event) else item.name: item.oid for item in found}
    return taken, [*items, *judged]


def list_remote(git: Git, remote: str) -> dict[str, str]:
    """Ask a remote, once, for the object ids of all its tags, by name."""
    out = git.run(["ls-remote", "--quiet", "--refs", "--tags", "--", remote])
    return {ref.removeprefix("refs/tags/"): oid for oid, ref in parse_offer(out)}


def parse_offer(out: bytes) -> Iterator[tuple[str, str]]:
    """Yield object id and ref of each line of `ls-remote`; a server may say anything, and other lines are none."""
    for line in out.decode("utf-8", "surrogateescape").split("\n"):
        match = _OFFER_RE.fullmatch(line)
        if match is not None:
            yield match[1], match[2]


def list_remote_tags(git: Git, remote: str, artifact: str) -> list[str]:
    """Ask a remote for the names of the tags of one artifact's events."""
    start = f"refs/tags/{names.to_tag(artifact)}"
    out = git.run(["ls-remote", "--quiet", "--refs", "--", remote, f"{start}@*", f"{start}#*"])
    return [ref.removeprefix("refs/tags/") for _, ref in parse_offer(out)]


def _with_broken(out: bytes, err: str) -> bytes:
    """Add the refs that git passes over because their files hold no object id: as if their object were missing."""
    if _BROKEN_REF not in err:
        return out
    found = {line.removeprefix(_BROKEN_REF) for line in err.splitlines() if line.startswith(_BROKEN_REF)}
    broken = [f"{NULL_OID} {name}\n".encode() for name in found if name.startswith("refs/tags/")]
    lines = out.splitlines(keepends=True) + broken
    lines.sort(key=_ref_of)
    return b"".join(lines)


def _ref_of(line: bytes) -> bytes:
    return line.partition(b" ")[2]


def read_tags(git: Git, listing: Listing) -> Iterator[Event | Problem]:
    """Read the tags whose names could be events; nothing that one of them holds stops the rest."""
    text = b"".join(_SUSPECT_RE.findall(listing.text))
    nested: list[TagRecord] = []
    while text:
        done = 0
        with git.stream(["cat-file", "--buffer", BATCH], text) as answer:
            for item in parse(answer.out, text):
                done += 1
                if isinstance(item, Event):
                    yield item
                elif item.peeled:
                    nested.append(item)
                else:
                    yield from _judged(item)
        left = text.split(b"\n", done)[done:]
        text = left[0] if left else b""
        if text:  # git stopped at an object that it cannot read: say so, and go on behind it
            line, _, text = text.partition(b"\n")
            oid, ref = _split(line)
            yield from _judged(TagRecord(ref, oid, "corrupt"))
    if nested:
        for record in peel(git, nested):
            yield from _judged(record)


def _judged(record: TagRecord) -> Iterator[Event | Problem]:
    item = read(record)
    if item is not None:
        yield item


def _split(line: bytes) -> tuple[str, str]:
    oid, _, ref = line.decode("utf-8", "surrogateescape").partition(" refs/tags/")
    return oid, ref


def parse(out: IO[bytes], asked: bytes) -> Iterator[Event | TagRecord]:
    """Cut what `cat-file` prints into tags, by the sizes that it names; end where it ends."""
    buffer, text, at, more = b"", "", 0, True
    lines: list[bytes] = []
    for number in itertools.count():
        if more and len(buffer) - at < _LOW:
            chunk = out.read(_CHUNK)
            more = len(chunk) == _CHUNK
            buffer, at = buffer[at:] + chunk, 0
            text = buffer.decode("latin-1")
        match = _USUAL_RE.match(text, at)
        if match is not None:
            oid, size, ref, *parts, commit, seconds = match.groups()
            start = match.start(10) - len("object ")
            stop = start + int(size)
            name = tag.from_groups(parts)
            if (
                stop < len(buffer)
                and name is not None
                and name[0] is not _CREATION
                and (time := int(seconds)) <= LATEST
            ):
                yield event(name, ref, commit, time, buffer[start:stop], oid)
                at = stop + 1
                continue
        lines = lines or asked.split(b"\n")
        record, left, at = _unusual(out, buffer, at, lines[number] if number < len(lines) else b"")
        if left is not buffer:
            buffer, text = left, left.decode("latin-1")
        if record is None:
            return
        yield record


def _unusual(out: IO[bytes], buffer: bytes, at: int, line: bytes) -> tuple[TagRecord | None, bytes, int]:
    """Read one answer that is no usual tag object; return it, or None at the end, then the buffer and the place."""
    end = buffer.find(b"\n", at)
    header, start = buffer[at:end], end + 1
    if end < 0 or header.endswith(b" missing"):
        oid, ref = _split(line)
        return (TagRecord(ref, oid, "missing") if end >= 0 else None), buffer, start
    words = header.split(b" ", 3)
    if len(words) != 4 or not words[2].isdigit():  # noqa: PLR2004  oid, type, size, ref
        return None, buffer, at
    oid, ref = _split(words[0] + b" " + words[3])
    stop = start + int(words[2])
    body = buffer[start : min(stop, start + _LONGEST_BODY)]
    if stop >= len(buffer):
        rest = _read_on(out, stop + 1 - len(buffer), _LONGEST_BODY - len(body))
        if rest is None:
            return None, b"", 0
        body, buffer, stop = (buffer[start:] + rest)[: stop - start], b"", -1
    if words[1] != b"tag":
        return TagRecord(ref, oid, words[1].decode()), buffer, stop + 1
    nested = "?" if body.startswith(b"type tag\n", body.find(b"\n") + 1) else ""
    return TagRecord(ref, oid, "tag", body, nested), buffer, stop + 1


def _read_on(out: IO[bytes], wanted: int, keep: int) -> bytes | None:
    """Read so many bytes and return the first of them; None where there are fewer."""
    kept = b""
    while wanted:
        chunk = out.read(min(wanted, _CHUNK))
        if not chunk:
            return None
        wanted -= len(chunk)
        if len(kept) < keep:
            kept += chunk
    return kept


def peel(git: Git, records: Iterable[TagRecord]) -> Iterator[TagRecord]:
    """Say of tags on tags which object is at the chain's end."""
    kept = list(records)
    asked = "".join(f"{record.oid}^{{}}\n" for record in kept).encode()
    answers = git.run(["cat-file", "--batch-check=%(objecttype) %(objectname)"], data=asked).decode().splitlines()
    for record, answer in zip(kept, answers, strict=True):
        peeled = answer if answer.count(" ") == 1 and not answer.endswith(" missing") else "missing -"
        yield TagRecord(record.name, record.oid, record.type, record.body, peeled)
