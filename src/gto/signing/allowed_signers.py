"""The file of allowed signers: who may sign with which key, and when, as ssh-keygen(1) describes it."""

import base64
import re
import time
from datetime import UTC, datetime
from typing import NamedTuple

from gto.signing import ssh_key

_OPTION_RE = re.compile(r'(?i)(cert-authority)|(namespaces|valid-after|valid-before)="((?:\\"|[^"])*+)"')
_TIME_RE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(?i:(Z|UTC))?", re.ASCII)
_PRINCIPALS_RE = re.compile(r'"([^"]*)"[ \t\r]*|([^ \t\r"]+)[ \t\r]*')
# `*+` never gives back: a quote behind a backslash is always part of the text, and the search ends soon.
_OPTIONS_RE = re.compile(r'((?:"(?:\\"|[^"])*+"|\\"|[^ \t"])*+)[ \t]+')
_KEY_RE = re.compile(r"([!-~]+)[ \t]+([A-Za-z0-9+/=]+)(?:[ \t\r].*)?")


class Signer(NamedTuple):
    """A line of the file: whose key, what it may sign, from when until when."""

    principals: str
    """Patterns of names, with commas between them."""
    key: bytes
    is_authority: bool = False
    """Whether the key signs certificates rather than tags."""
    namespaces: str | None = None
    after: int | None = None
    """Seconds since 1970-01-01T00:00:00Z."""
    before: int | None = None

    def is_valid(self, second: int) -> bool:
        """Tell whether the key counts at a time."""
        return (self.after is None or self.after <= second) and (self.before is None or second <= self.before)

    def is_for(self, namespace: str) -> bool:
        """Tell whether the key may sign for a purpose."""
        return self.namespaces is None or matches(namespace, self.namespaces)


class BadLine(NamedTuple):
    """A line that cannot be read, counted from 1, and why."""

    number: int
    reason: str


def parse(data: bytes) -> tuple[list[Signer], list[BadLine]]:
    """Read the file's lines; one that cannot be read is set aside, and the others count."""
    signers: list[Signer] = []
    bad: list[BadLine] = []
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        text = line.strip(" \t\r")
        if text and not text.startswith("#"):
            try:
                signers.append(_parse_line(text))
            except ValueError as error:
                bad.append(BadLine(number, str(error)))
    return signers, bad


def parse_keys(data: bytes) -> set[bytes]:
    """Read the public keys of a list, one a line, with options or without; what is no key raises ValueError."""
    found = set()
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        text = line.strip(" \t\r")
        if text and not text.startswith("#"):
            try:
                found.add(_split_key(text)[1])
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return found


def _parse_line(text: str) -> Signer:
    names = _PRINCIPALS_RE.match(text)
    if names is None or names.end() == len(text):
        raise ValueError("there is no key behind the names")
    options, key = _split_key(text[names.end() :])
    authority, given = _parse_options(options)
    after = _parse_time("valid-after", given.get("valid-after"))
    before = _parse_time("valid-before", given.get("valid-before"))
    if after is not None and before is not None and before <= after:
        raise ValueError("valid-before is not after valid-after")
    return Signer(names[1] or names[2] or "", key, authority, given.get("namespaces"), after, before)


def _split_key(text: str) -> tuple[str, bytes]:
    """Return the options before a key, and the key."""
    key = _read_key(text)
    if key is not None:
        return "", key
    options = _OPTIONS_RE.match(text)
    key = _read_key(text[options.end() :].lstrip(" \t")) if options is not None else None
    if options is None or key is None:
        raise ValueError("the key cannot be read")
    return options[1], key


def _read_key(text: str) -> bytes | None:
    match = _KEY_RE.fullmatch(text)
    if match is None:
        return None
    try:
        blob = base64.b64decode(match[2], validate=True)
        return blob if ssh_key.type_of(blob) == match[1] else None
    except ValueError:
        return None


def _parse_options(text: str) -> tuple[bool, dict[str, str]]:
    given: dict[str, str] = {}
    authority = False
    at = 0
    while at < len(text):
        match = _OPTION_RE.match(text, at)
        if match is None:
            raise ValueError(f"the option '{text[at : at + 40]}' is not known, or not quoted")
        if match[1]:
            authority = True
        else:
            name = match[2].lower()
            if name in given:
                raise ValueError(f"{name} stands there twice")
            given[name] = match[3].replace('\\"', '"')
        at = match.end()
        if at < len(text):
            if text[at] != "," or at + 1 == len(text):
                raise ValueError("options are parted by commas")
            at += 1
    return authority, given


def _parse_time(option: str, text: str | None) -> int | None:
    """Read `YYYYMMDD` or `YYYYMMDDHHMM[SS]`, in the local time zone unless a `Z` follows."""
    if text is None:
        return None
    match = _TIME_RE.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301  a sentence for both
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        # Daylight saving is left out, as OpenSSH leaves it out.
        second = int(at.timestamp() if match[7] else time.mktime((*at.timetuple()[:6], 0, 0, 0)))
        if second <= 0:
            raise ValueError(text)  # noqa: TRY301  see above
    except (ValueError, OverflowError):
        raise ValueError(f"{option} is no time: write 20260131, or 202601311200Z") from None
    return second


def matches(name: str, patterns: str) -> bool:
    """Tell whether a name fits patterns with commas between them; one that begins with `!` and fits forbids it."""
    found = False
    for pattern in patterns.split(","):
        if _fits(name, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _fits(name: str, pattern: str) -> bool:
    """Tell whether a name fits a pattern of `*` and `?`; only the last `*` is tried again: so it ends soon."""
    at = place = 0  # in the name, in the pattern
    star, held = -1, 0  # the last `*`, and the end of what it stands for
    while at < len(name):
        letter = pattern[place : place + 1]
        if letter == "*":
            star, held, place = place, at, place + 1
        elif letter in {"?", name[at]}:
            at, place = at + 1, place + 1
        elif star < 0:
            return False
        else:
            held += 1
            at, place = held, star + 1
    return not pattern[place:].strip("*")
