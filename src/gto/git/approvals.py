"""Approvals of a repository, read from their tags in one process; nothing that one of them holds stops the rest."""

from collections.abc import Iterable, Iterator, Mapping

from gto.core import approval, names
from gto.core.approval import Approval
from gto.core.event import Event, Problem, TagRecord
from gto.git.command import Git
from gto.git.tag_reader import BATCH, RAW, Listing, parse, parse_offer, peel, read_tags

_START = f"refs/tags/{approval.PREFIX}"


def read_approvals(git: Git, artifact: str | None = None) -> Iterator[Approval | Problem]:
    """Read the approvals of an artifact, or all."""
    patterns = _patterns(artifact)
    with git.stream(["for-each-ref", f"--format={RAW}", *patterns], b"") as answer:
        records = [item for item in parse(answer.out, b"") if isinstance(item, TagRecord)]
        status, _ = answer.end()
    if status == 0:
        yield from _judged(git, records)
    else:  # an object is missing or corrupt
        out = git.run(["for-each-ref", "--format=%(objectname)%09%(refname)", *patterns])
        yield from read_new_approvals(git, {ref.removeprefix("refs/tags/"): oid for oid, ref in parse_offer(out)})


def _patterns(artifact: str | None) -> list[str]:
    if artifact is None:
        return [f"{_START}**"]
    own = f"{_START}{names.to_tag(artifact)},"
    return [f"{own}*", f"{own}*/**"]  # a stage may hold a slash


def read_new_approvals(git: Git, oids: Mapping[str, str]) -> Iterator[Approval | Problem]:
    """Read the tag objects that are, or are to be, approvals; `oids` maps the names of tags to the ids of objects."""
    left = list(oids.items())
    records: list[TagRecord] = []
    while left:
        text = _lines(left)
        with git.stream(["cat-file", "--buffer", BATCH], text) as answer:
            read = [item for item in parse(answer.out, text) if isinstance(item, TagRecord)]
            answer.end()
        records += read
        left = left[len(read) :]
        if left:  # git stopped at an object that it cannot read
            ref, oid = left.pop(0)
            records.append(TagRecord(ref, oid, "corrupt"))
    yield from _judged(git, records)


def _lines(tags: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{oid} refs/tags/{ref}\n" for ref, oid in tags).encode("utf-8", "surrogateescape")


def read_items(git: Git, oids: Mapping[str, str]) -> dict[str, Event | Approval | Problem]:
    """Read tag objects, names to ids: what each is for GTO, events first; a tag that is neither is left out."""
    given = {ref: oid for ref, oid in oids.items() if approval.find(ref) is not None}
    others = _lines((ref, oid) for ref, oid in oids.items() if ref not in given)
    found = (*read_tags(git, Listing(others)), *read_new_approvals(git, given))
    return {item.subject if isinstance(item, Problem) else item.ref: item for item in found}


def list_remote_approvals(git: Git, remote: str, artifact: str) -> dict[str, str]:
    """Ask a remote for the approvals of an artifact: the names of tags, and the ids of their objects."""
    out = git.run(["ls-remote", "--quiet", "--refs", "--", remote, f"{_START}{names.to_tag(artifact)},*"])
    return {ref.removeprefix("refs/tags/"): oid for oid, ref in parse_offer(out)}


def _judged(git: Git, records: Iterable[TagRecord]) -> Iterator[Approval | Problem]:
    known = list(records)
    nested = [record for record in known if record.peeled]
    sound = [record for record in known if not record.peeled]
    for record in (*sound, *(peel(git, nested) if nested else ())):
        item = approval.read(record)
        if item is not None:
            yield item
