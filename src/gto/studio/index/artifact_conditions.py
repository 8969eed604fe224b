"""What the list of artifacts is asked for, in the query language and by its filters, as conditions of SQL."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select, tuple_, union

from gto.core.tag_signature import Trust
from gto.exceptions import UsageError
from gto.studio.index.latest_model import IS_STALE, RUNS_CODE, has_framework
from gto.studio.index.query import Term
from gto.studio.index.schema import artifact, card, fact, label, metric, repository, standing

SORTS = ("changed", "name", "repo", "latest", "staged", "metric", "versions", "problems", "framework", "size")
"""What the list can be sorted by; the first is the usual one."""

_MOST_TERMS = 300  # of one query: databases read no conditions that are nested more than so often
_COMPARE = {">": "__gt__", ">=": "__ge__", "<": "__lt__", "<=": "__le__", "=": "__eq__", "!=": "__ne__"}


class ListQuery(NamedTuple):
    """Which artifacts are wanted, and in which order."""

    terms: tuple[Term, ...] = ()
    """All of them must fit."""
    filters: tuple[tuple[Term, ...], ...] = ()
    """Of each of these one must fit."""
    deprecated: bool = False
    """Whether deprecated ones count too."""
    sort: str = SORTS[0]
    is_ascending: bool = False
    after: tuple[int, str] | None = None
    """The number of a repository and a name: in the order of these, artifacts behind them are wanted."""
    limit: int = 50
    offset: int = 0
    only: tuple[tuple[str, str], ...] = ()
    """Repository and name of the artifacts that count, deprecated ones too; none for all."""


class _Stages(NamedTuple):
    """What conditions have to know of stages."""

    asked: Sequence[str]
    """Those that the query names."""
    known: Sequence[str]
    """All that there are."""


def narrow(
    chosen: Select[*tuple[Any, ...]], wanted: ListQuery, known_stages: Sequence[str]
) -> Select[*tuple[Any, ...]]:
    """Add to a query what the list is asked for; `known_stages` are all that artifacts are in."""
    every = [*wanted.terms, *(term for group in wanted.filters for term in group)]
    if len(every) > _MOST_TERMS:
        raise UsageError(f"A list is asked for by at most {_MOST_TERMS} words and filters", "leave some of them out")
    asked = [term.value for term in every if term.key == "stage" and not term.is_not]
    stages = _Stages(asked, known_stages)
    conditions = [_condition(term, stages) for term in wanted.terms]
    conditions += [or_(*(_condition(term, stages) for term in group)) for group in wanted.filters if group]
    asks_for_old = any(term.key == "is" and term.value == "deprecated" for term in every) or wanted.only
    if wanted.only:
        conditions.append(tuple_(repository.c.name, artifact.c.name).in_(wanted.only))
    if not wanted.deprecated and not asks_for_old:
        conditions.append(artifact.c.is_active)
    return chosen.where(*conditions)


def _condition(term: Term, stages: _Stages) -> ColumnElement[bool]:
    found = _positive(term, stages)
    return not_(found) if term.is_not else found


def _positive(term: Term, stages: _Stages) -> ColumnElement[bool]:
    if term.key == "metric":
        return _metric(term, stages.asked)
    if term.key == "text":
        return _has_text(term.value, stages.known)
    return _CONDITIONS[term.key](term.value)


def holds(folded: ColumnElement[str], value: str) -> ColumnElement[bool]:
    """Tell whether a folded text holds another one, in small or capital letters."""
    text = func.coalesce(folded, "") if getattr(folded, "nullable", True) else folded
    return text.contains(value.casefold(), autoescape=True)


# Made once: that costs more than to ask.
_IN_STAGE = select(standing.c.artifact_id).where(standing.c.place == 0)
_SEARCHED, _DESCRIBED = artifact.alias(), artifact.alias()
_FOUND = select(_SEARCHED.c.id)
_OF_LATEST = select(_DESCRIBED.c.id).where(
    fact.c.repository_id == _DESCRIBED.c.repository_id,
    fact.c.artifact == _DESCRIBED.c.name,
    fact.c.commit == _DESCRIBED.c.latest_commit,
)
_CARD, _OF_FACT = select(card.c.repository_id, card.c.oid), tuple_(fact.c.repository_id, fact.c.card)
_NAME = func.lower(artifact.c.name)  # its letters, and those of stages, are those of ASCII


def _has_text(value: str, stages: Sequence[str]) -> ColumnElement[bool]:
    """Tell whether name, annotation, a stage or the card of the latest version hold a text, as `gto search` has it."""
    named = [stage for stage in stages if value.casefold() in stage.lower()]  # few: no need to look at each artifact
    cards = _OF_FACT.in_(_CARD.where(holds(card.c.folded_text, value)))  # each is looked through once, whoever has it
    found = [_FOUND.where(holds(_SEARCHED.c.search, value)), _OF_LATEST.where(cards)]
    if named:
        found.append(_IN_STAGE.where(standing.c.stage.in_(named)))
    return artifact.c.id.in_(union(*found))  # no `OR`, which would have each artifact looked at


_CONDITIONS: Mapping[str, Callable[[str], ColumnElement[bool]]] = {
    "repo": lambda value: repository.c.name == value,
    "stage": lambda value: exists().where(standing.c.artifact_id == artifact.c.id, standing.c.stage == value),
    "label": lambda value: exists().where(label.c.artifact_id == artifact.c.id, label.c.label == value),
    "type": lambda value: func.coalesce(artifact.c.type, "") == value,
    "framework": has_framework,
    "author": lambda value: holds(artifact.c.folded_latest_by, value),
    "name": lambda value: holds(_NAME, value),
    "is": lambda value: _STATES[value],
}


IS_BROKEN = or_(artifact.c.problems > 0, artifact.c.against > 0)
"""What is red under Health: what a page names as a problem, or events that the policy refuses."""

_STATES: Mapping[str, ColumnElement[bool]] = {
    "active": artifact.c.is_active,
    "deprecated": not_(artifact.c.is_active),
    "unregistered": artifact.c.versions == 0,
    "behind": artifact.c.behind > 0,
    "broken": IS_BROKEN,
    "out-of-sync": artifact.c.out_of_sync > 0,
    "staged": exists().where(standing.c.artifact_id == artifact.c.id),
    "signed": func.coalesce(artifact.c.verdict, "") == Trust.GOOD.value,
    "unsigned": and_(artifact.c.is_known, func.coalesce(artifact.c.verdict, "") != Trust.GOOD.value),  # proves nothing
    "refused": artifact.c.against > 0,
    "code": RUNS_CODE,
    "stale": IS_STALE,
}


def _metric(term: Term, stages: Sequence[str]) -> ColumnElement[bool]:
    """A metric counts in the versions of the stages that the query names; without any, in the latest version."""
    if stages:
        held = and_(standing.c.artifact_id == artifact.c.id, standing.c.stage.in_(stages), standing.c.place == 0)
        commits = or_(metric.c.commit.in_(select(standing.c.commit).where(held).correlate(artifact)))
    else:
        commits = metric.c.commit == artifact.c.latest_commit
    named = term.value.casefold()
    same_key = or_(metric.c.name == named, metric.c.folded_key == named)
    fits = getattr(metric.c.value, _COMPARE[term.operator])(term.number)
    same = and_(metric.c.repository_id == artifact.c.repository_id, metric.c.artifact == artifact.c.name)
    return exists().where(same, commits, same_key, fits)
