"""What the fields of a form can take, and what they hold where nobody chose yet."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from gto.core import plan
from gto.core.semver import FIRST, Bump
from gto.core.snapshot import ArtifactState
from gto.core.view import version_key
from gto.registry.registry import Registry
from gto.studio.actions.action import OfferedAction
from gto.studio.actions.commit_list import CommitList, CommitRow, read_commits
from gto.studio.actions.wish import ActionRequest, Wish
from gto.studio.words import short

_FIRSTS = (FIRST, "v0.1.0", "v1.0.0")
_MOST_CHOICES = 1000  # of one field
_LATE = 1 << 40  # a clock after every event


class FieldChoice(NamedTuple):
    """One value that a field can take."""

    value: str
    label: str
    note: str = ""


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


def read_choices(registry: Registry, state: ArtifactState, asked: ActionRequest) -> Choices:
    """Return what the fields can take, as the repository is now."""
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


def with_usual(wish: Wish, action: OfferedAction, choices: Choices) -> Wish:
    """Fill in what nobody chose yet; what somebody left out who sent the form is not chosen for them."""
    fields = action.fields
    if choices.commits is not None and not wish.commit and not wish.was_sent:
        wish = wish._replace(commit=choices.commits.suggest())
    if choices.commits is not None and (row := choices.commits.find(wish.commit)):
        wish = wish._replace(commit=row.short)
    if wish.was_sent:
        return wish
    if "number" in fields and not wish.version:
        wish = wish._replace(version=choices.numbers[0].value)
    if "version" in fields and not wish.version and choices.versions:
        wish = wish._replace(version=choices.versions[0].value)
    if "held" in fields and not wish.stage and choices.standing:
        wish = wish._replace(stage=choices.standing[0].note)
    if "standing" in fields and not wish.stage:
        pairs = (one.value.split(" ") for one in choices.standing)
        version, stage = next((pair for pair in pairs if wish.version in {"", pair[0]}), ("", ""))
        wish = wish._replace(version=version, stage=stage)
    return wish
