"""The form of an action: its fields with what can be chosen, what would be written, and what speaks for and against."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from gto.catalog.repositories import CatalogRepository
from gto.core import plan
from gto.core.semver import FIRST, Bump
from gto.core.snapshot import ArtifactState
from gto.core.view import version_key
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
from gto.git import tag_writer
from gto.registry.registry import Registry
from gto.registry.remote_check import has_remote
from gto.registry.write.transaction import digest_of
from gto.studio.actions import perform
from gto.studio.actions.action import OfferedAction
from gto.studio.actions.checks import FormCheck, commit_checks, policy_checks
from gto.studio.actions.commit_list import CommitList, CommitRow, read_commit, read_commits
from gto.studio.actions.wish import Wish, command_of
from gto.studio.index.history_lines import HistoryLine, history_lines
from gto.studio.words import short

_FIRSTS = (FIRST, "v0.1.0", "v1.0.0")
_MOST_CHOICES = 1000  # of one field
_LATE = 1 << 40  # a clock after every event
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


class FieldChoice(NamedTuple):
    """One value that a field can take."""

    value: str
    label: str
    note: str = ""


class Trouble(NamedTuple):
    """What is wrong with a field; with the form as a whole, where it names none."""

    field: str
    message: str
    hint: str


class Choices(NamedTuple):
    """What the fields of a form can take."""

    commits: CommitList | None = None
    numbers: tuple[FieldChoice, ...] = ()
    """Version numbers that fit."""
    versions: tuple[FieldChoice, ...] = ()
    lower: int = 0
    """How many versions are not offered: the page of the artifact leads to them."""
    stages: tuple[str, ...] = ()
    any_stage: bool = True
    """Whether other stages may be named too."""
    standing: tuple[FieldChoice, ...] = ()
    """Versions in stages."""


class Will(NamedTuple):
    """What would be written."""

    refs: tuple[str, ...]
    commit: CommitRow
    author: str
    notes: tuple[str, ...]
    signed: bool
    key: str


class ActionForm(NamedTuple):
    """All that the page of an action shows."""

    action: OfferedAction
    repo: str
    wish: Wish
    choices: Choices
    command: str
    will: Will | None
    checks: tuple[FormCheck, ...]
    trouble: Trouble | None
    news: tuple[HistoryLine, ...]
    """What somebody else did since the form was made, the newest first."""
    made_for: str
    last: str
    is_remote: bool
    has_origin: bool

    @property
    def name(self) -> str:
        """The artifact."""
        return self.wish.name

    @property
    def is_other(self) -> bool:
        """Whether the version is one of the writer's own."""
        return self.wish.version not in {one.value for one in self.choices.numbers}

    def wrong(self, field: str) -> Trouble | None:
        """Return what is wrong with a field."""
        return self.trouble if self.trouble and self.trouble.field == field else None

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        will = self.will
        return {
            "action": self.action.word,
            "repo": self.repo,
            "artifact": self.name,
            "command": self.command,
            "tags": list(will.refs) if will else [],
            "commit": will.commit.oid if will else None,
            "signed": will.signed if will else None,
            "pushed": self.wish.push,
            "checks": [one._asdict() for one in self.checks],
            "error": self.trouble._asdict() if self.trouble else None,
            "news": [line.as_dict() for line in self.news],
            "made_for": self.made_for,
            "last": self.last,
        }


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


def read_form(registry: Registry, asked: ActionRequest) -> ActionForm:
    """Read the repository, and make the form of an action on it; nothing is written."""
    found = registry.read_artifact(asked.wish.name)
    state, before = found.state, asked.wish
    choices = _choices(registry, state, asked)
    is_remote = asked.place.is_remote
    has_origin = is_remote or has_remote(registry)
    wish = before._replace(push=is_remote or (before.push and has_origin))  # a URL has no other place to write to
    wish = _with_usual(wish, asked.action, choices)
    will, trouble = _decide(registry, wish, choices, asked)
    checks: list[FormCheck] = []
    if will is not None:
        with suppress(GTOException):  # what is wrong is said beside the field
            checks += policy_checks(registry, wish)
        checks += commit_checks(registry, wish, choices.commits) if choices.commits else ()
        checks += (FormCheck("dim", note) for note in will.notes)
    return ActionForm(
        asked.action, asked.place.name, wish, choices, command_of(wish, asked.place), will, tuple(checks), trouble,
        tuple(_news(state, before.last) if before.made_for else ()), digest_of(found.tags),
        state.newest.ref if state.newest else "", is_remote, has_origin,
    )  # fmt: skip


def _choices(registry: Registry, state: ArtifactState, asked: ActionRequest) -> Choices:
    fields = asked.action.fields
    wanted = asked.wish.commit
    commits = read_commits(registry, state, asked.branch, asked.text, wanted) if "commit" in fields else None
    allowed = registry.config.stages
    used = {stage.stage for version in state.versions for stage in version.stages}
    known = sorted((one for one in state.versions if one.is_active), key=lambda one: version_key(one.name))[::-1]
    row = commits.find(wanted or commits.suggest()) if commits else None
    return Choices(
        commits,
        tuple(_numbers(state, row)) if "number" in fields else (),
        tuple(FieldChoice(one.name, short(one.name)) for one in known[:_MOST_CHOICES]),
        max(0, len(known) - _MOST_CHOICES),
        tuple(allowed if allowed is not None else dict.fromkeys([*asked.stages, *sorted(used)])),
        allowed is None,
        tuple(islice(_standing(state, fields), _MOST_CHOICES)),
    )


def _standing(state: ArtifactState, fields: Sequence[str]) -> Iterator[FieldChoice]:
    """Yield the versions in stages; of each stage the one that it shows, where a stage is to be chosen."""
    seen: set[str] = set()
    for one in state.standing:  # the newest assignment first
        if "held" not in fields or one.stage not in seen:
            seen.add(one.stage)
            yield FieldChoice(f"{one.version} {one.stage}", short(one.version), one.stage)


def _numbers(state: ArtifactState, row: CommitRow | None) -> Iterator[FieldChoice]:
    """Yield the versions that may be registered next: of a commit whose version was taken back that one."""
    if row is not None and row.version and not row.is_taken:
        yield FieldChoice(row.version, "Again")
        return
    used = {one.name for one in state.versions}
    for bump, first in zip((Bump.PATCH, Bump.MINOR, Bump.MAJOR), _FIRSTS, strict=True):
        if state.latest is not None:
            wish = plan.Registration("", None, bump)
            yield FieldChoice(
                plan.register(plan.Context(state, (), _LATE), wish).create[0].version or "", bump.value.title()
            )
        elif first not in used:
            yield FieldChoice(first, bump.value.title())
    if state.latest is None and used >= set(_FIRSTS):
        yield FieldChoice("v2.0.0", "Major")


def _with_usual(wish: Wish, action: OfferedAction, choices: Choices) -> Wish:
    """Fill in what nobody chose yet."""
    fields = action.fields
    if choices.commits is not None and not wish.commit and not wish.was_sent:
        wish = wish._replace(commit=choices.commits.suggest())
    if choices.commits is not None and (row := choices.commits.find(wish.commit)):
        wish = wish._replace(commit=row.short)
    if "number" in fields and not wish.version and not wish.was_sent:
        wish = wish._replace(version=choices.numbers[0].value)
    if "version" in fields and not wish.version and choices.versions:
        wish = wish._replace(version=choices.versions[0].value)
    if "standing" in fields and not wish.stage and choices.standing:
        version, _, stage = choices.standing[0].value.partition(" ")
        wish = wish._replace(version=version, stage=stage)
    if "held" in fields and not wish.stage and choices.standing:
        wish = wish._replace(stage=choices.standing[0].note)
    return wish


def _decide(
    registry: Registry, wish: Wish, choices: Choices, asked: ActionRequest
) -> tuple[Will | None, Trouble | None]:
    """Return what would be written, and what is wrong."""
    error = asked.error
    trouble = trouble_of(error, wish) if error else None
    if not wish.stage and {"stage", "held", "standing"} & set(asked.action.fields):
        return None, trouble  # nobody chose yet
    try:
        perform.require(asked.action, wish)
        there = perform.at_commit(registry, wish.commit) if wish.commit else registry
        done = perform.perform(there, wish, perform.write_options(wish, dry_run=True))
        who = tag_writer.read_identity(registry.repo.writer)
    except GTOException as found:
        return None, trouble or trouble_of(found, wish)
    row = choices.commits.find(wish.commit) if choices.commits else None
    row = row or read_commit(registry.git, done.commit)
    key = dict(who.config).get("user.signingkey", "")
    return Will(done.refs, row, who.name, done.notes, done.signed, key), trouble


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


def _news(state: ArtifactState, last: str) -> Sequence[HistoryLine]:
    """Return the events after one, the newest first; none where it is gone."""
    refs = [one.ref for one in reversed(state.events)]
    if not last:
        return history_lines(state)
    return history_lines(state, most=refs.index(last)) if last in refs else ()
