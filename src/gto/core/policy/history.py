"""The verdicts on events one after another, each after those before it that were allowed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter

from gto.core.event import Event, Problem
from gto.core.indexed_replay import IndexedReplay
from gto.core.policy.judge import judge
from gto.core.policy.value import Facts, Policy, Reason, Verdict

_NOTHING = Facts()
Also = Callable[[Event, Problem | None], Iterable[Reason]]
"""Returns what else speaks against an event, which is set aside for a problem, or fits."""


def judge_history(policy: Policy, events: Iterable[Event], facts: Mapping[str, Facts]) -> dict[str, Verdict]:
    """Return the verdict on each tag; `facts` are by the ids of the tag objects. The order of `events` is no matter.

    Of a tag that the replay sets aside nothing is said: it changes nothing for anybody.
    """
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[event.artifact].append(event)
    found = (judge_in_turn(policy, IndexedReplay(), group, facts) for group in groups.values())
    return {verdict.ref: verdict for verdicts in found for verdict in verdicts}


def judge_in_turn(
    policy: Policy,
    past: IndexedReplay,
    events: Iterable[Event],
    facts: Mapping[str, Facts],
    also: Also = lambda *_: (),
) -> Iterator[Verdict]:
    """Yield the verdicts on events of one artifact after those of the past, to which the allowed ones are added."""
    for event in sorted(events, key=attrgetter("key")):
        problem = past.misfit(event)
        verdict = Verdict(event.ref) if problem else judge(policy, event, past, facts.get(event.oid, _NOTHING))
        verdict = verdict._replace(reasons=(*also(event, problem), *verdict.reasons))
        if problem is None and verdict.is_allowed:
            past.add(event)
        yield verdict
