"""The values of the policy file: each reader returns one, or raises WrongConfig."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from gto.core.nearness import did_you_mean
from gto.core.policy.policy import CODE_ON_LOAD
from gto.core.tag import Kind
from gto.exceptions import WrongConfig

_MANY = 100  # names that are compared, and shown
_LONG = 100  # characters of them


class ValuePath(NamedTuple):
    """A value's place: the file, the keys that lead to it, and the words for it."""

    path: str
    line: Callable[..., int | None]
    keys: tuple[object, ...] = ()
    words: tuple[str, ...] = ()

    def at(self, key: object, words: str | None = None) -> "ValuePath":
        """Return the place of a key's value; `words` stand for it in errors, if not the key itself."""
        return self._replace(keys=(*self.keys, key), words=(*self.words, str(key) if words is None else words))

    def called(self, words: str) -> "ValuePath":
        """Return the same place under other words."""
        return self._replace(words=(*self.words[:-1], words))

    def wrong(self, reason: str, hint: str = "") -> WrongConfig:
        """Return the error that says what is wrong here."""
        return WrongConfig(self.path, ": ".join([*filter(None, self.words), reason]), self.line(*self.keys), hint)


def near(word: str, known: Iterable[str], what: str) -> str:
    """Return a hint: the known names that look like a word, or all of them."""
    names = [name[:_LONG] for name in sorted(known)]
    if not names:
        return f"there are no {what}"
    return did_you_mean(word, names[:_MANY]) or f"the {what} are {', '.join(names[:_MANY])}"


Reader = Callable[[object, ValuePath], Any]

TEXT = r"[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?"
SINCE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
MAX_AGE = r"[1-9][0-9]{0,8}[smhd]"
BRANCH = r"(?!-|refs/)[^ ~^:?*\[\\\x00-\x1f\x7f]+"
PATH = r"(?!/)(?!(.*/)?\.\.(/|$))[^\x00-\x1f\x7f]+"
ARTIFACTS = r"([a-zA-Z0-9_./:*?-]|\[!?[a-zA-Z0-9_./:-]+\])+"
"""A regular expression of the patterns that some artifact's name may fit."""
STAGES = r"([a-zA-Z0-9_/*?-]|\[!?[a-zA-Z0-9_/-]+\])+"
"""A regular expression of the patterns that some stage's name may fit."""
EVENTS = {kind.noun: kind for kind in Kind if kind is not Kind.CREATION}
MOST_APPROVALS = 100
LONGEST = 500
"""Characters of a text."""
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def shown(value: object) -> str:
    """Return a value as an error quotes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower() if value is not None else "null"
    return f"'{value[:60]}'" if isinstance(value, str) else repr(value)[:60]


def settings(value: object, at: ValuePath, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read a mapping whose keys are known."""
    if not isinstance(value, dict):
        raise at.wrong(f"settings were expected, as in '{next(iter(readers))}: ...', not {shown(value)}")
    for key in value:
        if key not in readers:
            raise at.at(key, "").wrong(f"unknown setting {shown(key)}", near(str(key), readers, "settings"))
    return {key: readers[key](one, at.at(key)) for key, one in value.items()}


def flag(value: object, at: ValuePath) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise at.wrong(f"true or false was expected, not {shown(value)}")
    return value


def text(value: object, at: ValuePath) -> str:
    """Read a text of one line."""
    return _fit(value, at, TEXT, "a text")


def path(value: object, at: ValuePath) -> str:
    """Read the path of a file in the repository."""
    return _fit(value, at, PATH, "a path in the repository, from its root,")


def branch(value: object, at: ValuePath) -> str:
    """Read the name of a branch."""
    return _fit(value, at, BRANCH, "the name of a branch, as in 'main',")


def artifact_patterns(value: object, at: ValuePath) -> tuple[str, ...]:
    """Read patterns of artifacts' names."""
    return tuple(_fit(one, where, ARTIFACTS, "an artifact's name or a pattern of names, as in 'fraud/*',")
                 for one, where in items(value, at))  # fmt: skip


def stage_patterns(value: object, at: ValuePath) -> tuple[str, ...]:
    """Read patterns of stages."""
    return tuple(_fit(one, where, STAGES, "a stage or a pattern of stages, as in 'prod-*',")
                 for one, where in items(value, at))  # fmt: skip


def since(value: object, at: ValuePath) -> int:
    """Read a date, or a time; without a zone it is UTC."""
    written = _fit(value, at, SINCE, "a date, as in 2026-01-31, or a time, as in 2026-01-31T12:00:00Z,")
    try:
        found = datetime.fromisoformat(written.upper())
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise at.wrong(f"there is no such date: {error}") from error


def max_age(value: object, at: ValuePath) -> int:
    """Read a length of time in seconds, minutes, hours or days."""
    written = _fit(value, at, MAX_AGE, "a length of time, as in 30m, 12h or 1d,")
    return int(written[:-1]) * _SECONDS[written[-1]]


def events(value: object, at: ValuePath) -> frozenset[Kind]:
    """Read the kinds of events."""
    found = set()
    for one, where in items(value, at):
        if not isinstance(one, str) or one not in EVENTS:
            raise where.wrong(f"{shown(one)} is no kind of event", near(str(one), EVENTS, "kinds of events"))
        found.add(EVENTS[one])
    return frozenset(found)


def approvals(value: object, at: ValuePath) -> int:
    """Read a number of approvals."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_APPROVALS:
        raise at.wrong(f"a number from 0 to {MOST_APPROVALS} was expected, not {shown(value)}")
    return value


def code_on_load(value: object, at: ValuePath) -> str:
    """Read the most that loading a model may run."""
    if not isinstance(value, str) or value not in CODE_ON_LOAD:
        raise at.wrong(f"{', '.join(CODE_ON_LOAD[:-1])} or {CODE_ON_LOAD[-1]} was expected, not {shown(value)}")
    return value


def items(value: object, at: ValuePath) -> list[tuple[object, ValuePath]]:
    """Return the members of a list with their places; a text alone is a list of one."""
    if isinstance(value, str):
        return [(value, at)]
    if not isinstance(value, list):
        raise at.wrong(f"a text or a list of texts was expected, not {shown(value)}")
    return [(one, at.at(place, "")) for place, one in enumerate(value)]


def _fit(value: object, at: ValuePath, pattern: str, what: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST or not re.fullmatch(pattern, value):
        raise at.wrong(f"{what} was expected, not {shown(value)}")
    return value
