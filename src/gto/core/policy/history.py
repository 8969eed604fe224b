"""The verdicts on all events of a registry, each after those before it that were allowed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from gto.core.event import Event
from gto.core.policy.judge import judge
from gto.core.policy.past import Past
from gto.core.policy.value import Facts, Policy, Verdict

_NOTHING = Facts()


def judge_history(policy: Policy, events: Iterable[Event], facts: Mapping[str, Facts]) -> dict[str, Verdict]:
    """Return the verdict on each tag; `facts` are by the ids of the tag objects. The order of `events` is no matter."""
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[event.artifact].append(event)
    return {verdict.ref: verdict for group in groups.values() for verdict in _judge_artifact(policy, group, facts)}


def _judge_artifact(policy: Policy, events: list[Event], facts: Mapping[str, Facts]) -> Iterator[Verdict]:
    past = Past()
    for event in sorted(events, key=attrgetter("key")):
        verdict = judge(policy, event, past, facts.get(event.oid, _NOTHING))
        if verdict.is_allowed:
            past.add(event)
        yield verdict
