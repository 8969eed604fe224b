"""Dates as people write them: ISO, or words such as `yesterday` and `2 weeks ago`."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime, time, timedelta

from gto.exceptions import InvalidDate

_UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {"a": 1, "an": 1, "one": 1, "last": 1}
_AGO_RE = re.compile(rf"(\d{{1,6}}|an?|one) ({'|'.join(_UNITS)})s? ago|last ({'|'.join(_UNITS)})")


def parse_date(text: str, *, end: bool, now: Callable[[], datetime] = datetime.now) -> int:
    """Return the second that a date or time names; a day alone is its end if `end`, else its start.

    A time without a zone is local time, as in git; so is a day: `yesterday` is from midnight to midnight. What has no
    meaning is refused, which git takes for now.
    """
    found, is_day = _read(" ".join(re.split(r"[\s.]+(?!\d+$)", text.strip().lower())), text.strip(), now)
    if found is None:
        hint = "write it as 2026-01-31, 2026-01-31T12:00, 2026-01-31T12:00+01:00, yesterday, monday, or 2 weeks ago"
        raise InvalidDate(f"'{text}' is no date", hint)
    if is_day and end:
        found = datetime.combine(found.date(), time.max)
    try:
        return int(found.timestamp())
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidDate(f"'{text}' is out of range", "a year from 1970 to 9999 is expected") from error


def _read(words: str, text: str, now: Callable[[], datetime]) -> tuple[datetime | None, bool]:
    """Return the time, and whether a whole day is meant."""
    try:
        return datetime.fromisoformat(text), len(text) <= len("2026-01-31")
    except ValueError:
        pass
    if words == "now":
        return now(), False
    days = _days_back(words, now().weekday())
    if days is not None:
        return datetime.combine(now().date() - timedelta(days=days), time.min), True
    match = _AGO_RE.fullmatch(words)
    if match is None:
        return None, False
    number, unit, last = match.groups()
    count = _NUMBERS.get(number or "last") or int(number)
    try:
        return _back(now(), count, last or unit), False
    except (OverflowError, ValueError) as error:
        raise InvalidDate(f"'{text}' is out of range", "a year from 1970 to 9999 is expected") from error


def _days_back(words: str, weekday: int) -> int | None:
    """Return how many days ago a day was; a day of the week is the last one, a week ago if it is today."""
    if words in {"today", "yesterday"}:
        return int(words == "yesterday")
    name = words.removeprefix("last ")
    return (weekday - _WEEKDAYS.index(name) - 1) % 7 + 1 if name in _WEEKDAYS else None


def _back(moment: datetime, count: int, unit: str) -> datetime:
    """Return the time so many units before; a month's day that there is not becomes the month's last."""
    if unit not in {"month", "year"}:
        return moment - count * timedelta(**{f"{unit}s": 1})
    year, month = divmod(moment.year * 12 + moment.month - 1 - count * (12 if unit == "year" else 1), 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
