"""Somebody whom others logged in: a provider of OpenID Connect, or a proxy in front of Studio."""

from typing import NamedTuple


class VouchedPerson(NamedTuple):
    """What is told of somebody who logged in elsewhere."""

    issuer: str
    """The address of the provider; `proxy` where a proxy says it."""
    subject: str
    """By which the issuer knows the person for ever."""
    name: str
    full_name: str
    email: str
    groups: tuple[str, ...]
