"""How the requests for a model are spread over the stages that are served of it: by weight, a caller on one side."""

from __future__ import annotations

import math
import random
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from gto.core import selector
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gto.serve.runtime.served_model import LiveModel
    from gto.serve.server.model_repository import Headers

_KEY_HEADER = b"gto-split-key"  # its value keeps a caller on one side
_LARGEST = 1 << 64
_HINT = "`--split 90:10` with two selectors of one artifact: gto serve churn#prod churn#canary --split 90:10"


class TrafficSide(NamedTuple):
    """What a selector gets of the requests that name no version."""

    selector: str
    weight: int


def parse_split(text: str, selectors: Sequence[str]) -> tuple[TrafficSide, ...]:
    """Return the side of each selector; UsageError for what are no weights, and for selectors of several artifacts."""
    parts = text.split(":")
    if not all(part.isascii() and part.isdigit() for part in parts) or not any(map(int, parts)):
        raise UsageError(f"'{text}' is no split", _HINT)
    if len(parts) != len(selectors) or len(selectors) != len(set(selectors)):
        raise UsageError(f"'{text}' has {len(parts)} weight(s) for {len(set(selectors))} selector(s)", _HINT)
    names = {selector.parse(one).name for one in selectors}
    if len(names) > 1:
        hint = "serve them by two processes, or leave --split out"
        raise UsageError(f"--split is between versions of one artifact, not of {', '.join(sorted(names))}", hint)
    return tuple(TrafficSide(one, int(part)) for one, part in zip(selectors, parts, strict=True))


def choose(sides: Iterable[TrafficSide], key: str = "") -> TrafficSide | None:
    """Return the side that answers a request; None where there is none.

    The sides are those that can answer: what one that is away would get, the others get by their weights. One of
    weight 0 answers only where no other does. With a key it is always the same side while the same are there, and
    only callers of a side that went, or lost weight, change theirs.
    """
    there = list(sides)
    weighty = [side for side in there if side.weight > 0]
    if not weighty:
        return there[0] if there else None
    if len(weighty) == 1:
        return weighty[0]
    if not key:
        return random.choices(weighty, [side.weight for side in weighty])[0]  # noqa: S311  no secret
    return max(weighty, key=lambda side: _score(key, side))


def by_split(sides: Iterable[TrafficSide]) -> Callable[[Sequence[LiveModel], Headers], LiveModel]:
    """Return what picks the model that answers a request in which no version is named."""
    known = {side.selector: side for side in sides}

    def pick(models: Sequence[LiveModel], headers: Headers) -> LiveModel:
        key = next((value.decode("latin-1") for name, value in headers if name == _KEY_HEADER), "")
        there = {known.get(one.served.selector, TrafficSide(one.served.selector, 0)): one for one in models}
        side = choose(there, key)
        return models[0] if side is None else there[side]

    return pick


def _score(key: str, side: TrafficSide) -> float:
    """Return a number by which the largest is each side's as often as its weight says (weighted rendezvous hashing)."""
    digest = sha256(f"{key}\0{side.selector}".encode("utf-8", "surrogateescape")).digest()
    part = (int.from_bytes(digest[:8], "big") + 0.5) / _LARGEST
    return side.weight / -math.log(min(part, math.nextafter(1.0, 0.0)))
