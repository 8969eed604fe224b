"""Whom the policy file names: addresses, keys, groups of them, and the users of a server."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from gto.core.policy.policy import KEY
from gto.policy_file.fields import ValuePath, items, near, shown

ADDRESS = r"[^@\s,<>\x00-\x1f\x7f]+@[^@\s,<>\x00-\x1f\x7f]+"
"""A regular expression of e-mail addresses, and of patterns of them."""
PERSON = r"[^@\s,<>*?\[\]\x00-\x1f\x7f]+@[^@\s,<>*?\[\]\x00-\x1f\x7f]+"
"""A regular expression of e-mail addresses."""
FINGERPRINT = rf"{KEY}[A-Za-z0-9+/]{{43}}|[0-9a-fA-F]{{40}}|[0-9a-fA-F]{{64}}"
"""A regular expression of the fingerprints of SSH keys and of OpenPGP keys."""
GROUP = r"(?![0-9a-fA-F]{40}$|[0-9a-fA-F]{64}$)[a-zA-Z0-9][a-zA-Z0-9._-]*"
"""A regular expression of names of groups."""
USER = r"[^\s\x00-\x1f\x7f]+"
_WHO = "an address ('ada@example.com'), a key's fingerprint ('SHA256:...') or a group was expected"
DEEPEST = 16
"""Levels of groups in groups."""
MOST_MEMBERS = 10_000

Groups = Mapping[str, tuple[str, ...]]


class Named(NamedTuple):
    """What a list of people says, each member with its place."""

    name: str
    at: ValuePath


def identity(text: str) -> str:
    """Return an identity as the core compares it: the fingerprints of OpenPGP in capitals."""
    return text.upper() if re.fullmatch("[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", text) else text


def read_people(value: object, at: ValuePath) -> list[Named]:
    """Read a list of identities and groups, whatever the groups are."""
    found = []
    for one, where in items(value, at):
        if not isinstance(one, str) or not re.fullmatch(f"{ADDRESS}|{FINGERPRINT}|{GROUP}", one):
            raise where.wrong(f"{_WHO}, not {shown(one)}")
        found.append(Named(identity(one), where))
    return found


def check_people(people: list[Named], groups: Groups) -> tuple[str, ...]:
    """Return the names of people and groups, or raise WrongConfig where there is no such group."""
    for one in people:
        if is_group(one.name) and one.name not in groups:
            raise one.at.wrong(f"there is no group '{one.name}'", near(one.name, groups, "groups"))
    return tuple(one.name for one in people)


def is_group(name: str) -> bool:
    """Tell whether a name is that of a group, if it is anybody's."""
    return not re.fullmatch(f"{ADDRESS}|{FINGERPRINT}", name)


def read_groups(value: object, at: ValuePath) -> dict[str, tuple[str, ...]]:
    """Read the groups, each with all the identities that are in it through other groups."""
    if not isinstance(value, dict):
        raise at.wrong(
            f"names of groups with lists were expected, as in 'leads: [ada@example.com]', not {shown(value)}"
        )
    written: dict[str, list[Named]] = {}
    for name, members in value.items():
        if not isinstance(name, str) or not re.fullmatch(GROUP, name):
            raise at.at(name, "").wrong(
                f"a group's name was expected, of letters, digits, '.', '_' and '-', not {shown(name)}"
            )
        written[name] = read_people(members, at.at(name))
    for members_of in written.values():
        check_people(members_of, dict.fromkeys(written, ()))
    found: dict[str, tuple[str, ...]] = {}
    for name in written:
        _resolve(written, name, (), found)
        if sum(map(len, found.values())) > MOST_MEMBERS:
            raise at.at(name).wrong(f"all groups together have more than {MOST_MEMBERS} members")
    return {name: found[name] for name in written}


def _resolve(
    written: Mapping[str, list[Named]], name: str, above: tuple[str, ...], found: dict[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Find all identities of a group, and keep them in `found`."""
    if name in found:
        return found[name]
    people: dict[str, None] = {}
    for one in written[name]:
        if not is_group(one.name):
            people[one.name] = None
        elif one.name in (*above, name):
            circle = " -> ".join([*above, name, one.name])
            raise one.at.wrong(f"the groups go round in a circle: {circle}", "take one of them out of the other")
        elif len(above) >= DEEPEST:
            raise one.at.wrong(f"groups are in groups in more than {DEEPEST} levels", "name the people themselves")
        else:
            people |= dict.fromkeys(_resolve(written, one.name, (*above, name), found))
    found[name] = tuple(people)
    return found[name]


def read_users(value: object, at: ValuePath) -> dict[str, str]:
    """Read the names by which a server knows people, with their addresses."""
    if not isinstance(value, dict):
        raise at.wrong(f"names of users with addresses were expected, as in 'ada: ada@example.com', not {shown(value)}")
    for user, address in value.items():
        if not isinstance(user, str) or not re.fullmatch(USER, user):
            raise at.at(user, "").wrong(f"a user's name was expected, not {shown(user)}", "put it in quotes")
        if not isinstance(address, str) or not re.fullmatch(PERSON, address):
            raise at.at(user).wrong(f"an address was expected, as in 'ada@example.com', not {shown(address)}")
    return dict(value)
