"""Selectors: `churn`, `churn@latest`, `churn@v1.0.0`, `churn#prod`, each naming versions of one artifact."""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from gto.core import names, semver
from gto.core.view import VersionRow
from gto.exceptions import InvalidSelector


class Pick(Enum):
    """By what a selector picks."""

    ALL = "all"
    LATEST = "latest"
    VERSION = "version"
    STAGE = "stage"


class Selector(NamedTuple):
    """An artifact's name as it was typed, and what to pick of it; `value` is a version or a stage."""

    name: str
    pick: Pick = Pick.ALL
    value: str = ""

    def __str__(self) -> str:
        """Write the selector."""
        picks = {Pick.ALL: "", Pick.LATEST: "@latest", Pick.VERSION: f"@{self.value}", Pick.STAGE: f"#{self.value}"}
        return f"{self.name}{picks[self.pick]}"


_SELECTOR = rf"((?:{names.DIRECTORY}:)?{names.PLAIN})(?:#({names.PLAIN})|@(latest|greatest|{semver.PATTERN}))"


def parse(text: str) -> Selector:
    """Read a selector; what has not the form of one is a name, whole."""
    match = re.fullmatch(_SELECTOR, text)
    if match is None:
        return Selector(text)
    name, stage, version = match.groups()
    if stage is not None:
        return Selector(name, Pick.STAGE, stage)
    if version in {"latest", "greatest"}:
        return Selector(name, Pick.LATEST)
    return Selector(name, Pick.VERSION, version)


def parse_asked(name: str, asked: str) -> Selector:
    """Return which version of an artifact a word means, as clients of other systems name versions.

    Nothing, and the reserved words, mean the latest; a version may lack its `v`; a selector of the same artifact means
    what it does elsewhere; anything else is a stage.
    """
    whole = parse(asked)
    if whole.pick is not Pick.ALL and whole.name == name:
        return whole
    if not asked or asked in names.RESERVED_STAGES:
        return Selector(name, Pick.LATEST)
    for text in (asked, f"v{asked}"):
        if semver.parse(text) is not None:
            return Selector(name, Pick.VERSION, text)
    return Selector(name, Pick.STAGE, asked)


def check(text: str) -> None:
    """Raise InvalidSelector for a text that names an artifact, and then neither a version nor a stage of it."""
    match = re.fullmatch(rf"((?:{names.DIRECTORY}:)?{names.PLAIN})([@#])(.*)", text, re.DOTALL)
    if match is None or parse(text).pick is not Pick.ALL:
        return
    name, sign, rest = match.groups()
    hint = f"a version is named as in '{name}@v1.2.3' or '{name}@latest', what is in a stage as in '{name}#prod'"
    what = "a version as SemVer has it" if sign == "@" else "the name of a stage"
    raise InvalidSelector(f"In '{text}', '{rest}' is not {what}", hint)


def is_pattern(text: str) -> bool:
    """Tell whether a text is a pattern of names, as in `fraud-*`: no name holds one of its signs."""
    return any(sign in text for sign in "*?[")


def matching(pattern: str, known: Iterable[str]) -> set[str]:
    """Return the names that a pattern matches, as a shell matches file names; `*` matches `/` and `:` too."""
    from fnmatch import filter as match  # only where there is a pattern

    return set(match(known, pattern))


def select(rows: Sequence[VersionRow], selector: Selector) -> list[VersionRow]:
    """Return those of the rows, given highest first, that the selector names."""
    if selector.pick is Pick.LATEST:
        return list(rows[:1])
    if selector.pick is Pick.VERSION:
        return [row for row in rows if row.version.name == selector.value]
    if selector.pick is Pick.STAGE:
        return [row for row in rows if any(stage.stage == selector.value for stage in row.stages)]
    return list(rows)
