"""The forms of webhooks that go out: adding one and changing one, and what a refused form held."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from fastapi import Request
from starlette.datastructures import FormData

from gto.exceptions import GTOException
from gto.studio.context import context_of, team_of
from gto.studio.team import audit
from gto.studio.webhooks import targets
from gto.studio.webhooks.targets import TargetEdit, TargetFilter, TargetWish, WebhookTarget

_WORDS = ("repositories", "groups", "artifacts", "stages")
_TEXTS = ("name", "url", "template", *_WORDS)


class TargetForm(NamedTuple):
    """What a form offers, and what it holds."""

    allows_private: bool
    """Whether targets on this machine's network may be had."""
    repositories: tuple[str, ...]
    groups: tuple[str, ...]
    given: Mapping[str, object] = MappingProxyType({})
    """What it holds; `kinds` are the ticked ones."""
    error: str = ""
    """Why it was refused."""
    hint: str = ""

    @property
    def templates(self) -> tuple[str, ...]:
        """The forms of what can be sent."""
        return targets.TEMPLATES

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of events."""
        return targets.KINDS

    def refused(self, form: FormData, error: GTOException) -> "TargetForm":
        """Return it with what was sent, and why that cannot be."""
        given = {**_texts(form), "kinds": _kinds(form), "private": _is_private(form)}
        return self._replace(given=given, error=error.message, hint=error.hint or "")


def form_of(request: Request, target: WebhookTarget | None = None) -> TargetForm:
    """Return an empty form, or the one of a target; its URL stays where none is given."""
    places = context_of(request).places
    groups = sorted({group for one in places for group in one.entry.groups})
    names = tuple(one.name for one in places)
    given: dict[str, object] = {}
    if target is not None:
        words = {key: " ".join(getattr(target.filters, key)) for key in _WORDS}
        given = {"name": target.name, **words, "kinds": target.filters.kinds, "private": target.allows_private}
    return TargetForm(team_of(request).settings.allow_private_webhooks, names, tuple(groups), given)


def read_wish(form: FormData) -> TargetWish:
    """Return the target that a form asks for; UsageError where there can be no such filter."""
    given = _texts(form)
    return TargetWish(given["name"], given["url"], given["template"], _read_filter(form), _is_private(form))


def read_edit(form: FormData) -> TargetEdit:
    """Return what a form changes; UsageError where there can be no such filter."""
    given = _texts(form)
    return TargetEdit(given["name"], given["url"] or None, _read_filter(form), _is_private(form))


def _read_filter(form: FormData) -> TargetFilter:
    words = {key: text.replace(",", " ").split() for key, text in _texts(form).items() if key in _WORDS}
    return targets.parse_filter({**words, "kinds": _kinds(form)})


def _texts(form: FormData) -> dict[str, str]:
    return {key: str(form.get(key, "")).strip() for key in _TEXTS}


def _kinds(form: FormData) -> tuple[str, ...]:
    return tuple(str(one) for one in form.getlist("kinds"))


def _is_private(form: FormData) -> bool:
    return form.get("private") == "yes"


def add(request: Request, wish: TargetWish) -> tuple[int, str]:
    """Add a target, and return its number and its secret."""
    team, visitor = team_of(request), context_of(request).visitor
    targets.check(wish, may_be_private=team.settings.allow_private_webhooks)
    with team.database.record() as connection:
        made = targets.add(connection, team.box, wish, visitor.id)
        host = targets.find(connection, str(made[0])).host
        about = (connection, visitor, audit.origin_of(request), "webhook added", wish.name)
        audit.note(*about, host=host, template=wish.template, private=wish.allows_private)
    return made


def edit(request: Request, target: str, wanted: TargetEdit, *, is_active: bool | None = None) -> WebhookTarget:
    """Change a target, and pause or resume it; return what it is then. The log tells of what is another than before."""
    team, visitor = team_of(request), context_of(request).visitor
    may_be_private = team.settings.allow_private_webhooks
    with team.database.record() as connection:
        before = targets.find(connection, target)
        changed = targets.edit(connection, team.box, before.id, wanted, may_be_private=may_be_private)
        about = (connection, visitor, audit.origin_of(request))
        now = targets.find(connection, target)
        if changed:
            audit.note(*about, "webhook changed", before.name, what=list(changed), name=now.name, host=now.host)
        if is_active is not None and is_active != before.is_active:
            targets.set_active(connection, before.id, is_active=is_active)
            audit.note(*about, "webhook resumed" if is_active else "webhook paused", now.name)
        return targets.find(connection, target)
