"""Values as a page shows them: times, numbers, people, sizes."""

import json
import math
import re
from datetime import UTC, datetime

from gto.core import semver
from gto.output import escape

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS = ((_MINUTE, 1, "s"), (_HOUR, _MINUTE, "min"), (_DAY, _HOUR, "h"), (30 * _DAY, _DAY, "d"),
          (365 * _DAY, 30 * _DAY, "mo"))  # fmt: skip
_HUES = 6
_MINUS = "\N{MINUS SIGN}"
_DIGITS = 4
_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_QUOTED_PATH_RE = re.compile(r"'(?:file://)?/(?:[^'\n]*/)?([^'/\n]*)/?'")  # it may hold blanks
_PATH_RE = re.compile(r"(?:file://|(?<![\w/:.~@%-]))/(?:[^\s/'\"`,;:]+/)+([^\s/'\"`,;:]*)")
_NOWHERE_RE = re.compile("[\udc80-\udcff\ufffe\uffff]")  # bytes that are no UTF-8, and what XML cannot hold


def visible(text: str) -> str:
    """Return text in which control characters are seen, as escapes, and that every page and feed can hold."""
    return text if text.isprintable() else _NOWHERE_RE.sub("\N{REPLACEMENT CHARACTER}", escape.clean(text))


def without_paths(text: str) -> str:
    """Return a message in which only the last name of each absolute path is left: the rest is the server's affair."""
    quoted = _QUOTED_PATH_RE.sub(r"'.../\1'", text)
    return _PATH_RE.sub(r".../\1", quoted)


def short(version: str) -> str:
    """Return the name of a version; the hash of a commit without one, cut short."""
    return version if semver.parse(version) else version[:7]


def ago(seconds: float, now: float) -> str:
    """Return how long a moment is past: `3 h ago`."""
    age = max(0.0, now - seconds)
    for limit, unit, name in _STEPS:
        if age < limit:
            return f"{int(age // unit)} {name} ago"
    return f"{int(age // (365 * _DAY))} y ago"


def iso(seconds: float) -> str:
    """Return a moment in UTC, as HTML's `datetime` takes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(seconds: float) -> str:
    """Return a moment in words: `Tue 24 Nov 2026, 14:44 UTC`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%a %-d %b %Y, %H:%M UTC")


def number(value: float) -> str:
    """Return a number to four digits behind the point; from 1 on, as short as that stays exact."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 10**15):
        return f"{int(value):,}"
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= 10**-_DIGITS and abs(value) < 10**9:
        if abs(value) >= _THOUSAND:
            return f"{value:,.1f}"
        return f"{value:.{_DIGITS}f}" if abs(value) < 1 else f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return f"{value:.{_DIGITS - 1}g}"


def plain(value: object) -> str:
    """Return a parameter as JSON and YAML write it: `true`, `[1, 2]`; a text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def signed(value: float) -> str:
    """Return a difference with its sign, a true minus: `+0.0189`, `±0`."""
    if value == 0:
        return "±0"
    return f"{'+' if value > 0 else _MINUS}{number(abs(value))}"


def initials(name: str) -> str:
    """Return up to two letters that stand for a person."""
    words = [word for word in name.replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words[:1])).upper() or "?"


def hue(name: str) -> int:
    """Return the number of a person's colour, the same on every page."""
    return sum(name.encode("utf-8", "replace")) % _HUES


def size(count: int) -> str:
    """Return a number of bytes: `3.4 MB`."""
    value = float(count)
    for unit in _UNITS:
        if value < _THOUSAND or unit == _UNITS[-1]:
            break
        value /= _THOUSAND
    return f"{int(value)} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"  # noqa: PLR2004
