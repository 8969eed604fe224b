"""Dates as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from gto.core.dates import parse_date
from gto.exceptions import InvalidDate


def now() -> datetime:
    """A Tuesday at noon."""
    return datetime(2026, 3, 31, 12, 0)  # noqa: DTZ001  local time, as the clock on the wall


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("now", "2026-03-31 12:00:00", "2026-03-31 12:00:00"),
        ("today", "2026-03-31 00:00:00", "2026-03-31 23:59:59"),
        ("Yesterday", "2026-03-30 00:00:00", "2026-03-30 23:59:59"),
        ("last monday", "2026-03-30 00:00:00", "2026-03-30 23:59:59"),
        ("tuesday", "2026-03-24 00:00:00", "2026-03-24 23:59:59"),
        ("90 minutes ago", "2026-03-31 10:30:00", "2026-03-31 10:30:00"),
        ("2.weeks.ago", "2026-03-17 12:00:00", "2026-03-17 12:00:00"),
        ("1 month ago", "2026-02-28 12:00:00", "2026-02-28 12:00:00"),
        ("a year ago", "2025-03-31 12:00:00", "2025-03-31 12:00:00"),
        ("last week", "2026-03-24 12:00:00", "2026-03-24 12:00:00"),
        ("2026-01-31", "2026-01-31 00:00:00", "2026-01-31 23:59:59"),
        ("2026-01-31T12:00:00.5", "2026-01-31 12:00:00", "2026-01-31 12:00:00"),
    ],
)
def test_words_are_read_as_git_reads_them_and_days_count_whole(text: str, start: str, end: str) -> None:
    found = [datetime.fromtimestamp(parse_date(text, end=last, now=now)) for last in (False, True)]  # noqa: DTZ006  local
    assert [str(one) for one in found] == [start, end]


@pytest.mark.parametrize("text", ["", "rubbish", "2 monkeys ago", "ago", "2 weeks", "yesterday rubbish", "-1 days ago"])
def test_what_git_would_take_for_now_is_refused(text: str) -> None:
    with pytest.raises(InvalidDate, match="is no date"):
        parse_date(text, end=False, now=now)


def test_a_time_before_the_first_year_is_out_of_range() -> None:
    with pytest.raises(InvalidDate, match="out of range"):
        parse_date("9999 years ago", end=False, now=now)
