"""What a form asks for, read from an address or from what was sent, and the command that asks for the same."""

import os
import shlex
from collections.abc import Mapping
from typing import NamedTuple

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import GTOException, PolicyRefused
from gto.studio.actions.action import OfferedAction
from gto.studio.write_access import PERSONAL, WriteAccess

OTHER = "other"
"""The choice of a version of one's own."""
_OF_VERSION = frozenset(("number", "version", "back_to", "standing"))
_OF_STAGE = frozenset(("stage", "at_once", "held", "standing"))


class Tick(NamedTuple):
    """What a form lets one tick only where a refusal asks for it."""

    option: str
    field: str
    label: str


TICKS = (
    Tick("--force", "force", "Force it"),
    Tick("--allow-second-version", "second", "Allow a second version on this commit"),
    Tick("--allow-same-path", "same_path", "Allow the same path"),
)


def ticked(given: Mapping[str, object]) -> tuple[str, ...]:
    """Return the options that a form was sent with."""
    return tuple(one.option for one in TICKS if one.field in given)


def offered_ticks(chosen: tuple[str, ...], hint: str) -> tuple[Tick, ...]:
    """Return what can be ticked: what is ticked already, and what a refusal asks for."""
    return tuple(one for one in TICKS if one.option in chosen or one.option in hint)


class Wish(NamedTuple):
    """One action on an artifact, as far as the fields of its form say."""

    action: str
    name: str
    commit: str = ""
    version: str = ""
    stage: str = ""
    message: str = ""
    push: bool = False
    sign: bool = False
    ticks: tuple[str, ...] = ()
    """Options that a refusal asked for."""
    made_for: str | None = ""
    """Digest of the artifact's tags when the form was made; None for who asks without having seen one."""
    last: str = ""
    """The tag of its newest event then; empty where there was none."""
    was_sent: bool = False
    """Whether somebody filled the form in."""

    @property
    def text(self) -> str | None:
        """The message; None where nobody wrote one."""
        return self.message or None


class ActionRequest(NamedTuple):
    """What a form is made for."""

    action: OfferedAction
    place: CatalogRepository
    wish: Wish
    branch: str = ""
    text: str = ""
    stages: tuple[str, ...] = ()
    """Those that other artifacts have."""
    error: GTOException | None = None
    """Why it was not carried out."""
    access: WriteAccess = PERSONAL


def read_wish(action: OfferedAction, name: str, given: Mapping[str, object], *, push: bool) -> Wish:
    """Read the fields that the action has; a form that was not sent yet pushes where `push` says so."""
    field = {key: str(value).replace("\r\n", "\n") for key, value in given.items()}
    version, stage = field.get("version", "").strip(), field.get("stage", "").strip()
    if version == OTHER or (not version and field.get("other")):
        version = field.get("other", "").strip()
    if "standing" in field:
        version, _, stage = field["standing"].partition(" ")
    was_sent = "asked" in field
    return Wish(
        action.word,
        name,
        field.get("commit", "").strip() if "commit" in action.fields else "",
        version if _OF_VERSION & set(action.fields) else "",
        stage if _OF_STAGE & set(action.fields) else "",
        field.get("message", "").strip("\n"),
        "push" in field if was_sent or "push" in field else push,
        "sign" in field,
        ticked(field),
        field.get("made_for", ""),
        field.get("last", ""),
        was_sent,
    )


def command_of(wish: Wish, place: CatalogRepository) -> str:
    """Return the command that does the same, for a POSIX shell, an option a line."""
    parts = [_words(wish, where(place))]
    if wish.message:
        parts.append(["--message", wish.message])
    if wish.action != "approve":  # it is signed always, and never forced
        parts += [[one] for one in (*wish.ticks, *(["--sign"] if wish.sign else []))]
    parts += [["--push"]] if wish.push else []
    return " \\\n  ".join(shlex.join(part) for part in parts)


def command_instead(asked: ActionRequest, error: GTOException) -> str:
    """Return the command with which somebody does themselves what was refused; what a policy refused, signed."""
    return command_of(asked.wish._replace(sign=asked.wish.sign or isinstance(error, PolicyRefused)), asked.place)


def where(place: CatalogRepository) -> list[str]:
    """Return the option that names a repository; none for the one in hand, and for one that a clone stands for."""
    if place.hides_path and not place.is_elsewhere:
        return []
    is_here = not place.is_remote and os.path.realpath(place.address) == os.path.realpath(os.curdir)
    return [] if is_here else ["-r", place.address]


def _words(wish: Wish, where: list[str]) -> list[str]:
    version = ["--version", wish.version] if wish.version else []
    commit = [wish.commit] if wish.commit else []
    match wish.action:
        case "register" if wish.stage:
            return ["gto", "assign", *where, wish.name, *commit, *version, "--stage", wish.stage]
        case "register":
            return ["gto", "register", *where, wish.name, *commit, *version]
        case "assign":
            return ["gto", "assign", *where, wish.name, *version, "--stage", wish.stage]
        case "rollback":
            back_to = ["--to", wish.version] if wish.version else []
            return ["gto", "rollback", *where, wish.name, "--stage", wish.stage, *back_to]
        case "approve":
            chosen = f"{wish.name}@{wish.version}" if wish.version else wish.name
            return ["gto", "approve", *where, chosen, "--stage", wish.stage]
        case _:
            words = [one for one in (wish.version, wish.stage) if one]
            return ["gto", "deprecate", *where, wish.name, *words]
