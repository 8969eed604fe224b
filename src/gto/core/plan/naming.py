"""The name of a new tag: free, with the next counter where it needs one, and such that its event sorts last."""

from collections.abc import Sequence
from itertools import islice

from gto.core import wording
from gto.core.event import SortKey, moment
from gto.core.plan.plan import Context, NewTag
from gto.core.tag import MOST_COUNTER, MOST_DIGITS, Kind, TagName, find
from gto.exceptions import ClockBehind, Conflict, TagExists, TooSoon


def _numbered(context: Context, name: TagName, before: Sequence[NewTag]) -> TagName:
    """Give the tag the next counter: one more than the highest on any tag of the artifact."""
    numbers = sorted((text for text in context.taken if _ending(text)), key=_ending, reverse=True)
    known = (found for found in map(find, numbers) if found is not None and found.counter is not None)
    counted = [tag.name for tag in before] + list(islice(known, 1))
    highest = max(counted, key=lambda found: found.counter or 0, default=name)
    counter = 1 + (highest.counter or 0)
    if counter > MOST_COUNTER:
        raise Conflict(f"No counter is left above that of tag '{highest}'", f"delete it: `git tag -d '{highest}'`")
    return TagName(name.kind, name.artifact, name.version, name.stage, counter)


def _ending(text: str) -> int:
    """Return the number after the last `#`; 0 where there is none that could be a counter."""
    digits = text.rpartition("#")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else 0


def choose_name(context: Context, name: TagName, *, counted: bool, before: Sequence[NewTag] = ()) -> TagName:
    """Choose between the plain and the numbered form, so that the tag is free and its event sorts last."""
    _check_clock(context)
    if context.simple is False or (context.simple is None and counted):
        return _numbered(context, name, before)
    free = str(name) not in context.taken
    last = _sorts_last(context, name, before)
    if free and last:
        return name
    if context.simple is None:
        if free and context.shared and name.kind is Kind.REGISTRATION:
            raise TooSoon(name.artifact)
        return _numbered(context, name, before)
    if not free:
        raise TagExists(str(name))
    hint = "an event of this very second stands in the way: leave out --simple true"
    raise Conflict(f"'{name}' would not sort last", hint)


def _sorts_last(context: Context, name: TagName, before: Sequence[NewTag]) -> bool:
    last = context.artifact.last
    # With --force the clock may be behind the newest event: then nothing sorts last.
    keys: list[SortKey] = [last] if last and last[0] <= context.now else []
    keys += [_key(tag.name, context.now) for tag in before]
    return not keys or _key(name, context.now) > max(keys)


def _key(name: TagName, time: int) -> SortKey:
    return (time, name.counter or 0, name.kind, str(name))


def _check_clock(context: Context) -> None:
    last = context.artifact.last
    if last is not None and context.now < last[0] and not context.force:
        times = (moment(context.now).isoformat(), moment(last[0]).isoformat())
        raise ClockBehind(context.artifact.name, *times, last[3], last[0] - context.now)


def new_tag(context: Context, name: TagName, commit: str, version: str | None) -> NewTag:
    """Return the tag with the message that was given, else with that of GTO 1.x."""
    return NewTag(name, commit, context.message or wording.default_message(name, version), version)
