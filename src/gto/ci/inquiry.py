"""What the tag that started a job says: read from the remote, so that a shallow checkout is enough."""

from collections.abc import Sequence
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.ci.forge import Trigger
from gto.ci.report import Report, report
from gto.core import tag
from gto.core.event import Event, Problem
from gto.core.snapshot import fold
from gto.exceptions import BadFile, GitError, NoRepo, RemoteFailed
from gto.git import fetch
from gto.registry import annotation, basis
from gto.registry.files import Files
from gto.registry.registry import Registry
from gto.storage.address import without_user


class Answer(NamedTuple):
    """What a job is told, the event behind it (None for none), and what is worth knowing beside it."""

    report: Report
    event: Event | None = None
    notes: tuple[str, ...] = ()


def inquire(registry: Registry, trigger: Trigger) -> Answer:
    """Return what the ref that started a job says; one that is no event gives a report without an event.

    In a CI, and in a shallow clone anywhere, the remote's tags count: a checkout lacks tags, and has put a plain tag
    in the place of the one that started the job, or has one that was deleted since. RemoteFailed where the remote does
    not answer, and the tag is not here as it was made.
    """
    repo = trigger.repo or address(registry)
    silent = Report(ref=trigger.ref, repo=repo)
    name = tag.find(trigger.tag or "")
    if trigger.tag is None:
        return Answer(silent, notes=(f"no tag started this job, but '{trigger.ref or 'nothing that is known'}'",))
    if trigger.deleted:
        return Answer(silent, notes=(f"tag '{trigger.tag}' was deleted: a deleted tag is no event",))
    if name is None:
        return Answer(silent, notes=(f"tag '{trigger.tag}' is no tag of GTO",))
    items, notes = _read(registry, trigger, name.artifact)
    found = fold(item for item in items if item.artifact == name.artifact)
    state = found.artifact(name.artifact)
    event = next((one for one in state.events if one.ref == trigger.tag), None)
    if event is None:
        reasons = [one.reason for one in found.problems if one.subject == trigger.tag]
        reason = f"is no event: {reasons[0]}" if reasons else "is not there, or not any more"
        return Answer(silent, notes=(*notes, f"tag '{trigger.tag}' {reason}"))
    said, more = _annotation(registry, event)
    return Answer(report(state, event, said, repo), event, (*notes, *more))


def address(registry: Registry) -> str:
    """Return the remote's address without anything secret; empty where there is none."""
    if registry.repo.mirror is not None:
        return registry.repo.mirror.remote.url
    url = registry.git.run(["ls-remote", "--get-url", basis.REMOTE]).decode("utf-8", "replace").strip()
    return "" if url == basis.REMOTE else without_user(url)


def _read(registry: Registry, trigger: Trigger, name: str) -> tuple[Sequence[Event | Problem], Sequence[str]]:
    """Read the artifact's tags where they are sure to be whole."""
    is_sure = registry.repo.mirror is not None or (trigger.forge is None and not registry.repo.is_shallow)
    if is_sure or not basis.has_remote(registry):
        return list(registry.items(name)), ()
    try:
        return basis.events_of_remote(registry, name)[1], ()
    except (RemoteFailed, NoRepo) as error:
        here = list(registry.items(name))
        if not any(isinstance(one, Event) and one.ref == trigger.tag for one in here):
            raise
        return here, (f"{error.message}: the tags of this clone count, and others may be lacking",)


def _annotation(registry: Registry, event: Event) -> tuple[Annotation | None, Sequence[str]]:
    """Return what the event's commit says of the artifact; an annotation that cannot be read is a note."""
    try:
        get_commit(registry, event)
        found = annotation.read_files(Files(registry.repo), event.commit, annotation.files_of(registry, event.artifact))
    except BadFile as error:
        return None, (f"the annotation is left out: {error.message}",)
    said = next((one for one in found.annotations if one.name == event.artifact), None)
    # Another artifact's annotation may be wrong: that is not this job's business.
    problems = [one for one in found.problems if said is None or one.artifact == event.artifact]
    return said, [f"the annotation is left out: {one.subject}: {one.reason}" for one in problems]


def get_commit(registry: Registry, event: Event) -> None:
    """Fetch the commit of an event with its files, where this clone lacks it."""
    if registry.repo.mirror is None and not registry.repo.has(event.commit):
        try:
            fetch.fetch_commits(registry.git, basis.REMOTE, {event.ref: event.oid})
        except GitError as error:
            error.hint = "the commit of the event could not be fetched"
            raise
