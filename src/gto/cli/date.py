"""Dates on the command line."""

from datetime import datetime, time

from gto.exceptions import InvalidDate


def parse_date(text: str, *, end: bool) -> int:
    """Return the second that an ISO date or time names; a date alone is the day's end if `end`, else its start.

    A time without a zone is local time, as in git.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None:
        hint = "write it as 2026-01-31, 2026-01-31T12:00, or 2026-01-31T12:00+01:00"
        raise InvalidDate(f"'{text}' is no date", hint)
    if len(text.strip()) <= len("2026-01-31") and end:
        found = datetime.combine(found.date(), time.max)
    try:
        return int(found.timestamp())
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidDate(f"'{text}' is out of range", "a year from 1970 to 9999 is expected") from error
