"""May this version go to that stage? What the policies that a writer meets would say now, as `gto policy test` does.

The answer depends on the clock, on who asks, and on what git would sign with, so that it is no fact for the index:
git is asked while the page is made, within a few seconds and without a network, and the answer is kept as long as tags,
keys, policy and branches are the same. Where no policy is, no process is started.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from threading import Lock
from typing import NamedTuple, cast

from starlette.requests import Request

from gto.catalog.parallel import open_place
from gto.core.snapshot import ArtifactState
from gto.core.tag import Kind
from gto.exceptions import GTOException
from gto.git import command
from gto.output.published import Published
from gto.registry.policy.dry_run import PolicyAnswer, Question, dict_answers, explain
from gto.studio.context import StudioContext, context_of
from gto.studio.index import waiting
from gto.studio.index.lookup import FoundRepository
from gto.studio.index.waiting import WaitingLine
from gto.studio.pages.version_detail import VersionFacts
from gto.studio.words import short

_SECONDS = 3.0  # that a page waits for git
_MOST = 500  # answers that are kept


class PromotionCheck(NamedTuple):
    """A rule that is met, or one thing that speaks against the promotion."""

    text: str
    is_met: bool
    rule: str = ""
    hint: str = ""
    where: str = ""
    """The policy, where not all of them say so."""


class Promotion(NamedTuple):
    """What the policies say of a version on its way into a stage."""

    version: str
    stage: str
    others: tuple[str, ...]
    """Other stages that can be asked for."""
    answers: tuple[PolicyAnswer, ...] = ()
    waiting: tuple[WaitingLine, ...] = ()
    error: str = ""
    hint: str = ""

    @property
    def short(self) -> str:
        """The version, a hash cut short."""
        return short(self.version)

    @property
    def is_allowed(self) -> bool:
        """Whether every policy allows it."""
        return all(one.is_allowed for one in self.answers)

    @property
    def author(self) -> str:
        """Who would assign it."""
        return self.answers[0].event.author_email if self.answers else ""

    @property
    def is_signed(self) -> bool:
        """Whether a good signature was supposed."""
        return any(one.is_signed for one in self.answers)

    @property
    def checks(self) -> list[PromotionCheck]:
        """Rule by rule, what all policies say once."""
        counted = {line.rule for line in self.waiting}  # approvals are told with who gave them
        found: dict[PromotionCheck, list[str]] = {}
        for answer in self.answers:
            for check in dict.fromkeys(_checks(answer, counted)):
                found.setdefault(check, []).append(answer.source.where)
        whole = len(self.answers)
        return [
            check if len(where) == whole else check._replace(where=", ".join(where)) for check, where in found.items()
        ]

    def as_dict(self) -> Published:
        """Return it for JSON, with what `gto policy test --json` prints."""
        said = {"error": self.error, "hint": self.hint} if self.error else dict_answers(self.answers)
        reviews = [dict(one.body) for one in self.waiting]
        return {"version": self.version, "stage": self.stage, **said, "reviews": reviews}


def _checks(answer: PolicyAnswer, counted: Collection[str]) -> Iterator[PromotionCheck]:
    if not answer.is_judged or not answer.findings:
        yield PromotionCheck("No rule speaks against it", is_met=True)
    for one in answer.findings:
        if one.is_met:
            yield PromotionCheck("Everything is as asked", is_met=True, rule=one.rule)
        for reason in one.reasons:
            if reason.code == "not-approved" and reason.rule in counted:
                continue
            yield PromotionCheck(
                reason.text[:1].upper() + reason.text[1:], is_met=False, rule=one.rule, hint=reason.hint
            )


class Promotions:
    """Answers that were given, under what they rest on; the oldest are dropped."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], tuple[PolicyAnswer, ...]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, ...]) -> tuple[PolicyAnswer, ...] | None:
        """Return an answer that was kept."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: tuple[str, ...], answers: tuple[PolicyAnswer, ...]) -> None:
        """Keep an answer."""
        with self._lock:
            self._kept[key] = answers
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)


def read(
    request: Request, repo: FoundRepository, state: ArtifactState, chosen: VersionFacts | None, stage: str
) -> Promotion | None:
    """Return what the policies say; None without a policy, a version, or a stage that it could go to."""
    stages = _stages(repo, state)
    wanted = stage or _next(stages, chosen.stages if chosen else ())
    if not repo.has_policy or chosen is None or not wanted:
        return None
    others = tuple(one for one in stages if one != wanted and one not in chosen.stages)
    asked = Promotion(chosen.version, wanted, others)
    studio = context_of(request)
    with studio.database.read() as connection:
        lines = waiting.find_of(connection, repo.id, state.name, chosen.version, wanted)
    asked = asked._replace(waiting=tuple(lines))
    kept = cast("Promotions", request.app.state.promotions)
    key = (repo.name, state.name, chosen.version, wanted, repo.judged, repo.heads)
    answers = kept.get(key)
    if answers is None:
        try:
            answers = _ask(studio, repo.name, Question(state.name, Kind.ASSIGNMENT, wanted, chosen.version))
        except (GTOException, OSError) as error:
            hint = f"`gto policy test {state.name} --version {chosen.version} --stage {wanted}` says more"
            said = studio.told(str(error).partition("\n")[0])
            return asked._replace(error=said, hint=studio.told(getattr(error, "hint", "") or hint))
        kept.put(key, answers)
    return asked._replace(answers=answers)


def _ask(studio: StudioContext, repo: str, question: Question) -> tuple[PolicyAnswer, ...]:
    way = studio.way._replace(seconds=_SECONDS, offline=True)
    with command.within(_SECONDS):
        return tuple(explain(open_place(studio.place(repo), way), question))


def _stages(repo: FoundRepository, state: ArtifactState) -> Sequence[str]:
    """Return the stages of the configuration; without one, those that the artifact ever was in."""
    if repo.stages is not None:
        return repo.stages
    return sorted({stage.stage for version in state.versions for stage in version.stages})


def _next(stages: Sequence[str], held: Sequence[str]) -> str:
    """Return the stage behind the last one that is held; empty behind the last."""
    last = max((stages.index(one) for one in held if one in stages), default=-1)
    return stages[last + 1] if last + 1 < len(stages) else ""
