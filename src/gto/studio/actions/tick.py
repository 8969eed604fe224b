"""What a form lets one tick only where a refusal asks for it: options that the command line has at all times."""

from collections.abc import Mapping
from typing import NamedTuple


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
