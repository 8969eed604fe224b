"""The actions that pages offer on an artifact, and which of them have something to do."""

from collections.abc import Iterator
from typing import NamedTuple

from gto.core.snapshot import ArtifactState


class OfferedAction(NamedTuple):
    """One action: the word in its address, and what its page says."""

    word: str
    offer: str
    """What a menu calls it."""
    title: str
    """The heading of its page; `{}` is the artifact."""
    lede: str
    """What it does; `{}` is the repository."""
    fields: tuple[str, ...]
    """What its form asks for."""
    icon: str
    is_danger: bool = False


_HOW = ("message", "manner")
REGISTER = OfferedAction(
    "register",
    "Register a version",
    "Register a version of {}",
    "A version is a name for a commit. It becomes an annotated tag in {}, and nothing else changes.",
    ("commit", "number", *_HOW, "at_once"),
    "tag",
)
ASSIGN = OfferedAction(
    "assign",
    "Assign a stage",
    "Assign a stage to a version of {}",
    "Who asks for the stage gets this version from now on. It becomes an annotated tag in {}.",
    ("stage", "version", *_HOW),
    "box",
)
ROLLBACK = OfferedAction(
    "rollback",
    "Roll a stage back",
    "Roll a stage of {} back",
    "The version that was in the stage before comes back: an assignment like any other, as a tag in {}.",
    ("held", "back_to", *_HOW),
    "undo",
)
UNASSIGN = OfferedAction(
    "unassign",
    "Take a version out of a stage",
    "Take a version of {} out of a stage",
    "The history keeps that it was there. A tag in {} says that it no longer is.",
    ("standing", *_HOW),
    "close",
)
APPROVE = OfferedAction(
    "approve",
    "Approve for a stage",
    "Approve a version of {} for a stage",
    "Your word that the version may go into the stage: a signed tag in {}, beside the events.",
    ("stage", "version", "message", "manner"),
    "shield",
)
DEREGISTER = OfferedAction(
    "deregister",
    "Deregister a version",
    "Deregister a version of {}",
    "The version no longer counts, in any stage. The history keeps it: a tag in {} takes it back.",
    ("version", *_HOW),
    "close",
    is_danger=True,
)
DEPRECATE = OfferedAction(
    "deprecate",
    "Deprecate the artifact",
    "Deprecate {}",
    "The artifact and its versions leave the lists. A tag in {} says so; the next version brings it back.",
    _HOW,
    "box",
    is_danger=True,
)
ACTIONS = (REGISTER, ASSIGN, ROLLBACK, UNASSIGN, APPROVE, DEREGISTER, DEPRECATE)
"""Those that write tags, in the order of menus."""


def offered(state: ArtifactState) -> Iterator[OfferedAction]:
    """Yield the actions that have something to do."""
    yield REGISTER
    if any(one.is_active for one in state.versions):
        yield ASSIGN
    if state.standing:
        yield ROLLBACK
        yield UNASSIGN
    if any(one.is_registered and one.is_active for one in state.versions):
        yield APPROVE
        yield DEREGISTER
    if state.is_active:
        yield DEPRECATE
