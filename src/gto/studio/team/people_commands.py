"""What the command line of the server does with people: it is nobody's in the audit log, and may do everything."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gto.exceptions import UsageError
from gto.output.published import Published
from gto.studio.team import accounts, audit, invitations, rights
from gto.studio.team.audit import RequestOrigin
from gto.studio.team.invitations import Invited
from gto.studio.team.rights import WHOLE, ListedPerson
from gto.studio.team.team import Team
from gto.studio.visitor import NOBODY, Role, parse_role

_NONE = "none"


class InvitationWish(NamedTuple):
    """Whom a link is for, as the command line says it."""

    name: str
    role: str
    groups: tuple[str, ...]
    full_name: str
    email: str
    days: float
    is_reset: bool


class MadeLink(NamedTuple):
    """A link that was just made."""

    name: str
    address: str
    expires_at: float

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {"name": self.name, "url": self.address, "expires_at": self.expires_at}


def invite(team: Team, wish: InvitationWish) -> MadeLink:
    """Make a link for somebody new, or for the new password of who is there already."""
    team.settings.require_passwords()
    with team.database.record() as connection:
        if wish.is_reset:
            who = rights.find(connection, WHOLE, wish.name)
            who.require_active()
            invited = Invited(who.name, who.full_name, who.email, person_id=who.id)
        else:
            told = accounts.parse_invited(wish.name, wish.full_name, wish.email)
            if accounts.find_or_none(connection, told.name) is not None:
                hint = f"`gto studio people roles {told.name} GROUP=ROLE`, or --reset for a new password"
                raise UsageError(f"'{told.name}' is here already", hint)
            invited = Invited(*told, roles=dict.fromkeys(wish.groups, _role(wish.role)))
        secret = invitations.make(connection, invited, "", wish.days)
        roles = {group: str(role) for group, role in invited.roles.items()}
        audit.note(connection, NOBODY, RequestOrigin(), "invite", invited.name, roles=roles, reset=wish.is_reset)
    address = f"{team.settings.url}{invitations.PATH}{secret}"
    return MadeLink(invited.name, address, time.time() + wish.days * 86400.0)


def list_people(team: Team) -> tuple[ListedPerson, ...]:
    """Return everybody, by name."""
    with team.database.engine.connect() as connection:
        return rights.find_all(connection, WHOLE)


def give_roles(team: Team, name: str, grants: Sequence[str]) -> dict[str, Role]:
    """Give somebody roles, each as GROUP=ROLE, and return those that they have then."""
    wanted = _parse_grants(grants)
    with team.database.record() as connection:
        who = rights.find(connection, WHOLE, name)
        now = rights.change_roles(connection, WHOLE, who, wanted)
        audit.note(connection, NOBODY, RequestOrigin(), "change roles", name, roles=_told(wanted))
    return now


def give_claim_roles(team: Team, claim: str, grants: Sequence[str]) -> dict[str, Role]:
    """Give all whom the provider names in a group of its own roles, as give_roles() does; they count at once."""
    wanted = _parse_grants(grants)
    with team.database.record() as connection:
        now = rights.change_claim(connection, WHOLE, claim, wanted)
        audit.note(connection, NOBODY, RequestOrigin(), "change roles", claim, provider_group=True, roles=_told(wanted))
    return now


def _parse_grants(grants: Sequence[str]) -> dict[str, Role | None]:
    wanted: dict[str, Role | None] = {}
    for one in grants:
        group, _, role = one.rpartition("=")
        if not group:
            raise UsageError(f"'{one}' is no group with a role", "write GROUP=ROLE, as in '*=admin' or lab=none")
        wanted[group] = None if role == _NONE else _role(role)
    return wanted


def _told(wanted: Mapping[str, Role | None]) -> dict[str, str]:
    return {group: str(role or _NONE) for group, role in wanted.items()}


def set_active(team: Team, name: str, *, is_active: bool) -> None:
    """Let somebody log in, or no more."""
    with team.database.record() as connection:
        rights.set_active(connection, rights.find(connection, WHOLE, name), is_active=is_active)
        audit.note(connection, NOBODY, RequestOrigin(), "activate" if is_active else "deactivate", name)


def _role(text: str) -> Role:
    role = parse_role(text)
    if role is None:
        raise UsageError(f"There is no role '{text}'", f"choose {', '.join(map(str, Role))}, or {_NONE}")
    return role
