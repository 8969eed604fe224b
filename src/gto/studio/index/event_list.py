"""Events of many artifacts in one order, filtered and cut into pages by SQL."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, literal, select, tuple_

from gto.core.tag import Kind
from gto.core.transitions import Transition
from gto.exceptions import UsageError
from gto.studio.index.artifact_conditions import holds
from gto.studio.index.events import COLUMNS, event_of
from gto.studio.index.history_lines import HistoryLine, line_of
from gto.studio.index.schema import event, repository
from gto.studio.index.verdicts import VERDICT, verdict_of

KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.CREATION}
"""The kinds of events, by the names that `gto history --json` gives them."""


class EventQuery(NamedTuple):
    """Which events are wanted; empty fields let all through. The newest come first."""

    repo: str = ""
    artifact: str = ""
    """Of `repo`."""
    kind: str = ""
    """One of KINDS."""
    stage: str = ""
    version: str = ""
    author: str = ""
    """Part of a name or an e-mail address."""
    until: int | None = None
    """The last second that counts."""
    before: tuple[int, int, int, str, int] | None = None
    """The key of an event: those that come after it in this order are wanted."""
    limit: int = 50
    offset: int = 0
    only: tuple[tuple[str, str], ...] | None = None
    """Repositories and artifacts of which they are; None for any."""


def checked_kind(word: str) -> str:
    """Return the name of a kind, or the empty one; UsageError where none is called so."""
    if word and word not in KINDS:
        raise UsageError(f"'{word}' is no kind of event", f"one of {', '.join(KINDS)}")
    return word


class ListedEvent(NamedTuple):
    """An event, and the repository that it happened in."""

    repo: str
    line: HistoryLine
    key: tuple[int, int, int, str, int]
    """The place in the order: time, counter, kind, tag, and the repository's number."""


class EventListing(NamedTuple):
    """One page of events, and how many there are on all pages."""

    lines: tuple[ListedEvent, ...]
    total: int


_ORDER = (event.c.time, event.c.counter, event.c.kind, event.c.ref)


def find(connection: Connection, wanted: EventQuery) -> EventListing:
    """Return one page of the events that count, in the order of `gto history --all`."""
    total = connection.execute(_where(select(func.count()).select_from(event.join(repository)), wanted)).scalar_one()
    columns = (repository.c.name, repository.c.position, event.c.version, event.c.before, *COLUMNS, *VERDICT)
    chosen = _where(select(*columns).select_from(event.join(repository)), wanted)
    order = [column.desc() for column in _ORDER]
    rows = connection.execute(chosen.order_by(*order, repository.c.position).limit(wanted.limit).offset(wanted.offset))
    return EventListing(tuple(map(_listed, rows)), int(total))


def _listed(row: Row[*tuple[Any, ...]]) -> ListedEvent:
    """Return an event in words; what came before it was found out when it was read."""
    repo, position, version, before, *told = row
    one = event_of(*told[: len(COLUMNS)])
    line = line_of(one, Transition(version or "", before), verdict_of(told[len(COLUMNS) :]))
    return ListedEvent(repo, line, (*one.key, position))


def _where(chosen: Select[*tuple[Any, ...]], wanted: EventQuery) -> Select[*tuple[Any, ...]]:
    chosen = chosen.where(event.c.counts)
    same = (
        (repository.c.name, wanted.repo),
        (event.c.artifact, wanted.artifact),
        (event.c.stage, wanted.stage),
        (event.c.version, wanted.version),
        (event.c.kind, KINDS.get(wanted.kind)),
    )
    for column, value in same:
        if value:
            chosen = chosen.where(column == value)
    if wanted.author:
        chosen = chosen.where(holds(event.c.folded_author, wanted.author))
    if wanted.only is not None:
        chosen = chosen.where(tuple_(repository.c.name, event.c.artifact).in_(wanted.only))
    if wanted.before is not None:
        *place, number = wanted.before
        here = tuple_(*_ORDER)
        there = tuple_(*(literal(value) for value in place))
        chosen = chosen.where((here < there) | ((here == there) & (repository.c.position > number)))
    return chosen if wanted.until is None else chosen.where(event.c.time <= wanted.until)
