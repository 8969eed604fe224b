"""YAML texts of strangers, with the places of their values, and edits that touch nothing else."""

from collections.abc import Callable
from typing import NamedTuple


class ParsedYaml(NamedTuple):
    """A YAML file's value, and where its keys stand."""

    value: object
    line: Callable[..., int | None]
    """Returns the line, from 1, of the key that at most three keys lead to, or of the last one found on the way."""


def parse_yaml(data: bytes, path: str) -> ParsedYaml:
    """Read a file of settings; BadFile says what is wrong with it."""
    from gto.yamldoc.document import load  # YAML is read only where there is a file of it

    document = load(data, path)
    return ParsedYaml(document.value, document.line)
