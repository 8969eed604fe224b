"""Random command lines for a registry: mostly sensible ones, by what the registry holds, and some nonsense."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

NAMES = ("churn", "rf", "models/eu:churn", "team/nn", "a", "x-1_b")
STRANGE_NAMES = ("-bad", "bad name", "", "a@b", "a#b", "a:b:c", "déjà", "a//b", "/a:b", "x/../y:z", "bad-", "churn.v1")
STAGES = ("dev", "staging", "prod", "prod/eu", "x1")
STRANGE_STAGES = ("-x", "a b", "", "prod#1", "prod!")
VERSIONS = ("v1.0.0", "v0.1.0", "v1.0.0-rc.1", "v2.0.0+build5", "v10.20.30", "v0.0.2", "v1.2.3-alpha.10", "v0.0.1")
STRANGE_VERSIONS = ("1.2.3", "v1.2", "vv1.0.0", "latest", "v01.2.3", "v1.0.0-", "V1.0.0", "main", "")
MESSAGES = (
    "a message",
    "Überraschung 🎉 — naïve",
    "first line\n\nbody, second paragraph\n",
    "  spaces around  ",
    "# not a comment\n# neither\n",
    "",
    "\n",
    "-----BEGIN",
    "quote ' \" $HOME `id`",
)
STRANGE_REFS = ("nope", "deadbeef", "", "HEAD~99", "main:README.md", "HEAD^{tree}", "refs/tags/none")
REFS = ("HEAD", "main", "side", "HEAD~1", "main~2", "refs/heads/main", "side~1", "@")

_TAG = re.compile(r"(?P<name>[^@#]+)(?:@(?P<version>v[^#!]+)|#(?P<stage>[^#!]+)|@deprecated)!?(?:#[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Held:
    """What the registry holds, from the names of its tags and its commits."""

    tags: tuple[str, ...]
    commits: tuple[str, ...]
    versions: Mapping[str, tuple[str, ...]]
    stages: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The artifacts that have versions or stages."""
        return tuple(sorted({*self.versions, *self.stages}))


def held(tags: Sequence[str], commits: Sequence[str]) -> Held:
    """Take the names of tags apart."""
    versions: dict[str, dict[str, None]] = {}
    stages: dict[str, dict[str, None]] = {}
    for tag in tags:
        match = _TAG.fullmatch(tag)
        if match is None:
            continue
        name = match["name"].replace("=", ":")
        if match["version"]:
            versions.setdefault(name, {})[match["version"]] = None
        if match["stage"]:
            stages.setdefault(name, {})[match["stage"]] = None
    return Held(
        tuple(tags),
        tuple(commits),
        {name: tuple(found) for name, found in versions.items()},
        {name: tuple(found) for name, found in stages.items()},
    )


@dataclass(slots=True)
class Generator:
    """A source of command lines; the same seed and the same registries give the same ones."""

    random: Random
    nonsense: float = 0.04
    """How often a word is one that makes no sense."""
    names: tuple[str, ...] = field(default=NAMES)

    def command(self, what: Held) -> list[str]:
        """Return the next command line."""
        makers = {
            self.register: 20,
            self.assign: 20,
            self.deprecate: 17,
            self.show: 26,
            self.history: 6,
            self.check_ref: 7,
            self.stages: 4,
            self.parse_tag: 4,
            self.print_state: 3,
            self.other: 1,
        }
        [maker] = self.random.choices(list(makers), weights=list(makers.values()))
        return maker(what)

    # --- words

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def pick(self, words: Sequence[str], strange: Sequence[str]) -> str:
        return self.random.choice(strange if not words or self.maybe(self.nonsense) else words)

    def name(self, what: Held, known: float = 0.85) -> str:
        return self.pick(what.names if what.names and self.maybe(known) else self.names, STRANGE_NAMES)

    def version(self, what: Held, name: str, known: float) -> str:
        found = what.versions.get(name, ())
        return self.pick(found if found and self.maybe(known) else VERSIONS, STRANGE_VERSIONS)

    def stage(self, what: Held, name: str, known: float) -> str:
        found = what.stages.get(name, ())
        return self.pick(found if found and self.maybe(known) else STAGES, STRANGE_STAGES)

    def ref(self, what: Held) -> str:
        commit = self.random.choice(what.commits)
        some = [*REFS, commit, commit[:7], commit[:12], commit, commit[:7]]
        if what.tags:
            some += [self.random.choice(what.tags)]
        return self.pick(some, STRANGE_REFS)

    # --- options

    def flags(self, **chances: float) -> list[str]:
        """Return those of the flags that come up."""
        return [f"--{name.replace('_', '-')}" for name, chance in chances.items() if self.maybe(chance)]

    def manner(self) -> list[str]:
        words = []
        if self.maybe(0.3):
            words += [self.random.choice(["-m", "--message"]), self.random.choice(MESSAGES)]
        if self.maybe(0.3):
            words += ["--simple", self.pick(["auto", "true", "false"], ["maybe", "True", ""])]
        return words + self.flags(force=0.12)

    def shuffled(self, *groups: list[str]) -> list[str]:
        """Return the groups in any order; each group stays together."""
        order = [group for group in groups if group]
        self.random.shuffle(order)
        return [word for group in order for word in group]

    # --- commands

    def register(self, what: Held) -> list[str]:
        name = self.name(what, 0.75)
        place = [name, self.ref(what)] if self.maybe(0.75) else [name]
        version = []
        if self.maybe(0.4):
            version = [self.random.choice(["--version", "--ver"]), self.version(what, name, 0.25)]
        bumps = self.flags(bump_major=0.08, bump_minor=0.08, bump_patch=0.08)
        return ["register", *self.shuffled(place, version, bumps, self.manner())]

    def assign(self, what: Held) -> list[str]:
        name = self.name(what, 0.9)
        place = [name]
        version: list[str] = []
        form = self.random.random()
        if form < 0.5:
            version = ["--version", self.version(what, name, 0.85)]
        elif form < 0.75:
            place += [self.ref(what)]
        elif form < 0.9:
            place += [self.ref(what)]
            version = ["--version", self.version(what, name, 0.2)]
        stage = ["--stage", self.stage(what, name, 0.6)] if not self.maybe(0.02) else []
        skip = [self.random.choice(["--sr", "--skip-registration"])] if self.maybe(0.12) else []
        command = "promote" if self.maybe(0.1) else "assign"
        return [command, *self.shuffled(place, version, stage, skip, self.manner())]

    def deprecate(self, what: Held) -> list[str]:
        name = self.name(what, 0.95)
        place = [name]
        form = self.random.random()
        if form < 0.75:
            place += [self.version(what, name, 0.92)]
        if form < 0.45:
            place += [self.stage(what, name, 0.92)]
        ref = ["--ref", self.ref(what)] if self.maybe(0.25 if form >= 0.75 else 0.04) else []
        delete = [self.random.choice(["-d", "--delete"])] if self.maybe(0.2) else []
        return ["deprecate", *self.shuffled(place, ref, delete, self.manner())]

    def show(self, what: Held) -> list[str]:
        place = []
        if self.maybe(0.6):
            name = self.name(what, 0.95)
            place = [name + self.selector(what, name)]
        output = self.flags(json=0.3, plain=0.12, name=0.07, version=0.1, stage=0.07, ref=0.1)
        if len(output) > 1 and self.maybe(0.85):
            output = output[:1]
        choice = self.flags(registered_only=0.06, ro=0.06, deprecated=0.1) + (["-d"] if self.maybe(0.15) else [])
        numbers = self.numbers("av", "assignments-per-version") + self.numbers("vs", "versions-per-stage")
        sort = ["--sort", self.pick(["timestamp", "semver"], ["name", ""])] if self.maybe(0.3) else []
        return ["show", *self.shuffled(place, output, choice, numbers, sort)]

    def numbers(self, *names: str) -> list[str]:
        if not self.maybe(0.3):
            return []
        return [f"--{self.random.choice(names)}", self.pick(["-1", "0", "1", "2", "3"], ["-2", "many"])]

    def selector(self, what: Held, name: str) -> str:
        form = self.random.random()
        if form < 0.4:
            return ""
        if form < 0.6:
            return self.random.choice(["@latest", "@greatest"])
        if form < 0.8:
            return f"@{self.version(what, name, 0.85)}"
        return f"#{self.stage(what, name, 0.85)}"

    def history(self, what: Held) -> list[str]:
        place = [self.name(what)] if self.maybe(0.5) else []
        return ["history", *self.shuffled(place, self.flags(json=0.4, plain=0.2), self.flags(asc=0.2, ascending=0.2))]

    def check_ref(self, what: Held) -> list[str]:
        ref = self.pick(what.tags or ("none@v1.0.0",), ["HEAD", "nope", "churn@v9.9.9", "refs/heads/main", "notes", ""])
        place = [f"refs/tags/{ref}" if self.maybe(0.25) else ref]
        output = self.flags(json=0.3, name=0.12, version=0.15, event=0.12, stage=0.15)
        return ["check-ref", *self.shuffled(place, output if self.maybe(0.1) else output[:1])]

    def stages(self, what: Held) -> list[str]:  # noqa: ARG002 - as the others
        return ["stages", *self.flags(allowed=0.3, used=0.3, json=0.4)]

    def parse_tag(self, what: Held) -> list[str]:
        strange = [
            "x",
            "a@v1.0.0",
            "d=a#s!#12",
            "a@created",
            "a@deprecated#3",
            "a@v1",
            "a#s-1",
            "a@!v1.0.0",
            "a=b=c@v1.0.0",
        ]
        tag = self.random.choice(what.tags) if what.tags and self.maybe(0.6) else self.random.choice(strange)
        keys = ["name", "version", "stage", "action", "counter"]
        key = ["--key", self.pick(keys, ["other", ""])] if self.maybe(0.4) else []
        return ["parse-tag", *self.shuffled([tag], key)]

    def print_state(self, what: Held) -> list[str]:  # noqa: ARG002 - as the others
        return ["print-state"]

    def other(self, what: Held) -> list[str]:  # noqa: ARG002 - as the others
        lines = [
            ["nothing"],
            ["show", "--bogus"],
            ["register"],
            ["assign", "churn"],
            ["history", "a", "b"],
            ["show", "-r", "none"],
        ]
        return self.random.choice(lines)
