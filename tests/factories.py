"""Tags as git holds them, written in one line each: name, number of the commit, seconds after the first of 2022."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gto.core.event import Event, TagRecord, read
from gto.core.plan import Context
from gto.core.snapshot import ArtifactState, Snapshot, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gto.core.plan import Plan

START = 1640995200  # 2022-01-01T00:00:00Z
TAGGER = "Ada Lovelace <ada@example.com>"


def oid(number: int) -> str:
    """A whole commit hash; the same number gives the same."""
    return f"{number:x}" * 40 if number < 16 else f"{number:040x}"


def body(name: str, target: str = oid(1), time: int = START, *, zone: str = "+0000", message: str = "a tag") -> bytes:
    """The text of a sound tag object."""
    head = f"object {target}\ntype commit\ntag {name}\ntagger {TAGGER} {time} {zone}\n"
    return f"{head}\n{message}\n".encode()


def record(name: str, target: str = oid(1), time: int = START, *, zone: str = "+0000") -> TagRecord:
    """An annotated tag on a commit."""
    return TagRecord(name, oid(15), "tag", body(name, target, time, zone=zone))


def lightweight(name: str) -> TagRecord:
    """A ref that names a commit."""
    return TagRecord(name, oid(1), "commit")


def event(name: str, number: int = 1, time: int = START) -> Event:
    """The event that a sound tag is."""
    found = read(record(name, oid(number), time))
    assert isinstance(found, Event)
    return found


def records(*lines: str) -> tuple[TagRecord, ...]:
    """The tags of lines such as `m@v1.0.0 1` or `m#prod#1 1 60`: each a minute after the one before, unless it says."""
    made = []
    for place, line in enumerate(lines):
        name, number, *second = line.split(" ")
        made.append(record(name, oid(int(number)), START + (int(second[0]) if second else 60 * place)))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Tags:
    """All tags of a repository, and the questions and plans that tests put to them."""

    records: tuple[TagRecord, ...]

    @property
    def events(self) -> list[Event]:
        """What sound tags are."""
        return [item for item in map(read, self.records) if isinstance(item, Event)]

    def snapshot(self) -> Snapshot:
        """The registry that they make."""
        return fold(item for item in map(read, self.records) if item is not None)

    def state(self, name: str = "m") -> ArtifactState:
        """One artifact of it."""
        return self.snapshot().artifact(name)

    def context(
        self,
        now: int | None = None,
        *,
        name: str = "m",
        simple: bool | None = None,
        force: bool = False,
        message: str | None = None,
    ) -> Context:
        """What a decision needs; the clock shows `now` seconds after the start, or an hour after the last tag."""
        last = max((event.time for event in self.events), default=START) + 3600
        clock = last if now is None else START + now
        return Context(self.state(name), [one.name for one in self.records], clock, simple, force, message)

    def after(self, plan: Plan, context: Context) -> Tags:
        """The tags once the plan is carried out at the context's time."""
        made = [record(str(new.name), new.commit, context.now) for new in plan.create]
        return Tags((*(one for one in self.records if one.name not in plan.delete), *made))


def tags(*lines: str, more: Iterable[TagRecord] = ()) -> Tags:
    """The tags of lines, as for records(), and others."""
    return Tags((*records(*lines), *more))
