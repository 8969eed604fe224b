"""What is wrong with a form, and at which of its fields."""

from collections.abc import Mapping
from typing import NamedTuple

from gto.exceptions import (
    AlreadyInStage,
    CommitTaken,
    EmptyStage,
    GTOException,
    InvalidName,
    InvalidVersion,
    MissingArg,
    PolicyRefused,
    RefNotFound,
    StageNotAllowed,
    VersionNotFound,
    VersionTaken,
)
from gto.studio.actions.wish import Wish

_FIELD_OF: Mapping[type[GTOException], str] = {
    InvalidVersion: "version",
    VersionTaken: "version",
    VersionNotFound: "version",
    CommitTaken: "commit",
    RefNotFound: "commit",
    StageNotAllowed: "stage",
    AlreadyInStage: "stage",
    EmptyStage: "stage",
}


class Trouble(NamedTuple):
    """What is wrong with a field; with the form as a whole, where it names none."""

    field: str
    message: str
    hint: str


def trouble_of(error: GTOException, wish: Wish) -> Trouble:
    """Say what is wrong, at the field that it is about."""
    field = next((name for kind, name in _FIELD_OF.items() if isinstance(error, kind)), "")
    if isinstance(error, InvalidName):
        field = "stage" if error.value == wish.stage else ""
    if isinstance(error, MissingArg):
        field = error.arg
    if isinstance(error, PolicyRefused) and wish.stage:
        field = "stage"
    return Trouble(field, error.message, error.hint)
