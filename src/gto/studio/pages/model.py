"""`/m/REPO/NAME`: one artifact: its stages over time, its versions, one of them in full, and what happened."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from gto.core.dates import parse_date
from gto.core.snapshot import ArtifactState
from gto.core.view import Choice, journal, versions
from gto.exceptions import ArtifactNotFound
from gto.output.published import Published, history_line, published
from gto.registry.signatures import under_artifact
from gto.studio.addresses import artifact_url, count_pages, read_number, sides_url, url
from gto.studio.context import StudioContext, context_of, own_address
from gto.studio.draw import lanes
from gto.studio.draw.lanes import Lane, StageLanes
from gto.studio.forge import WebPlace
from gto.studio.index import event_list, events, list_counts, lookup
from gto.studio.index.artifact_row import ArtifactRow
from gto.studio.index.database import kept
from gto.studio.index.deployments import DeployedTarget, find_targets_of
from gto.studio.index.event_list import EventQuery
from gto.studio.index.events import StageCell, shown_cells
from gto.studio.index.history_lines import HistoryLine
from gto.studio.index.lookup import FoundProblem, FoundRepository
from gto.studio.index.verdicts import EventVerdict, Verdicts, find_verdicts, speaks
from gto.studio.pages import promotions
from gto.studio.pages.promotions import Promotion
from gto.studio.pages.version_detail import (
    DetailRequest,
    KnownFacts,
    VersionFacts,
    VersionPair,
    find_pair,
    holders_of,
    read_facts,
    up_to,
)
from gto.studio.pages.version_lines import METRICS, MOST_METRICS, VersionLine, line_of, metric_names, newest_commits
from gto.studio.respond import respond

router = APIRouter()

PAGE = 25
_EVENTS = 8
_PUBLISHED = 100  # events in the JSON: its history has them all
_MOST_NAMES = 100


class ModelPage(NamedTuple):
    """All that the page of an artifact shows."""

    row: ArtifactRow
    until: str
    """The date as of which the artifact is shown; empty for now."""
    stages: tuple[str, ...]
    lanes: StageLanes | None
    metrics: tuple[str, ...]
    """The columns of the table."""
    names: tuple[str, ...]
    """All metrics, of which columns can be chosen."""
    lines: tuple[VersionLine, ...]
    total: int
    number: int
    """Of the page of versions, from 1."""
    chosen: VersionFacts | None
    standing: tuple[tuple[str, StageCell], ...]
    history: tuple[HistoryLine, ...]
    events: int
    problems: tuple[FoundProblem, ...]
    verdicts: Verdicts
    """Of the events that are published."""
    published: tuple[Published, ...]
    """The newest events as `gto history NAME --json` prints them."""
    chosen_metrics: tuple[str, ...]
    """Those that the address names; empty for the usual ones."""
    repo_error: str | None = None
    """Why the repository cannot be read any more; what is shown was read before."""
    web: WebPlace | None = None
    """The repository on a forge."""
    promotion: Promotion | None = None
    """What the policy says of the chosen version and its next stage; None without a policy."""
    targets: tuple[DeployedTarget, ...] = ()
    """Where it is deployed; empty where the page shows what was."""

    @property
    def pages(self) -> int:
        """How many pages of versions there are."""
        return count_pages(self.total, PAGE)

    def link(self, **changes: object) -> str:
        """Return the address of this page with something changed."""
        return url(artifact_url(self.row.repo, self.row.name), **{**self.here, **changes})

    @property
    def here(self) -> dict[str, object]:
        """What the address of this page asks for."""
        chosen = self.chosen
        return {
            "at": self.until,
            "version": chosen.version if chosen and not chosen.is_default else "",
            "page": self.number if self.number > 1 else "",
            "metrics": self.chosen_metrics,
            "params": chosen.asked if chosen else (),
            "baseline": chosen.baseline if chosen and chosen.is_baseline_asked else "",
        }

    @property
    def compare_link(self) -> str:
        """The address of the comparison of the chosen version with what it is compared with here."""
        if self.chosen is None or not self.chosen.baseline:
            return ""
        names = [self.chosen.version, self.chosen.baseline]
        return sides_url(self.row.repo, self.row.name, "compare", names, baseline=names[1])

    @property
    def tag(self) -> str:
        """The tag that registers the chosen version; empty where none does."""
        name = self.chosen.version if self.chosen else ""
        return next((one.ref for one in self.lines if one.name == name and one.ref), "")

    @property
    def proof(self) -> EventVerdict | None:
        """What speaks for the chosen version."""
        return next((one.proof for one in self.lines if self.chosen and one.name == self.chosen.version), None)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            **self.row.as_dict(self.stages),
            "as_of": self.until or None,
            "web": self.web.home if self.web else None,
            "total": self.total,
            "versions": [
                dict(
                    line._asdict(),
                    metrics=dict(zip(self.metrics, line.metrics, strict=True)),
                    proof=line.proof and line.proof.as_dict(),
                )
                for line in self.lines
            ],
            "version": self.row.latest,
            "chosen": self.chosen.as_dict() if self.chosen else None,
            "targets": [one._asdict() for one in self.targets],
            "may": self.promotion.as_dict() if self.promotion else None,
            "events": list(self.published),
            "signatures": {
                ref: {**one.as_dict(), "refusal": one.refusal, "was_fine": one.was_fine}
                for ref, one in self.verdicts.items()
            },
            "problems": [one._asdict() for one in self.problems],
        }


@router.get("/m/{repo}/{name:path}", include_in_schema=False)
def model(request: Request, repo: str, name: str) -> Response:
    """Answer the page of an artifact."""
    return respond(request, "model.html", read(request, repo, name.removesuffix(".json")))


def read(request: Request, repo: str, name: str) -> ModelPage:
    """Read what the address asks for from the index."""
    given = request.query_params
    until = parse_date(given["at"], end=True) if given.get("at") else None
    studio = context_of(request)
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, repo)
        found = found if studio.runs_all else found.without_paths()
        row = lookup.find_artifact(connection, found, name)
        state = events.artifact_state(connection, found.id, name, until)
        if until is not None and state.newest is None:
            raise ArtifactNotFound(f"{name}' as of '{given['at']}")
        verdicts = find_verdicts(connection, found.id, name)
        problems = lookup.find_problems(connection, found, name)
        happened = event_list.find(connection, EventQuery(repo, name, until=until, limit=_EVENTS))
        targets = find_targets_of(connection, found.id, name)
        stages = kept(connection, list_counts.stages)
        every = versions(state, Choice(deprecated=True))
        number = read_number(given)
        shown = every[(number - 1) * PAGE : number * PAGE]
        holders = holders_of(state, stages)
        pair = find_pair(state, given.get("version", ""), given.get("baseline", ""), holders)
        known = _known(connection, found, state, pair, [row.version.commit for row in shown])
    now = studio.settings.now or int(time.time())
    asked = tuple(given.getlist("metrics")[:MOST_METRICS])
    names = metric_names([*([pair.version.commit] if pair else []), *newest_commits(state)], known.heads)
    columns = asked or names[:METRICS]
    newest = journal(state)[: -_PUBLISHED - 1 : -1]
    wish = DetailRequest(given, own_address(request), studio.team is not None)
    chosen = read_facts(state, pair, known, found, holders, wish) if pair else None
    page = ModelPage(
        row, given.get("at", ""), stages, lanes.draw(lanes_of(state, stages), until or now), columns,
        names[:_MOST_NAMES], tuple(line_of(one, known.heads, columns, verdicts) for one in shown), len(every), number,
        chosen, standing_of(state, stages), tuple(one.line for one in happened.lines), happened.total,
        tuple(_told(one, studio) for one in unique_problems(problems, chosen)),
        {ref: verdicts[ref] for one in newest if (ref := one.event.ref) in verdicts},
        tuple(history_line(published(one.event, one.version)) for one in newest), asked,
        found.error, found.web,
    )  # fmt: skip
    if until is not None:
        return page._replace(row=_row_as_of(row, state, verdicts))
    asked_of = promotions.read(request, found, state, chosen, given.get("may", ""))
    return page._replace(promotion=asked_of, targets=targets)


def _told(one: FoundProblem, studio: StudioContext) -> FoundProblem:
    return one._replace(reason=studio.told(one.reason), hint=studio.told(one.hint))


def unique_problems(found: Sequence[FoundProblem], chosen: VersionFacts | None) -> tuple[FoundProblem, ...]:
    """Return what was set aside among tags and files, and what the facts of the chosen version lack, each once."""
    said = chosen.facts.get("problems") if chosen and chosen.facts else None
    lacking = [FoundProblem(**one) for one in said] if isinstance(said, list) else []
    return tuple({(one.code, one.subject, one.reason): one for one in (*found, *lacking)}.values())


def _known(
    connection: Connection,
    found: FoundRepository,
    state: ArtifactState,
    pair: VersionPair | None,
    commits: Sequence[str],
) -> KnownFacts:
    """Read what is shown: all facts of the chosen version and its baseline, of the others what their lines have."""
    heads = [*commits, *newest_commits(state)]
    if pair is None:
        return KnownFacts({}, lookup.heads_of(connection, found, state.name, heads), (), lookup.FoundFiles([], "", ""))
    trend = up_to(state, pair.version)
    heads += [pair.version.commit, *(one.commit for one in trend)]
    both = [one.commit for one in (pair.version, pair.baseline) if one is not None]
    return KnownFacts(
        lookup.facts_of(connection, found, state.name, both),
        lookup.heads_of(connection, found, state.name, heads),
        trend,
        lookup.files_of(connection, found, state.name, pair.version.commit),
    )


def lanes_of(state: ArtifactState, stages: Sequence[str]) -> list[Lane]:
    """Return the lanes, the last stage at the top."""
    return lanes.lanes_of(state, stages)[::-1]


def standing_of(state: ArtifactState, stages: Sequence[str]) -> tuple[tuple[str, StageCell], ...]:
    """Return the version that each stage shows, the last stage first."""
    cells = shown_cells(state)
    return tuple((stage, cells[stage]) for stage in reversed(stages) if stage in cells)


def _row_as_of(row: ArtifactRow, state: ArtifactState, verdicts: Verdicts) -> ArtifactRow:
    latest = state.latest
    born = latest.registrations[-1] if latest and latest.registrations else None
    proof = speaks(under_artifact(state), verdicts)
    return row._replace(
        is_active=state.is_active,
        latest=latest.name if latest else None,
        latest_commit=latest.commit if latest else None,
        latest_at=born.time if born else None,
        latest_by=born.author if born else None,
        changed_at=state.events[-1].time,
        versions=sum(one.is_registered and one.is_active for one in state.versions),
        metric=None,  # what is known is of the version that is the latest one now, as are model and size
        model=None,
        size=None,
        stages=shown_cells(state),
        verdict=proof and proof.verdict,
        signer=proof and proof.signer,
        fingerprint=proof and proof.key,
        reason=proof and proof.reason,
        refused=sum(bool(verdicts[one.ref].refusal) for one in state.events if one.ref in verdicts),
        against=sum(verdicts[one.ref].is_against for one in state.events if one.ref in verdicts),
    )
