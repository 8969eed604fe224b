"""YAML texts of strangers, with the places of their values, and edits that touch nothing else."""

from collections.abc import Callable
from typing import NamedTuple


class ParsedYaml(NamedTuple):
    """A YAML file's value, and where its keys stand."""

    value: object
    line: Callable[..., int | None]
    """Returns the line, from 1, of the key that at most three keys lead to, or of the last one found on the way."""
