"""The names that an annotation file gives, without what it says of them: a table needs no more."""

import posixpath
import re
from itertools import islice
from typing import TYPE_CHECKING

from gto.core import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yaml.events import CollectionStartEvent, Event, ScalarEvent

_SECTION = "artifacts"
_DEEPEST = 64
_MOST_EVENTS = 100_000
_LARGEST = 1 << 20  # bytes
_UNUSUAL = (b"\\", b"${", b"%", b"\xef\xbb\xbf")  # escapes, interpolation, directives, a byte order mark
# A key like this, written plain, is text to YAML, unless it is one of the words.
_TEXT_RE = re.compile(r"[A-Za-z][A-Za-z0-9_/. -]*")
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def read_names(data: bytes, file: str, *, dvc: bool) -> list[str] | None:
    """Return the names in a `dvc.yaml` or an `artifacts.yaml`; None where only the full reading can tell.

    What it returns is what the full reading returns: anything unusual, an alias, an escape, `${...}`, is left to that.
    """
    if len(data) > _LARGEST or any(sign in data for sign in _UNUSUAL):
        return None
    if dvc and _SECTION.encode() not in data:
        return []
    found = _keys(data, dvc=dvc)
    if found is None:
        return None
    directory = posixpath.dirname(file) if dvc else ""
    full = [f"{directory}:{name}" if directory else name for name in found]
    usual = all(map(names.is_plain, found)) and all(map(names.is_artifact, full))
    return full if usual else None


def _keys(data: bytes, *, dvc: bool) -> list[str] | None:
    import yaml

    try:
        events = yaml.parse(data.decode("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return _Keys(1 if dvc else 0, _SECTION if dvc else None).collect(events)
    except (yaml.YAMLError, ValueError):
        return None


class _Unusual(ValueError):
    """The file holds something that the full reading has to judge."""


class _Keys:
    """Collects the keys of the mapping that stands in `depth` others, and there under the key `section`."""

    def __init__(self, depth: int, section: str | None) -> None:
        self.depth = depth
        self.section = section
        self.found: list[str] = []
        self.wanted: set[str] | None = None
        self.open: list[set[str] | None] = []  # the keys of each mapping that is open; None for a sequence
        self.key: str | None = None  # of which the value comes next

    def collect(self, events: "Iterable[Event]") -> list[str]:
        """Go through one document."""
        from yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, NodeEvent, ScalarEvent

        documents = 0
        for event in islice(events, _MOST_EVENTS):
            if isinstance(event, ScalarEvent):
                self.scalar(event)
            elif isinstance(event, CollectionEndEvent):
                self.open.pop()
                self.key = None
            elif isinstance(event, CollectionStartEvent):
                self.start(event)
            elif isinstance(event, NodeEvent):
                raise _Unusual  # an alias
            documents += isinstance(event, DocumentStartEvent)
        if documents != 1 or self.open or next(iter(events), None) is not None:
            raise _Unusual
        return self.found

    def scalar(self, event: "ScalarEvent") -> None:
        """Take a key, or pass over a value."""
        if event.anchor or event.tag or not self.open:
            raise _Unusual
        keys = self.open[-1]
        if keys is None or self.key is not None:
            self.key = None
            return
        if event.value in keys or not _is_text(event.value, plain=not event.style):
            raise _Unusual
        self.key = event.value
        keys.add(event.value)
        if keys is self.wanted:
            self.found.append(event.value)

    def start(self, event: "CollectionStartEvent") -> None:
        """Enter a mapping or a sequence."""
        from yaml.events import MappingStartEvent

        is_key = bool(self.open) and self.open[-1] is not None and self.key is None
        if event.anchor or event.tag or len(self.open) > _DEEPEST or is_key:
            raise _Unusual
        keys: set[str] | None = set() if isinstance(event, MappingStartEvent) else None
        if len(self.open) == self.depth and (self.section is None or self.key == self.section):
            if keys is None:
                raise _Unusual
            self.wanted = keys
        self.open.append(keys)
        self.key = None


def _is_text(key: str, *, plain: bool) -> bool:
    return not plain or (bool(_TEXT_RE.fullmatch(key)) and key.lower() not in _NO_TEXT)
