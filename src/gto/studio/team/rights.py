"""What an admin sees and changes of people: their roles, whether they may log in; and there is always an admin."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from fastapi import HTTPException
from sqlalchemy import Connection, Row, Select, func, select, update

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.team import accounts, invitations, sessions
from gto.studio.team.team_tables import person, role_grant, session
from gto.studio.visitor import EVERY, Role, Visitor, parse_role


class LastAdmin(UsageError):
    """Nobody would be left who may give rights."""

    def __init__(self) -> None:
        hint = f"give the role 'admin' in '{EVERY}' to somebody else first"
        super().__init__("Nobody would be left who is admin of everything", hint)


class Control(NamedTuple):
    """The groups of repositories in which somebody says who may do what."""

    groups: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Whether they are admin of everything."""
        return EVERY in self.groups

    def holds(self, group: str) -> bool:
        """Tell whether a group is among them."""
        return self.is_whole or group in self.groups

    def require(self, groups: Iterable[str]) -> None:
        """Raise 403 where one of these groups is not among them."""
        if not all(self.holds(group) for group in groups):
            raise HTTPException(403, "You give roles in the groups of repositories alone of which you are admin.")


WHOLE = Control(frozenset({EVERY}))
"""That of the command line."""


class ListedPerson(NamedTuple):
    """A person, as far as an admin sees them."""

    id: int
    name: str
    full_name: str
    email: str
    roles: Mapping[str, Role]
    """Given here, by group of repositories."""
    claimed: Mapping[str, Role]
    """By the groups that the issuer names them in."""
    is_active: bool
    ways: tuple[str, ...]
    """How they log in."""
    created_at: float
    seen_at: float | None
    sessions: int

    def require_active(self) -> None:
        """Raise UsageError where they may not log in."""
        if not self.is_active:
            raise UsageError(f"'{self.name}' may not log in", "activate them first")

    def as_dict(self) -> Published:
        """Return it for JSON."""
        roles = {one: {group: str(role) for group, role in getattr(self, one).items()} for one in ("roles", "claimed")}
        return {**self._asdict(), **roles, "ways": list(self.ways)}


def control_of(visitor: Visitor) -> Control:
    """Return where a visitor is admin."""
    return Control(frozenset(group for group, role in visitor.roles.items() if role >= Role.ADMIN))


def find_all(connection: Connection, control: Control) -> tuple[ListedPerson, ...]:
    """Return the people that an admin sees, by name: who has a role in one of the groups, with their roles there."""
    own: dict[int, dict[str, Role]] = {}
    of_claims: dict[str, dict[str, Role]] = {}
    for row in connection.execute(select(role_grant)):
        role = parse_role(row.role)
        if role is not None and control.holds(row.repositories):
            found = own.setdefault(row.person_id, {}) if row.claim is None else of_claims.setdefault(row.claim, {})
            found[row.repositories] = role
    live = select(session.c.person_id, func.count().label("number")).group_by(session.c.person_id).subquery()
    query = select(person, live.c.number).outerjoin(live, live.c.person_id == person.c.id).order_by(person.c.name)
    rows = (_listed(row, own.get(row.id, {}), of_claims) for row in connection.execute(query))
    return tuple(one for one in rows if control.is_whole or one.roles or one.claimed)


def _listed(row: Row[Any], own: Mapping[str, Role], of_claims: Mapping[str, Mapping[str, Role]]) -> ListedPerson:
    claimed: dict[str, Role] = {}
    for one in row.claimed:
        for group, role in of_claims.get(one, {}).items():
            claimed[group] = max(role, claimed.get(group, role))
    ways = (*(("password",) if row.password else ()), *((row.issuer,) if row.issuer else ()))
    return ListedPerson(
        row.id, row.name, row.full_name, row.email, dict(sorted(own.items())), dict(sorted(claimed.items())),
        row.is_active, ways, row.created_at, row.seen_at, row.number or 0,
    )  # fmt: skip


def find(connection: Connection, control: Control, name: str) -> ListedPerson:
    """Return one person; PersonNotFound also where they are none of the admin's business."""
    found = next((one for one in find_all(connection, control) if one.name == name), None)
    if found is None:
        raise accounts.PersonNotFound(name)
    return found


def change_roles(
    connection: Connection, control: Control, who: ListedPerson, wanted: Mapping[str, Role | None]
) -> dict[str, Role]:
    """Give a person a role in some groups, or none, and return those that they have then; other groups stay.

    Their sessions end, and so do the links that they made: each was of somebody with other rights.
    """
    control.require(wanted)
    with keeping_an_admin(connection):
        had = {one.repositories: one.role for one in connection.execute(_grants_of(who.id))}
        now = {group: role for group, text in had.items() if (role := parse_role(text)) is not None}
        new = {group: role for group, role in {**now, **wanted}.items() if role is not None}
        accounts.set_roles(connection, who.id, new)
    if new != now:
        sessions.end_all(connection, who.id)
        invitations.withdraw_all(connection, who.name, who.id)
    return new


def set_active(connection: Connection, who: ListedPerson, *, is_active: bool) -> None:
    """Let a person log in, or no more; in that case their sessions and links end, and their tokens count no more."""
    with keeping_an_admin(connection):
        connection.execute(update(person).where(person.c.id == who.id).values(is_active=is_active))
    if not is_active:
        sessions.end_all(connection, who.id)
        invitations.withdraw_all(connection, who.name, who.id)


@contextmanager
def keeping_an_admin(connection: Connection) -> Iterator[None]:
    """Refuse what would leave nobody who is admin of everything; who changes the same meanwhile waits."""
    every = select(role_grant.c.id).where(role_grant.c.role == str(Role.ADMIN), role_grant.c.repositories == EVERY)
    connection.execute(every.order_by(role_grant.c.id).with_for_update()).all()
    had = accounts.has_admin(connection)
    yield
    if had and not accounts.has_admin(connection):
        raise LastAdmin


def _grants_of(person_id: int) -> Select[tuple[str, str]]:
    return select(role_grant.c.repositories, role_grant.c.role).where(role_grant.c.person_id == person_id)


def groups_of(connection: Connection) -> frozenset[str]:
    """Return the groups in which somebody has a role."""
    return frozenset(connection.execute(select(role_grant.c.repositories).distinct()).scalars())
