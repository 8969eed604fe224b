"""What a reader accepts: events that a policy refuses are let fall before anything is made of them."""

from collections.abc import Iterable, Iterator

from gto.core.event import Event, Problem
from gto.core.policy.history import judge_history
from gto.registry import checking, policing
from gto.registry.registry import Registry


def require_policy(registry: Registry, signers: bytes | None = None) -> None:
    """From now on read only the events that the policy of the default branch allows.

    `signers` are allowed signers in the place of the policy's.
    """
    source = checking.own_source(registry)
    where = policing.scope(registry, source, signers)

    def sift(items: Iterable[Event | Problem]) -> Iterator[Event | Problem]:
        kept = list(items)
        events = [item for item in kept if isinstance(item, Event)]
        verdicts = judge_history(source.policy, events, policing.gather(where, events))
        for item in kept:
            verdict = verdicts.get(item.ref) if isinstance(item, Event) else None
            if verdict is None or verdict.is_allowed:
                yield item
            else:
                registry.ignored[verdict.ref] = "; ".join(map(str, verdict.reasons))

    registry.sifts += (sift,)
