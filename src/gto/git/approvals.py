"""Approvals and signatures of files, read from their tags in one process; nothing that one holds stops the rest."""

from collections.abc import Iterable, Iterator, Mapping

from gto.core import approval, beside, files_signature, names
from gto.core.approval import Approval
from gto.core.beside import Beside
from gto.core.event import Event, Problem, TagRecord
from gto.core.files_signature import FilesSignature
from gto.git.command import Git
from gto.git.tag_reader import BATCH, RAW, Listing, parse, parse_offer, peel, read_tags


def read_approvals(git: Git, artifact: str | None = None) -> Iterator[Approval | Problem]:
    """Read the approvals of an artifact, or all."""
    for item in _read(git, _patterns(approval.PREFIX, artifact)):
        if not isinstance(item, FilesSignature):
            yield item


def read_files_signatures(git: Git, artifact: str | None = None) -> Iterator[FilesSignature | Problem]:
    """Read the signatures of the files of an artifact, or all."""
    for item in _read(git, _patterns(files_signature.PREFIX, artifact)):
        if not isinstance(item, Approval):
            yield item


def _read(git: Git, patterns: list[str]) -> Iterator[Beside | Problem]:
    with git.stream(["for-each-ref", f"--format={RAW}", *patterns], b"") as answer:
        records = [item for item in parse(answer.out, b"") if isinstance(item, TagRecord)]
        status, _ = answer.end()
    if status == 0:
        yield from _judged(git, records)
    else:  # an object is missing or corrupt
        out = git.run(["for-each-ref", "--format=%(objectname)%09%(refname)", *patterns])
        yield from read_beside(git, {ref.removeprefix("refs/tags/"): oid for oid, ref in parse_offer(out)})


def _patterns(prefix: str, artifact: str | None) -> list[str]:
    if artifact is None:
        return [f"refs/tags/{prefix}**"]
    own = f"refs/tags/{prefix}{names.to_tag(artifact)},"
    return [f"{own}*", f"{own}*/**"]  # a stage may hold a slash


def read_beside(git: Git, oids: Mapping[str, str]) -> Iterator[Beside | Problem]:
    """Read tag objects that are, or are to be, approvals or signatures; `oids` maps the names of tags to their ids."""
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


def read_items(git: Git, oids: Mapping[str, str]) -> dict[str, Event | Beside | Problem]:
    """Read tag objects, names to ids: what each is for GTO, events first; a tag that is neither is left out."""
    given = {ref: oid for ref, oid in oids.items() if beside.find(ref) is not None}
    others = _lines((ref, oid) for ref, oid in oids.items() if ref not in given)
    found = (*read_tags(git, Listing(others)), *read_beside(git, given))
    return {item.subject if isinstance(item, Problem) else item.ref: item for item in found}


def list_remote_beside(git: Git, remote: str, artifact: str) -> dict[str, str]:
    """Ask a remote for what stands beside an artifact's events: the names of tags, and the ids of their objects."""
    patterns = [f"refs/tags/{prefix}{names.to_tag(artifact)},*" for prefix in beside.PREFIXES]
    out = git.run(["ls-remote", "--quiet", "--refs", "--", remote, *patterns])
    return {ref.removeprefix("refs/tags/"): oid for oid, ref in parse_offer(out)}


def _judged(git: Git, records: Iterable[TagRecord]) -> Iterator[Beside | Problem]:
    known = list(records)
    nested = [record for record in known if record.peeled]
    sound = [record for record in known if not record.peeled]
    for record in (*sound, *(peel(git, nested) if nested else ())):
        item = beside.read(record)
        if item is not None:
            yield item
