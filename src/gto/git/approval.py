"""Approvals of a repository, read from their tags in one process; nothing that one of them holds stops the rest."""

from collections.abc import Iterable, Iterator, Mapping

from gto.core import approval, names
from gto.core.approval import Approval
from gto.core.event import Problem, TagRecord
from gto.git.command import Git
from gto.git.tags import BATCH, RAW, parse, peel


def read_approvals(git: Git, artifact: str | None = None) -> Iterator[Approval | Problem]:
    """Read the approvals of an artifact, or all."""
    below = f"{names.to_tag(artifact)},*" if artifact is not None else "**"
    with git.stream(["for-each-ref", f"--format={RAW}", f"refs/tags/{approval.PREFIX}{below}"], b"") as answer:
        records = [item for item in parse(answer.out, b"") if isinstance(item, TagRecord)]
    yield from _judged(git, records)


def read_new_approvals(git: Git, oids: Mapping[str, str]) -> Iterator[Approval | Problem]:
    """Read the tag objects that are to be approvals; `oids` maps the names of tags to the ids of their objects."""
    text = "".join(f"{oid} refs/tags/{ref}\n" for ref, oid in oids.items()).encode("utf-8", "surrogateescape")
    with git.stream(["cat-file", "--buffer", BATCH], text) as answer:
        records = [item for item in parse(answer.out, text) if isinstance(item, TagRecord)]
    yield from _judged(git, records)


def _judged(git: Git, records: Iterable[TagRecord]) -> Iterator[Approval | Problem]:
    known = list(records)
    nested = [record for record in known if record.peeled]
    sound = [record for record in known if not record.peeled]
    for record in (*sound, *(peel(git, nested) if nested else ())):
        item = approval.read(record)
        if item is not None:
            yield item
