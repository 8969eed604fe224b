"""What the objects that GTO 1.x publishes of a registry have in common: events, one of which made each."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from gto.core.event import Event
from gto.output.commit_event import CommitEvent
from gto.output.published import Exclude, Published, PublishedEvent, published, without

AnyEvent = PublishedEvent | CommitEvent


def newest_first(events: Iterable[AnyEvent], *, ascending: bool) -> list[AnyEvent]:
    """Return events in their order, the newest first unless `ascending`."""
    return sorted(events, key=attrgetter("key"), reverse=not ascending)


def published_events(events: Iterable[Event], version: str | None) -> list[PublishedEvent]:
    """Return events in their published form; `version` is the one that they concern."""
    return [published(event, version) for event in events]


class Authored:
    """What stages, versions and artifacts have in common: events, one of which made it.

    `get_events()` returns them, `model_dump()` and `dict_state()` a dictionary.
    """

    __slots__ = ()
    artifact: str

    def get_events(self, direct: bool = True, indirect: bool = True, ascending: bool = False) -> list[AnyEvent]:
        """Return its own events and those of its parts, the newest first."""
        raise NotImplementedError

    @property
    def is_active(self) -> bool:
        """Whether it counts."""
        raise NotImplementedError

    @property
    def activated_at(self) -> datetime | None:
        """When it came to count; None where it does not, or where nothing tells."""
        raise NotImplementedError

    @property
    def authoring_event(self) -> AnyEvent | None:
        """The newest of its own events that adds, else of all its events; None where there is none."""
        own = next((event for event in self.get_events(indirect=False) if event.addition), None)
        if own is not None:
            return own
        events = self.get_events()
        return next((event for event in events if not isinstance(event, CommitEvent)), next(iter(events), None))

    @property
    def created_at(self) -> datetime | None:
        """The time of the authoring event."""
        event = self.authoring_event
        return event.created_at if event else None

    @property
    def author(self) -> str:
        """Who made the authoring event."""
        event = self.authoring_event
        return event.author if event else ""

    @property
    def author_email(self) -> str:
        """The e-mail address of who made the authoring event."""
        event = self.authoring_event
        return event.author_email if event else ""

    @property
    def message(self) -> str:
        """The message of the authoring event."""
        event = self.authoring_event
        return event.message if event else ""

    @property
    def ref(self) -> str:
        """The tag or commit of the authoring event."""
        event = self.authoring_event
        return event.ref if event else ""

    def model_dump(self, exclude: Exclude = None) -> Published:
        """Return its fields, down to the last event, without the keys in `exclude`."""
        raise NotImplementedError

    def dict_state(self, exclude: Exclude = None) -> Published:
        """Return its fields, and what they come to, without the keys in `exclude`."""
        event = self.authoring_event
        state: Published = {
            **self.model_dump(),
            "is_active": self.is_active,
            "activated_at": self.activated_at,
            "created_at": event.created_at if event else None,
            "author": event.author if event else "",
            "author_email": event.author_email if event else "",
            "message": event.message if event else "",
            "ref": event.ref if event else self.ref,
        }
        return without(state, exclude)
