"""A door for other programs: event tags named, found, written and deleted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from gto.core import names
from gto.core import tag as grammar
from gto.core.event import Event
from gto.core.tag import Action
from gto.exceptions import InvalidTagName, MissingArg, TagExists, TagNotFound, UnknownAction
from gto.git import tag_writer
from gto.registry.registry import Registry
from gto.registry.write.sync import open_clone
from gto.registry.write.transaction import WriteOptions, writer

__all__ = [
    "COUNT_DELIMITER",
    "NAME_REFERENCE",
    "GitTag",
    "Tag",
    "TagTemplates",
    "create_tag",
    "delete_tag",
    "find",
    "name_tag",
    "parse_name",
    "parse_name_reference",
    "parse_tag",
]

COUNT_DELIMITER = "#"

TagTemplates = {
    Action.DEPRECATE: "{artifact}@deprecated",
    Action.REGISTER: "{artifact}@{version}",
    Action.DEREGISTER: "{artifact}@{version}!",
    Action.ASSIGN: "{artifact}#{stage}",
    Action.UNASSIGN: "{artifact}#{stage}!",
}
"""The plain form of each event's tag; the artifact as names.to_tag() writes it."""


class NAME_REFERENCE(Enum):  # noqa: N801  published
    """What a word names."""

    TAG = "tag"
    NAME = "name"


class _NamedTag(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def tag_datetime(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class GitTag:
    """An annotated tag, with the fields that scmrepo gives one."""

    name: str
    hexsha: str
    """The id of the tag object."""
    target: str
    """The id of the commit."""
    tagger_name: str
    tagger_email: str
    tag_time: int
    """Seconds since 1970-01-01T00:00:00Z."""
    tag_time_offset: int
    """Seconds east of UTC."""
    message: str
    tag_datetime: datetime


@dataclass(frozen=True, slots=True)
class Tag:
    """An event tag taken apart; `version` and `stage` are None where it has none."""

    action: Action
    name: str
    created_at: datetime
    tag: _NamedTag
    version: str | None = None
    stage: str | None = None


def parse_name(name: str, raise_on_fail: bool = True) -> dict[str, object]:
    """Return the parts of a tag's name; for one that is no event raise InvalidTagName, or return nothing."""
    found = grammar.parse(name) if raise_on_fail else grammar.find(name)
    return grammar.parts(found) if found else {}


def parse_name_reference(name: str) -> tuple[NAME_REFERENCE, str | dict[str, object]]:
    """Return the parts of a tag's name, or the name of an artifact, and which of both it is."""
    parts = parse_name(name, raise_on_fail=False)
    return (NAME_REFERENCE.TAG, parts) if parts else (NAME_REFERENCE.NAME, name)


def name_tag(
    action: Action,
    artifact: str,
    version: str | None = None,
    stage: str | None = None,
    scm: object = None,
    simple: bool = False,
) -> str:
    """Return the name of the tag of an event: numbered by the artifact's tags in `scm`, plain if `simple`."""
    if action not in TagTemplates:
        raise UnknownAction(action)
    plain = TagTemplates[action].format(artifact=names.to_tag(artifact), version=version, stage=stage)
    if simple:
        return plain
    if scm is None:
        raise MissingArg("scm")
    found = (grammar.find(ref) for _, ref in Registry.open(scm).listing)
    counters = [name.counter or 0 for name in found if name and name.artifact == artifact]
    return f"{plain}{COUNT_DELIMITER}{max(counters, default=0) + 1}"


def create_tag(
    scm: object, name: str, rev: str, message: str, tagger: str | None = None, tagger_email: str | None = None
) -> None:
    """Write an annotated tag, whatever its name and whatever a policy says; `gto.api` is there for events."""
    registry = open_clone(scm)
    commit = registry.commit(rev)
    if registry.git.ask(["check-ref-format", f"refs/tags/{name}"])[1] != 0:
        raise InvalidTagName(name)
    if any(ref == name for _, ref in registry.listing):
        raise TagExists(name, "delete it first, or choose another name")
    git = writer(registry, WriteOptions(author=tagger, author_email=tagger_email))
    oid = tag_writer.make_tag(git, registry.repo.common_dir, name, commit, message, tag_writer.read_identity(git))
    tag_writer.update_tags(git, {name: oid}, {})


def delete_tag(scm: object, name: str) -> None:
    """Delete a tag, whatever its name, or raise TagNotFound."""
    registry = open_clone(scm)
    oid = next((oid for oid, ref in registry.listing if ref == name), None)
    if oid is None:
        raise TagNotFound(name)
    tag_writer.update_tags(registry.git, {}, {name: oid})


def parse_tag(tag: _NamedTag) -> Tag:
    """Take an event tag apart, or raise InvalidTagName."""
    name = grammar.parse(tag.name)
    return Tag(name.kind.action, name.artifact, tag.tag_datetime, tag, name.version, name.stage)


def find(
    action: Action | Collection[Action] | None = None,
    name: str | None = None,
    version: str | None = None,
    stage: str | None = None,
    scm: object = None,
    sort: str = "by_time",
    tags: Iterable[_NamedTag] | None = None,
) -> list[GitTag]:
    """Return the event tags of a repository that fit, the oldest first.

    `scm` is a path, or an object with `root_dir`; `tags` limits the search to those names. Every event that was ever
    tagged is found, undone or not.
    """
    if scm is None:
        raise MissingArg("scm")
    if sort != "by_time":
        raise NotImplementedError(f"Unknown sort: {sort}")
    wanted = {action} if isinstance(action, Action) else set(action or Action)
    only = {tag.name for tag in tags} if tags is not None else None
    return [
        tag
        for event, tag in _events(scm, name)
        if event.kind.action in wanted
        and (not name or event.artifact == name)
        and (not version or event.tag.version == version)
        and (not stage or event.tag.stage == stage)
        and (only is None or event.ref in only)
    ]


def _events(scm: object, name: str | None) -> list[tuple[Event, GitTag]]:
    registry = Registry.open(scm)
    events = sorted((item for item in registry.items(name) if isinstance(item, Event)), key=lambda event: event.key)
    return [(event, _git_tag(event)) for event in events]


def _git_tag(event: Event) -> GitTag:
    moment = event.created_at
    offset = moment.utcoffset()
    return GitTag(
        event.ref,
        event.oid,
        event.commit,
        event.author,
        event.author_email,
        event.time,
        int(offset.total_seconds()) if offset else 0,
        event.message,
        moment,
    )
