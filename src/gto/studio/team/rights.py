"""What an admin sees and changes of people: their roles, whether they may log in; and there is always an admin."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from fastapi import HTTPException
from sqlalchemy import Connection, Row, Select, func, select, update

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.team import accounts, invitations, sessions
from gto.studio.team.accounts import LoginWays
from gto.studio.team.team_tables import person, role_grant, session
from gto.studio.visitor import EVERY, Role, Visitor, parse_role

_LONGEST = 200


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


class ListedClaim(NamedTuple):
    """A group of an issuer's, and the roles that it gives."""

    name: str
    roles: Mapping[str, Role]
    """By group of repositories, as far as the reader is admin of it."""
    people: int
    """How many were in it at their last login."""

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {**self._asdict(), "roles": {group: str(role) for group, role in self.roles.items()}}


def find_claims(connection: Connection, control: Control) -> tuple[ListedClaim, ...]:
    """Return the groups of issuers that give roles in the groups of an admin, by name."""
    _, roles = _read_grants(connection, control)
    claimed = connection.execute(select(person.c.claimed).where(person.c.is_active)).scalars().all()
    counts = Counter(one for names in claimed for one in set(names))
    return tuple(ListedClaim(name, dict(sorted(roles[name].items())), counts[name]) for name in sorted(roles))


_Roles = dict[str, Role]


def _read_grants(connection: Connection, control: Control) -> tuple[dict[int, _Roles], dict[str, _Roles]]:
    """Return the roles that an admin sees, of people by number, and of groups of issuers by name."""
    own: defaultdict[int, _Roles] = defaultdict(dict)
    of_claims: defaultdict[str, _Roles] = defaultdict(dict)
    for row in connection.execute(select(role_grant)):
        role = parse_role(row.role)
        if role is not None and control.holds(row.repositories):
            found = own[row.person_id] if row.claim is None else of_claims[row.claim]
            found[row.repositories] = role
    return own, of_claims


def find_all(connection: Connection, control: Control) -> tuple[ListedPerson, ...]:
    """Return the people that an admin sees, by name: who has a role in one of the groups, with their roles there."""
    own, of_claims = _read_grants(connection, control)
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
    connection: Connection,
    control: Control,
    who: ListedPerson,
    wanted: Mapping[str, Role | None],
    ways: LoginWays | None = None,
) -> dict[str, Role]:
    """Give a person a role in some groups, or none, and return those that they have then; other groups stay.

    Their sessions end, and so do the links that they made: each was of somebody with other rights. Not so where they
    have roles elsewhere, too: an admin of one group throws nobody out of another.
    """
    control.require(wanted)
    with keeping_an_admin(connection, ways):
        had = {one.repositories: one.role for one in connection.execute(_grants_of(who.id))}
        now = {group: role for group, text in had.items() if (role := parse_role(text)) is not None}
        new = {group: role for group, role in {**now, **wanted}.items() if role is not None}
        accounts.set_roles(connection, who.id, new)
    if new != now and all(map(control.holds, {*new, *now, *who.claimed})):
        sessions.end_all(connection, who.id)
        invitations.withdraw_all(connection, who.name, who.id)
    return new


def change_claim(
    connection: Connection,
    control: Control,
    claim: str,
    wanted: Mapping[str, Role | None],
    ways: LoginWays | None = None,
) -> dict[str, Role]:
    """Give all whom an issuer names in a group of its own roles, as change_roles() does; they count at once."""
    control.require(wanted)
    if not claim or len(claim) > _LONGEST or not claim.isprintable():
        raise UsageError("The name of a provider's group is a text of up to 200 characters", "as the provider has it")
    with keeping_an_admin(connection, ways):
        had = accounts.roles_of_claim(connection, claim)
        now = {group: role for group, role in {**had, **wanted}.items() if role is not None}
        accounts.set_roles(connection, claim, now)
    return now


def set_active(connection: Connection, who: ListedPerson, *, is_active: bool, ways: LoginWays | None = None) -> None:
    """Let a person log in, or no more; in that case their sessions and links end, and their tokens count no more."""
    with keeping_an_admin(connection, ways):
        connection.execute(update(person).where(person.c.id == who.id).values(is_active=is_active))
    if not is_active:
        sessions.end_all(connection, who.id)
        invitations.withdraw_all(connection, who.name, who.id)


@contextmanager
def keeping_an_admin(connection: Connection, ways: LoginWays | None) -> Iterator[None]:
    """Refuse what would leave nobody who is admin of everything; who changes the same meanwhile waits.

    Who is it by a group of their issuer's may be in it no more: they do not take the place of who has the role.
    """
    every = select(role_grant.c.id).where(*accounts.LEADS)
    connection.execute(every.order_by(role_grant.c.id).with_for_update()).all()
    had = [one for one in (True, False) if accounts.has_admin(connection, ways, by_name=one)]
    yield
    if not all(accounts.has_admin(connection, ways, by_name=one) for one in had):
        raise LastAdmin


def _grants_of(person_id: int) -> Select[tuple[str, str]]:
    return select(role_grant.c.repositories, role_grant.c.role).where(role_grant.c.person_id == person_id)


def groups_of(connection: Connection) -> frozenset[str]:
    """Return the groups in which somebody has a role."""
    return frozenset(connection.execute(select(role_grant.c.repositories).distinct()).scalars())
