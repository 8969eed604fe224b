"""What is read of the audit log: entries by person, action, repository and time, as far as somebody may see them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, select

from gto.output.published import Published
from gto.studio.team.team_tables import audit
from gto.studio.visitor import EVERY
from gto.studio.words import iso


class AuditEntry(NamedTuple):
    """Who did what."""

    at: float
    person: str
    """Empty for the server itself, and for who was not known."""
    action: str
    repository: str
    subject: str
    detail: dict[str, Any]
    address: str
    by: str

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """What is told beside, in words, without what is empty."""
        return tuple(
            (key.replace("_", " "), iso(value) if key == "expires" and isinstance(value, int) else _in_words(value))
            for key, value in self.detail.items()
            if value and key != "commit"
        )

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {**self._asdict(), "at": iso(self.at)}


class AuditQuery(NamedTuple):
    """Which entries are asked for; what is empty asks for nothing."""

    person: str = ""
    action: str = ""
    repository: str = ""
    since: int | None = None
    until: int | None = None
    seen: frozenset[str] | None = None
    """The repositories whose entries the reader may see; None for all entries, also those of no repository."""


def find(connection: Connection, query: AuditQuery, limit: int, offset: int = 0) -> tuple[AuditEntry, ...]:
    """Return entries, the newest first."""
    columns = [audit.c[name] for name in AuditEntry._fields]
    asked = select(*columns).where(_condition(query)).order_by(audit.c.at.desc(), audit.c.id.desc())
    return tuple(AuditEntry(*row) for row in connection.execute(asked.limit(limit).offset(offset)))


def count(connection: Connection, query: AuditQuery) -> int:
    """Return how many there are."""
    return int(connection.execute(select(func.count()).select_from(audit).where(_condition(query))).scalar_one())


def actions(connection: Connection, query: AuditQuery) -> tuple[str, ...]:
    """Return the actions that the reader may see entries of."""
    seen = _condition(AuditQuery(seen=query.seen))
    asked = select(audit.c.action).where(seen).distinct().order_by(audit.c.action)
    return tuple(row.action for row in connection.execute(asked))


def _condition(query: AuditQuery) -> ColumnElement[bool]:
    return and_(True, *_conditions(query))  # noqa: FBT003  SQLAlchemy's way to say nothing


def _conditions(query: AuditQuery) -> Iterator[ColumnElement[bool]]:
    for name in ("person", "action", "repository"):
        if getattr(query, name):
            yield audit.c[name] == getattr(query, name)
    if query.since is not None:
        yield audit.c.at >= query.since
    if query.until is not None:
        yield audit.c.at < query.until + 1
    if query.seen is not None:
        yield audit.c.repository.in_(sorted(query.seen))


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{'all repositories' if key == EVERY else key} {_in_words(one)}" for key, one in value.items()
        )
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    return "yes" if value is True else str(value)
