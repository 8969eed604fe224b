"""A door for other programs: event tags as DVC looks for them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gto.core import tag as grammar
from gto.core.event import Event
from gto.core.tag import Action
from gto.registry.registry import Registry

__all__ = ["GitTag", "Tag", "find", "parse_name", "parse_tag"]


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
        raise TypeError("'scm' is required")
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
