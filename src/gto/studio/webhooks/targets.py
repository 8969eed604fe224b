"""Who is told of events: where to, in which form, of which events, and the secret by which that is signed."""

import base64
import re
import secrets
import time
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, insert, select, update

from gto.core.tag import Kind, TagName
from gto.exceptions import NotFound, UsageError
from gto.export.chat_message import ChatKind
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.webhooks.webhook_tables import target
from gto.watch.new_events import EventFilter
from gto.watch.webhook_sender import SendRules, check_url

CLOUD_EVENTS = "cloudevents"
TEMPLATES = (CLOUD_EVENTS, *(str(one) for one in ChatKind))
"""The forms in which events are told."""
KINDS = tuple(one.noun for one in Kind if one is not Kind.CREATION)
"""The kinds of events."""
OVERLAP = 86400.0
"""Seconds that is signed with the secret before too."""
_NAME_RE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?")
_LONGEST_URL = 2000
_MOST_WORDS, _LONGEST_WORD = 100, 200


class TargetNotFound(NotFound):
    """There is no such target."""

    def __init__(self, target_id: str) -> None:
        super().__init__(f"There is no webhook '{target_id[:50]}'", "`/webhooks` lists them")


class TargetFilter(NamedTuple):
    """Which events a target is told of; each part must let one through, and an empty part lets all through."""

    repositories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    """Names, in which `*` stands for anything."""
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()

    def takes(self, repository: str, groups: Collection[str], tag: TagName) -> bool:
        """Tell whether an event of a repository is to be told."""
        is_here = not self.repositories or repository in self.repositories
        is_of_group = not self.groups or not set(self.groups).isdisjoint(groups)
        return is_here and is_of_group and EventFilter(self.artifacts, self.kinds, self.stages).takes(tag)


class TargetWish(NamedTuple):
    """A target as it is asked for."""

    name: str
    url: str
    template: str = CLOUD_EVENTS
    filters: TargetFilter = TargetFilter()
    allows_private: bool = False
    """Whether it may be on this machine or its private network, and without encryption."""


class TargetEdit(NamedTuple):
    """What of a target is to be another; None for what stays."""

    name: str | None = None
    url: str | None = None
    filters: TargetFilter | None = None
    allows_private: bool | None = None


class WebhookTarget(NamedTuple):
    """Who is told of events."""

    id: int
    name: str
    host: str
    template: str
    filters: TargetFilter
    is_active: bool
    allows_private: bool
    created_at: float
    secret_until: float | None
    """Until when is signed with the secret before too; None where there is none."""


def parse_filter(given: Mapping[str, Collection[str]]) -> TargetFilter:
    """Return a filter, or raise UsageError."""
    parts = {key: tuple(dict.fromkeys(one.strip() for one in given.get(key, ()) if one.strip())) for key in _PARTS}
    if any(len(each) > _MOST_WORDS or any(len(one) > _LONGEST_WORD for one in each) for each in parts.values()):
        raise UsageError("A filter has at most 100 words of 200 characters", "`*` stands for anything in artifacts")
    unknown = [one for one in parts["kinds"] if one not in KINDS]
    if unknown:
        raise UsageError(f"'{unknown[0]}' is no kind of event", f"one of {', '.join(KINDS)}")
    return TargetFilter(**parts)


_PARTS = TargetFilter._fields


def check(wish: TargetWish, *, may_be_private: bool) -> None:
    """Raise UsageError where there can be no such target, as far as that can be said before its host is resolved."""
    if not _NAME_RE.fullmatch(wish.name):
        raise UsageError("A name has up to 64 letters, digits, blanks, '.', '_' and '-'", "it is shown in the list")
    if wish.template not in TEMPLATES:
        raise UsageError(f"'{wish.template[:50]}' is no template", f"one of {', '.join(TEMPLATES)}")
    if wish.allows_private and not may_be_private:
        hint = "whoever runs it starts it with --allow-private-webhooks"
        raise UsageError("This Studio sends no webhooks into its private network", hint)
    if len(wish.url) > _LONGEST_URL:
        raise UsageError(f"A URL has at most {_LONGEST_URL} characters", "write it as https://host/path")
    check_url(wish.url, SendRules(allow_http=wish.allows_private))


def add(connection: Connection, box: SecretsBox, wish: TargetWish, person_id: int | None) -> tuple[int, str]:
    """Add a target; return its number and its secret, shown this once. UsageError where one is called so."""
    _check_name(connection, wish.name)
    secret = _new_secret()
    values = {
        **_values_of(box, wish),
        "secret": box.encrypt(secret),
        "template": wish.template,
        "is_active": True,
        "person_id": person_id,
        "created_at": time.time(),
    }
    made = connection.execute(insert(target).values(values)).inserted_primary_key
    assert made is not None  # noqa: S101  one row was put in
    return int(made[0]), secret


def edit(
    connection: Connection, box: SecretsBox, target_id: int, wanted: TargetEdit, *, may_be_private: bool
) -> tuple[str, ...]:
    """Change a target, also where what waits goes to; return what is another now. UsageError as check() and add()."""
    row = connection.execute(select(target).where(target.c.id == target_id).with_for_update()).one()
    was = target_of(row)
    given = {key: value for key, value in wanted._asdict().items() if value is not None}
    changed = tuple(key for key, value in given.items() if key == "url" or value != getattr(was, key))
    if not changed:
        return ()
    url = box.decrypt(row.url) if wanted.url is None else wanted.url
    wish = TargetWish(was.name, url, was.template, was.filters, was.allows_private)._replace(**given)
    check(wish, may_be_private=may_be_private)
    _check_name(connection, wish.name, target_id)
    connection.execute(update(target).where(target.c.id == target_id).values(_values_of(box, wish)))
    return changed


def _check_name(connection: Connection, name: str, but: int | None = None) -> None:
    taken = select(target.c.id).where(target.c.name == name, target.c.id.is_distinct_from(but))
    if connection.execute(taken).first() is not None:
        raise UsageError(f"A webhook is called '{name}' already", "choose another name")


def _values_of(box: SecretsBox, wish: TargetWish) -> dict[str, object]:
    return {
        "name": wish.name,
        "url": box.encrypt(wish.url),
        "host": urlsplit(wish.url).hostname or "",
        "filters": {key: list(words) for key, words in wish.filters._asdict().items()},
        "allows_private": wish.allows_private,
    }


def rotate(connection: Connection, box: SecretsBox, target_id: int) -> str:
    """Make a new secret, and return it; for a day is signed with the one before too."""
    secret = _new_secret()
    values = {"secret": box.encrypt(secret), "secret_before": target.c.secret, "secret_until": time.time() + OVERLAP}
    connection.execute(update(target).where(target.c.id == target_id).values(values))
    return secret


def set_active(connection: Connection, target_id: int, *, is_active: bool) -> None:
    """Have a target told of events, or not."""
    connection.execute(update(target).where(target.c.id == target_id).values(is_active=is_active))


def remove(connection: Connection, target_id: int) -> None:
    """Remove a target, with its log."""
    connection.execute(delete(target).where(target.c.id == target_id))


def find(connection: Connection, target_id: str) -> WebhookTarget:
    """Return a target by its number, or raise TargetNotFound."""
    if not (target_id.isascii() and target_id.isdigit() and len(target_id) < len("9999999999")):
        raise TargetNotFound(target_id)
    row = connection.execute(select(target).where(target.c.id == int(target_id))).first()
    if row is None:
        raise TargetNotFound(target_id)
    return target_of(row)


def find_all(connection: Connection, *, active: bool = False) -> list[WebhookTarget]:
    """Return all targets, or those that are told of events, by name."""
    query = select(target).order_by(target.c.name)
    return [target_of(row) for row in connection.execute(query.where(target.c.is_active) if active else query)]


def target_of(row: Row[Any]) -> WebhookTarget:
    """Return the target of a row."""
    until = row.secret_until if (row.secret_until or 0.0) > time.time() else None
    filters = TargetFilter(**{key: tuple(row.filters.get(key, ())) for key in _PARTS})
    return WebhookTarget(
        row.id, row.name, row.host, row.template, filters, row.is_active, row.allows_private, row.created_at, until
    )


def address_of(row: Row[Any], box: SecretsBox) -> tuple[str, tuple[str, ...]]:
    """Return where a target is, and the secrets that sign what goes there."""
    kept = [row.secret, row.secret_before if (row.secret_until or 0.0) > time.time() else None]
    return box.decrypt(row.url), tuple(box.decrypt(one) for one in kept if one is not None)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
