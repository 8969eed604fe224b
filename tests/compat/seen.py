"""A command line on which both differ, with what tells why: words, tables, and the registry as 1.10.1 saw it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.compat.pair import Case

_TAKING_A_VALUE = {
    "register": {"--version", "--ver"},
    "assign": {"--version", "--stage"},
    "promote": {"--version", "--stage"},
    "deprecate": {"--ref"},
    "parse-tag": {"--key"},
    "show": {"--av", "--assignments-per-version", "--vs", "--versions-per-stage", "--sort"},
}
_FOR_ALL = {"-m", "--message", "--simple", "-r", "--repo"}
_NUMBER = re.compile(r"[0-9]{7}|[0-9]+e[0-9]+")
_EVENT = re.compile(
    "(?P<name>[^@#]+)(?:@(?P<version>v[^#!]+)|#(?P<stage>[^#!]+)|@(?P<deprecated>deprecated))"
    "(?P<undo>!?)(?:#(?P<counter>[0-9]+))?"
)

Grid = list[list[str]]
Artifact = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """A case, and what GTO 1.10.1 printed as the state before it (empty where it failed)."""

    case: Case
    printed: str

    # --- the command line

    @property
    def command(self) -> str:
        return self.case.argv[0]

    @cached_property
    def words(self) -> tuple[list[str], dict[str, str]]:
        """Positional arguments, and options with their values."""
        places: list[str] = []
        options: dict[str, str] = {}
        valued = _FOR_ALL | _TAKING_A_VALUE.get(self.command, set())
        rest = iter(self.case.argv[1:])
        for word in rest:
            if word in valued:
                options[word] = next(rest, "")
            elif word.startswith("-"):
                options[word] = ""
            else:
                places.append(word)
        return places, options

    @property
    def places(self) -> list[str]:
        return self.words[0]

    def option(self, *names: str) -> str | None:
        return next((self.words[1][name] for name in names if name in self.words[1]), None)

    @property
    def name(self) -> str:
        """The artifact that the command names, without a selector."""
        return re.split("[@#]", self.places[0])[0] if self.places else ""

    @property
    def writes(self) -> bool:
        return self.command in {"register", "assign", "promote", "deprecate"}

    # --- what they did

    @property
    def their_words(self) -> str:
        return self.case.theirs.said.stderr

    @property
    def our_words(self) -> str:
        return self.case.ours.said.stderr

    @property
    def only_ours(self) -> bool:
        """Whether ours succeeded where 1.10.1 failed."""
        return self.case.ours.succeeded and not self.case.theirs.succeeded

    @property
    def only_theirs(self) -> bool:
        """Whether 1.10.1 succeeded where ours refused, and wrote nothing."""
        return self.case.theirs.succeeded and not self.case.ours.succeeded and self.case.ours.refs == self.case.before

    @cached_property
    def our_tags(self) -> list[str]:
        return sorted(set(self.case.ours.refs) - set(self.case.before))

    @cached_property
    def their_tags(self) -> list[str]:
        return sorted(set(self.case.theirs.refs) - set(self.case.before))

    @cached_property
    def taken(self) -> str:
        """The tag that 1.10.1 said exists already."""
        match = re.search("tag '([^']+)' already exists", self.their_words)
        return match[1] if match else ""

    # --- tables

    @cached_property
    def our_table(self) -> Grid:
        return table(self.case.ours.said.stdout)

    @cached_property
    def our_cut_table(self) -> Grid:
        """The table of ours, each version cut to seven characters, as the registry's table of 1.10.1 has them."""
        header, *rows = self.our_table
        return [header, *([row[0], *(cut(cell) for cell in row[1:])] for row in rows)]

    @cached_property
    def their_table(self) -> Grid:
        return table(self.case.theirs.said.stdout)

    # --- the state before

    @cached_property
    def state(self) -> dict[str, Artifact]:
        """The artifacts, as `print-state` of 1.10.1 has them."""
        return dict(json.loads(self.printed)["artifacts"]) if self.printed else {}

    @property
    def artifacts(self) -> list[Artifact]:
        """The artifact that the command names, or where it names none all of them."""
        if self.places and self.command != "check-ref":
            return [self.state[self.name]] if self.name in self.state else []
        return list(self.state.values())

    @property
    def versions(self) -> list[Artifact]:
        """The versions of these artifacts."""
        return [version for artifact in self.artifacts for version in artifact["versions"]]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of an event tag's name; empty where it has none."""

    name: str = ""
    version: str = ""
    stage: str = ""
    deprecated: str = ""
    undo: str = ""
    counter: str = ""


def parts(tag: str) -> Parts:
    """Take the name of an event tag apart."""
    match = _EVENT.fullmatch(tag)
    return Parts(**match.groupdict("")) if match else Parts()


def cut(cell: str) -> str:
    """Cut each version of a cell to seven characters."""
    return ", ".join(part[:7] for part in cell.split(", "))


def table(stdout: str) -> Grid:
    """Return the cells of a table in either style."""
    if "│" in stdout:
        lines = [line for line in stdout.splitlines() if line.startswith("│")]
        return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    lines = stdout.splitlines()
    width = max(map(len, lines), default=0)
    padded = [line.ljust(width) for line in lines]
    filled = "".join(" " if all(line[place] == " " for line in padded) else "x" for place in range(width))
    spans = [match.span() for match in re.finditer("x+(?: x+)*", filled)]
    return [[line[start:end].strip() for start, end in spans] for line in padded]


def newest(events: list[Artifact]) -> str:
    """Return when the newest of some events was, empty for none; all are in one zone, so that text compares."""
    return max((event["created_at"] for event in events), default="")


def is_deregistered(version: Artifact) -> bool:
    return newest(version["deregistrations"]) > newest(version["registrations"])


def is_numberlike(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def active_stages(version: Artifact) -> list[str]:
    """Return the stages that a version is in."""
    return [
        name
        for name, stage in version["stages"].items()
        if newest(stage["assignments"]) > newest(stage["unassignments"])
    ]


def holders(artifact: Artifact, stage: str) -> Iterator[tuple[str, str]]:
    """Yield when a version that is in the stage was put there, and the version."""
    for version in artifact["versions"]:
        if stage in active_stages(version) and not is_deregistered(version):
            yield newest(version["stages"][stage]["assignments"]), version["version"]


def tag_events(artifact: Artifact) -> list[Artifact]:
    """Return the events of an artifact that are tags."""
    found = [*artifact["deprecations"]]
    for version in artifact["versions"]:
        found += version["registrations"] + version["deregistrations"]
        for stage in version["stages"].values():
            found += stage["assignments"] + stage["unassignments"]
    return found


def commit_events(artifact: Artifact) -> list[Artifact]:
    """Return the commits that 1.10.1 counts as events."""
    return [commit for version in artifact["versions"] for commit in version["enrichments"]]
