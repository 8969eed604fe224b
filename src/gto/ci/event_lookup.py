"""What the tag that started a job says: read from the remote, so that a shallow checkout is enough."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.model_facts import KnownModel
from gto.ci.environment import Trigger
from gto.core import tag
from gto.core.event import Event, Problem
from gto.core.snapshot import ArtifactState, fold
from gto.core.tag import Kind, TagName
from gto.exceptions import BadFile, CommitLacking, GitError, NoRepo, RemoteFailed, UsageError
from gto.git import tag_fetcher
from gto.git.commit_files import Files
from gto.registry import annotation_lookup, remote_check
from gto.registry.event_report import Report, report
from gto.registry.model_lookup import read_side_cars
from gto.registry.registry import Registry
from gto.storage.urls import without_user

_OID_RE = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


class JobEvent(NamedTuple):
    """What a job is told, the event behind it (None for none), and what is worth knowing beside it."""

    report: Report
    event: Event | None = None
    notes: tuple[str, ...] = ()


def inquire(registry: Registry, trigger: Trigger, *, offline: bool = False) -> JobEvent:
    """Return what the ref that started a job says; one that is no event gives a report without an event.

    In a CI, and in a shallow clone anywhere, the remote's tags count: a checkout lacks tags, and has put a plain tag
    in the place of the one that started the job, or has one that was deleted since. RemoteFailed where the remote does
    not answer: a version or the one before it could be lacking. With `offline` the tags of this clone count.
    """
    silent = Report(ref=trigger.ref, repo=trigger.repo)
    name = tag.find(trigger.tag or "")
    if trigger.tag is None:
        started = f"'{trigger.ref}', which is no tag" if trigger.ref else "nothing that is known here"
        return JobEvent(silent, notes=(f"this job was started by {started}",))
    if trigger.deleted:
        return JobEvent(silent, notes=(f"tag '{trigger.tag}' was deleted: a deleted tag is no event",))
    if name is None:
        hint = "; tags are written with '=' for ':'" if ":" in trigger.tag else ""
        return JobEvent(silent, notes=(f"tag '{trigger.tag}' is no tag of GTO{hint}",))
    items = _read(registry, trigger, name.artifact, offline=offline)
    folded = fold(item for item in items if item.artifact == name.artifact)
    state = folded.artifact(name.artifact)
    event = next((one for one in state.events if one.ref == trigger.tag), None)
    if event is None:
        reasons = [one.reason for one in folded.problems if one.subject == trigger.tag]
        reason = f"is no event: {reasons[0]}" if reasons else f"is not there, or not any more{_near(state, name)}"
        return JobEvent(silent, notes=(f"tag '{trigger.tag}' {reason}",))
    said, more = _annotation(registry, event, offline=offline)
    model, lacks = _model(registry, event) if said is not None else (None, ())
    found = report(state, event, said, trigger.repo).about(model)
    return JobEvent(found, event, (*_doubts(state, event, trigger), *more, *lacks))


def _doubts(state: ArtifactState, event: Event, trigger: Trigger) -> Iterator[str]:
    """Yield why the job may be about something that is not so any more."""
    told = trigger.commit if _OID_RE.fullmatch(trigger.commit) else ""  # some say HEAD, or nothing
    if told.strip("0") and told not in {event.commit, event.oid}:
        yield f"'{event.ref}' moved: the job was started for commit {told[:7]}, and it is on {event.commit[:7]}"
    if event.kind is Kind.ASSIGNMENT and event.tag.stage:
        holder = state.holder(event.tag.stage)
        if holder is None or holder.commit != event.commit:
            now = f"version '{holder.version}'" if holder else "no version"
            yield f"'{event.ref}' is not the last word: {now} is in stage '{event.tag.stage}' by now"


def _near(state: ArtifactState, name: TagName) -> str:
    """Return a question that names the newest event of the same kind and stage; nothing where there is none."""
    found = [one for one in state.events if (one.kind, one.tag.stage) == (name.kind, name.stage) and name.stage]
    return f"; did you mean '{max(found, key=attrgetter('key')).ref}'?" if found else ""


def address(registry: Registry) -> str:
    """Return the remote's address without anything secret; empty where there is none."""
    if registry.repo.address is not None:
        return registry.repo.address
    url = registry.git.run(["ls-remote", "--get-url", remote_check.REMOTE]).decode("utf-8", "replace").strip()
    return "" if url == remote_check.REMOTE else without_user(url)


def _read(registry: Registry, trigger: Trigger, name: str, *, offline: bool) -> Sequence[Event | Problem]:
    """Read the artifact's tags where they are sure to be whole."""
    is_sure = offline or not registry.repo.is_own or (trigger.forge is None and not registry.repo.is_shallow)
    if is_sure:
        return list(registry.items(name))
    if not remote_check.has_remote(registry):
        hint = f"name the remote '{remote_check.REMOTE}'; where the checkout has all tags, --offline lets them count"
        raise UsageError(f"This checkout has no remote '{remote_check.REMOTE}', and may lack tags", hint)
    with asking():
        return remote_check.events_of_remote(registry, name)[1]


@contextmanager
def asking() -> Iterator[None]:
    """Say what a job needs whose remote does not answer."""
    try:
        yield
    except (RemoteFailed, NoRepo) as error:
        error.hint = "this step must reach it, with git's credentials; where the checkout has all tags, add --offline"
        raise


def _annotation(registry: Registry, event: Event, *, offline: bool) -> tuple[Annotation | None, Sequence[str]]:
    """Return what the event's commit says of the artifact; an annotation that cannot be read is a note."""
    try:
        get_commit(registry, event, offline=offline)
        found = annotation_lookup.read_files(
            Files(registry.repo), event.commit, annotation_lookup.files_of(registry, event.artifact)
        )
    except BadFile as error:
        return None, (f"the annotation is left out: {error.message}",)
    said = found.find(event.artifact)
    # Another artifact's annotation may be wrong: that is not this job's business.
    problems = [one for one in found.problems if said is None or one.artifact == event.artifact]
    return said, [f"the annotation is left out: {one.subject}: {one.reason}" for one in problems]


def _model(registry: Registry, event: Event) -> tuple[KnownModel | None, Sequence[str]]:
    """Return the facts of the model in the event's commit; those that do not count are a note."""
    place = event.artifact, event.commit
    found = read_side_cars(registry, [place])[place]
    notes = [f"the facts of the model are left out: {one.subject}: {one.reason}" for one in found.problems]
    if found.model is not None and found.model.is_stale:
        notes.append(f"the facts of the model are left out: '{found.model.source}' is of another file")
    return found.fresh, notes


def get_commit(registry: Registry, event: Event, *, offline: bool) -> None:
    """Fetch the commit of an event with its files, where this clone lacks it."""
    if not registry.repo.is_own or registry.repo.has(event.commit):
        return
    if offline:
        raise CommitLacking(event.ref, event.commit)
    try:
        tag_fetcher.fetch_commits(registry.git, remote_check.REMOTE, {event.ref: event.oid})
    except GitError as error:
        error.hint = "the commit of the event could not be fetched"
        raise
