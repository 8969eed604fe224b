"""`/m/REPO/NAME`: one artifact: its stages over time, its versions, one of them in full, and what happened."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.core.dates import parse_date
from gto.core.snapshot import ArtifactState
from gto.core.view import Choice, VersionRow, journal, versions
from gto.exceptions import ArtifactNotFound
from gto.output.published import Published, history_line, published
from gto.registry.signatures import under_artifact, under_version
from gto.studio.context import context_of
from gto.studio.draw import lanes
from gto.studio.draw.lanes import Lane, Lanes
from gto.studio.index import artifacts, events, lookup
from gto.studio.index.artifacts import ArtifactRow, StageCell
from gto.studio.index.history_lines import HistoryLine, history_lines
from gto.studio.index.lookup import FoundProblem
from gto.studio.index.verdicts import EventVerdict, Verdicts, find_verdicts, speaks
from gto.studio.pages import promotions
from gto.studio.pages.models import read_number
from gto.studio.pages.promotions import Promotion
from gto.studio.pages.version_facts import VersionFacts, read_facts
from gto.studio.respond import artifact_url, respond, url
from gto.studio.sync.tags import standing_rows

router = APIRouter()

PAGE = 25
_EVENTS = 8
_METRICS = 5


class VersionLine(NamedTuple):
    """One version of the table."""

    name: str
    commit: str
    ref: str | None
    """Of its registration; None for a commit that only has stages."""
    time: int
    author: str
    message: str
    """The tag's message; without one the commit's subject."""
    is_active: bool
    stages: tuple[str, ...]
    metrics: tuple[float | str | None, ...]
    proof: EventVerdict | None
    """What speaks for the events that made it, and put it into its stages."""

    @property
    def short(self) -> str:
        """The name, a hash cut short."""
        return self.name if self.ref else self.name[:7]


class ModelPage(NamedTuple):
    """All that the page of an artifact shows."""

    row: ArtifactRow
    until: str
    """The date as of which the artifact is shown; empty for now."""
    stages: tuple[str, ...]
    lanes: Lanes | None
    metrics: tuple[str, ...]
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
    published: tuple[Published, ...]
    """The events as `gto history NAME --json` prints them, the newest first."""
    repo_error: str | None = None
    """Why the repository cannot be read any more; what is shown was read before."""
    promotion: Promotion | None = None
    """What the policy says of the chosen version and its next stage; None without a policy."""

    @property
    def pages(self) -> int:
        """How many pages of versions there are."""
        return max(1, -(-self.total // PAGE))

    def link(self, **changes: object) -> str:
        """Return the address of this page with something changed."""
        version = self.chosen.version if self.chosen and not self.chosen.is_default else ""
        here = {"at": self.until, "version": version, "page": self.number if self.number > 1 else ""}
        return url(artifact_url(self.row.repo, self.row.name), **{**here, **changes})

    @property
    def proof(self) -> EventVerdict | None:
        """What speaks for the chosen version."""
        return next((one.proof for one in self.lines if self.chosen and one.name == self.chosen.version), None)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            **self.row.as_dict(self.stages),
            "as_of": self.until or None,
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
            "may": self.promotion.as_dict() if self.promotion else None,
            "events": list(self.published),
            "signatures": {ref: {**one.as_dict(), "refusal": one.refusal} for ref, one in self.verdicts.items()},
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
        row = lookup.find_artifact(connection, found, name)
        state = events.artifact_state(connection, found.id, name, until)
        if until is not None and state.newest is None:
            raise ArtifactNotFound(f"{name}' as of '{given['at']}")
        facts = lookup.find_facts(connection, found, name)
        verdicts = find_verdicts(connection, found.id, name)
        problems = lookup.find_problems(connection, found, name)
        stages = artifacts.stages(connection)
    now = studio.settings.now or int(time.time())
    columns = metric_columns(state, facts)
    every = versions(state, Choice(deprecated=True))
    number = read_number(given.get("page", ""), 1)
    shown = every[(number - 1) * PAGE : number * PAGE]
    lines = tuple(_line(one, facts, columns, verdicts) for one in shown)
    lines_of = history_lines(state, verdicts)
    drawn = lanes.draw(lanes_of(state, stages), until or now)
    chosen = read_facts(state, facts, given.get("version", ""), found, stages)
    told = [history_line(published(line.event, line.version)) for line in reversed(journal(state))]
    page = ModelPage(
        row, given.get("at", ""), stages, drawn, columns, lines, len(every), number, chosen, standing_of(state, stages),
        tuple(lines_of[:_EVENTS]), len(lines_of), unique_problems(problems, chosen), verdicts, tuple(told), found.error,
    )  # fmt: skip
    if until is not None:
        return page._replace(row=_row_as_of(row, state, verdicts))
    return page._replace(promotion=promotions.read(request, found, state, chosen, given.get("may", "")))


def unique_problems(found: Sequence[FoundProblem], chosen: VersionFacts | None) -> tuple[FoundProblem, ...]:
    """Return what was set aside among tags and files, and what the facts of the chosen version lack, each once."""
    said = chosen.facts.get("problems") if chosen and chosen.facts else None
    lacking = [FoundProblem(**one) for one in said] if isinstance(said, list) else []
    return tuple({(one.code, one.subject, one.reason): one for one in (*found, *lacking)}.values())


def lanes_of(state: ArtifactState, stages: Sequence[str]) -> list[Lane]:
    """Return the lanes, the last stage at the top."""
    return lanes.lanes_of(state, stages)[::-1]


def standing_of(state: ArtifactState, stages: Sequence[str]) -> tuple[tuple[str, StageCell], ...]:
    """Return the version that each stage shows, the last stage first."""
    cells = {
        one.stage: StageCell(one.version, one.commit, one.ref, one.time, one.author, one.behind)
        for one in standing_rows(state)
        if one.place == 0
    }
    return tuple((stage, cells[stage]) for stage in reversed(stages) if stage in cells)


def metric_columns(state: ArtifactState, facts: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    """Return the metrics that the table of versions shows: the first of the newest version that has any."""
    ranked = sorted(state.versions, key=lambda one: one.events[-1].key if one.events else (0, 0, 0, ""), reverse=True)
    for version in ranked:
        keys = list(flat_metrics(facts.get(version.commit)))
        if keys:
            return tuple(keys[:_METRICS])
    return ()


def flat_metrics(fact: Mapping[str, object] | None) -> dict[str, float | str]:
    """Return the metrics of a version by key, the first file's where two have one key."""
    found: dict[str, float | str] = {}
    files = fact.get("metrics") if fact else None
    for file, keyed in files.items() if isinstance(files, Mapping) else ():
        for key, value in keyed.items() if isinstance(keyed, Mapping) else ():
            found.setdefault(str(key) or str(file), value)
    return found


def _line(
    row: VersionRow, facts: Mapping[str, Mapping[str, object]], columns: Sequence[str], verdicts: Verdicts
) -> VersionLine:
    version = row.version
    event = version.registrations[-1] if version.registrations else version.events[0]
    fact = facts.get(version.commit)
    commit = fact.get("commit") if fact else None
    subject = str(commit.get("subject") or "") if isinstance(commit, Mapping) else ""
    numbers = flat_metrics(fact)
    return VersionLine(
        version.name,
        version.commit,
        event.ref if version.registrations else None,
        event.time,
        event.author,
        subject or event.message.partition("\n")[0],
        version.is_active,
        tuple(one.stage for one in row.stages),
        tuple(numbers.get(column) for column in columns),
        speaks(under_version(row), verdicts),
    )


def _row_as_of(row: ArtifactRow, state: ArtifactState, verdicts: Verdicts) -> ArtifactRow:
    latest = state.latest
    cells = {
        one.stage: StageCell(one.version, one.commit, one.ref, one.time, one.author, one.behind)
        for one in standing_rows(state)
        if one.place == 0
    }
    proof = speaks(under_artifact(state), verdicts)
    return row._replace(
        is_active=state.is_active,
        latest=latest.name if latest else None,
        latest_commit=latest.commit if latest else None,
        stages=cells,
        verdict=proof and proof.verdict,
        signer=proof and proof.signer,
        fingerprint=proof and proof.key,
        reason=proof and proof.reason,
        refused=sum(bool(verdicts[one.ref].refusal) for one in state.events if one.ref in verdicts),
    )
