"""What a tag says: `TagRecord` as git holds it, `Event` or `Problem` as GTO reads it."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from gto.core import tag, tag_signature
from gto.core.tag import Kind, TagName

LATEST = 253402300799  # seconds: 9999-12-31T23:59:59Z, the last second that ISO 8601's four-digit year can write

NULL_OID = "0" * 40
"""Stands for the object of a ref that holds no object id."""

UNREAD = frozenset({"tag-missing", "tag-corrupt"})
"""The codes of problems that may hide an event: git cannot read the tag object."""

WARNINGS = frozenset({"version-unreached", "model-facts-stale", "model-facts-unreadable"})
"""The codes of problems that take nothing from the registry as it is: they call for care, and fail no check."""

SortKey = tuple[int, int, int, str]
"""Time in seconds, counter, kind, tag name: the one order of events."""


class Problem(NamedTuple):
    """Something that was set aside: a code for programs, what it concerns, the reason, and the next step."""

    code: str
    subject: str
    reason: str
    hint: str = ""
    artifact: str = ""


class TagRecord(NamedTuple):
    """A ref under refs/tags/ with the object that it names, before anyone asks what it means."""

    name: str
    """The ref without `refs/tags/`."""
    oid: str
    """The object that the ref names."""
    type: str
    """`tag`, `commit`, `tree` or `blob`; `missing` or `corrupt` where git could not read the object."""
    body: bytes = b""
    """The tag object's text; empty where `type` is not `tag`."""
    peeled: str = ""
    """For a tag on a tag: `type oid` of the object at the chain's end."""


class Tagger(NamedTuple):
    """Who made a tag; empty texts where the tag does not say."""

    name: str = ""
    email: str = ""
    zone: bytes = b""
    """As the tag writes it: `+0130`, or what is none."""

    def moment(self, seconds: int) -> datetime:
        """Return a time in the tagger's zone; in UTC where that is none."""
        return moment(seconds, parse_zone(self.zone))


class Event(NamedTuple):
    """One event of the registry, read from an annotated tag."""

    tag: TagName
    ref: str
    commit: str
    time: int
    """Seconds since 1970-01-01T00:00:00Z."""
    key: SortKey
    body: bytes
    """The tag object's text."""
    oid: str
    """The tag object's id."""

    @property
    def kind(self) -> Kind:
        """What happened."""
        return self.tag.kind

    @property
    def artifact(self) -> str:
        """The artifact's full name."""
        return self.tag.artifact

    @property
    def tagger(self) -> Tagger:
        """Who made the tag: read from its text at every call."""
        return tagger(self.body)

    @property
    def created_at(self) -> datetime:
        """The tagger's time, in the tagger's zone."""
        return self.tagger.moment(self.time)

    @property
    def has_bad_zone(self) -> bool:
        """Whether the tagger's zone is none, so that UTC stands in."""
        zone = self.tagger.zone
        return zone != b"" and not parse_zone(zone) and zone[1:] != b"0000"

    @property
    def author(self) -> str:
        """The tagger's name."""
        return self.tagger.name

    @property
    def author_email(self) -> str:
        """The tagger's e-mail address."""
        return self.tagger.email

    @property
    def message(self) -> str:
        """The message without signature and white space around it; bytes that are not UTF-8 show as U+FFFD."""
        text = self.body.partition(b"\n\n")[2]
        return text[: tag_signature.begin(text)].decode("utf-8", "replace").strip()


def event(name: TagName, ref: str, commit: str, time: int, body: bytes, oid: str) -> Event:
    """Return the event of a tag that is known to be sound: on a commit, under its own name, with a tagger."""
    return _new(Event, (name, ref, commit, time, (time, name[4] or 0, name[0], ref), body, oid))


_new = tuple.__new__  # makes a named tuple without the call of its own constructor: this is done for every tag
# Compiled by `re` when first used: the overview of a sound registry needs none of them.
_BODY = rb"object ([0-9a-f]+)\ntype ([a-z]+)\ntag ([^\n]*)\n(?:tagger [^\n]*> ?(-?[0-9]{1,20}) [+-][0-9]{1,6}\n)?"
_TAGGER = rb"(?:[^\n]+\n){3}tagger ([^\n<]*)<([^\n>]*)>([^\n]*)\n"  # as git does, at the first `<` and the `>` after it
_LONGEST_TAGGER = 4096  # bytes of a tagger's line
_LOOKS_OLD = r"(?P<artifact>[^@#]+)(?:#(?P<stage>[^#@]+)-[0-9]+|@!v[^@#]*)"


def read(record: TagRecord) -> Event | Problem | None:
    """Return the event that a tag records, the problem that it is, or None where it is no business of GTO."""
    name = tag.find(record.name)
    if name is None or record.type != "tag" or name.kind is Kind.CREATION:
        return _look_alike(record, name)
    found = read_body(record, name.artifact)
    if isinstance(found, Problem):
        return found
    return event(name, record.name, found[0], found[1], record.body, record.oid)


def read_body(record: TagRecord, artifact: str) -> tuple[str, int] | Problem:
    """Return the commit that a tag object is on, and its time; the problem where it is not sound, or has another name.

    Every tag that GTO reads, be it an event or an approval, must be so.
    """
    match = re.match(_BODY, record.body)
    if match is None:
        return _aside(record, artifact, "tag-unreadable", "the tag object is not in git's form", _AGAIN)
    target, target_type, label, seconds = match.groups()
    commit = target.decode()
    if record.peeled:
        target_type, commit = record.peeled.encode().split(b" ")[0], record.peeled.split(" ")[-1]
    if target_type != b"commit":
        reason = f"the tag is on a {target_type.decode()}, not on a commit"
        return _aside(record, artifact, "tag-not-on-commit", reason, _AGAIN)
    if label != record.name.encode():
        reason = f"the tag object calls itself '{label.decode('utf-8', 'replace')}'"
        return _aside(record, artifact, "tag-renamed", reason, "a tag object serves only under its own name: " + _AGAIN)
    trouble = _tagger_trouble(seconds, match.end() - match.end(3))
    if trouble is not None:
        return _aside(record, artifact, *trouble, _AGAIN)
    return commit, int(seconds)


def _tagger_trouble(seconds: bytes | None, length: int) -> tuple[str, str] | None:
    """Return code and reason where a line of so many bytes, with this time in it, is no sound tagger."""
    if seconds is None:
        return "tag-without-tagger", "the tag has no tagger, or a broken one"
    if length > _LONGEST_TAGGER:
        return "tag-tagger-too-long", f"the line of the tagger has more than {_LONGEST_TAGGER} bytes"
    if not 0 <= int(seconds) <= LATEST:
        return "tag-bad-date", f"the tag's time, {int(seconds)}, is no date before the year 10000"
    return None


_AGAIN = "make the tag again with gto, or delete it"


def _aside(record: TagRecord, artifact: str, code: str, reason: str, hint: str) -> Problem:
    return Problem(code, record.name, reason, hint, artifact)


def _look_alike(record: TagRecord, name: TagName | None) -> Problem | None:
    if name is None:
        old = re.fullmatch(_LOOKS_OLD, record.name) if record.type == "tag" else None
        hint = "GTO 1.x does not read it: write the event again with gto, then delete this tag"
        if old:
            return Problem("tag-of-gto-0", record.name, "the tag is in the form of GTO 0.x", hint)
        long = tag.find_oversized(record.name) if record.type == "tag" else None
        reason = "the version or the counter is too long to be one"
        return Problem("tag-number-too-long", record.name, reason, "delete the tag", long) if long else None
    if record.oid == NULL_OID:
        hint = f"delete the file refs/tags/{record.name} in the git directory, then fetch the tags again"
        return _aside(record, name.artifact, "tag-missing", "the file of the ref holds no object id", hint)
    if record.type in {"missing", "corrupt"}:
        reason = f"git cannot read the tag object {record.oid}: it is {record.type}"
        hint = f"`gto doctor --fix` fetches it again; `git update-ref -d 'refs/tags/{record.name}'` gives it up"
        return _aside(record, name.artifact, f"tag-{record.type}", reason, hint)
    if record.type != "tag":
        hint = f"`git tag -d '{record.name}'`, then `gto fetch`; write the event with gto only if no remote has it"
        return _aside(record, name.artifact, "tag-lightweight", "a lightweight tag is no event", hint)
    return _aside(
        record, name.artifact, "tag-creation", "GTO has no event 'created'; the tag is ignored", "delete the tag"
    )


def looks_old(name: str) -> tuple[str, str] | None:
    """Return artifact and stage (empty for a version) where a tag's name has the form of GTO 0.x."""
    match = re.fullmatch(_LOOKS_OLD, name)
    return (match["artifact"], match["stage"] or "") if match else None


def commit_time(seconds: str | bytes) -> int:
    """Return a commit's time as Git tells it: whoever makes a commit may write any, and calendars end at LATEST."""
    return min(max(int(seconds), 0), LATEST)


def moment(seconds: int, offset: timedelta = timedelta(0)) -> datetime:
    """Return a time as a datetime in the zone of `offset`; UTC where that zone would leave the years 1 to 9999."""
    zone = timezone(offset) if offset else UTC
    try:
        return datetime.fromtimestamp(seconds, zone)
    except (OverflowError, ValueError):
        return datetime.fromtimestamp(seconds, UTC)


def parse_zone(text: bytes) -> timedelta:
    """Read `+0130`; a broken zone, or one of 24 hours and more, counts as UTC."""
    if not re.fullmatch(rb"[+-][0-9]{4}", text):
        return timedelta(0)
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    if offset >= timedelta(days=1):
        return timedelta(0)
    return -offset if text[:1] == b"-" else offset


def tagger(body: bytes) -> Tagger:
    """Return the tagger of a tag object, with name and e-mail address as git takes them."""
    match = re.match(_TAGGER, body)
    if match is None:
        return Tagger()
    name = match[1].removesuffix(b" ").decode("utf-8", "replace")
    return Tagger(name, match[2].decode("utf-8", "replace"), match[3].rpartition(b" ")[2])
