"""YAML of the simplest kind, as DVC writes it, read line by line; all else is left to the parser."""

import re

from gto.yamldoc.scalars import Scalar, resolve

Collection = dict[Scalar, object] | list[object]

_UNUSUAL_ASCII_RE = re.compile("[^\n\x20-\x7e]")
_UNUSUAL = "[^\n\x20-\x7e\u00a1-\u1fff\u2030-\ud7ff]"
_WORD = "[A-Za-z0-9_./@+=-]+"
_KEY = f"[A-Za-z0-9_]{_WORD[:-1]}*"
_LINE_RE = re.compile(rf"( *)(-(?: +|$))?(?:({_KEY}(?: {_WORD})*):(?: +|$))?(.*)")
_START = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./$(+~\\")
_QUOTED = r"'[^']*'|\"[^\"\\]*\""
_ITEM = rf"(?:-?[A-Za-z0-9_.][A-Za-z0-9_./+-]*|{_QUOTED})"
_COMMENT = r"(?: +#.*)? *"
# These are compiled at their first use: it takes a while, and few texts need them.
_IN_QUOTES = rf"({_QUOTED}){_COMMENT}"
_LIST = rf"\[ *((?:{_ITEM}(?: *, *{_ITEM})*)?) *\]{_COMMENT}"
_MAPPING = rf"\{{ *((?:{_KEY}: +{_ITEM}(?: *, *{_KEY}: +{_ITEM})*)?) *\}}{_COMMENT}"
_PAIR = rf"({_KEY}): +({_ITEM})"
HEAD = rf" *({_KEY}(?: {_WORD})*):{_COMMENT}"
"""A line with a key alone: a regular expression."""
_LONGEST_KEY = 500  # characters; YAML takes 1,024
_LONGEST_TEXT = 10_000  # characters of a text in many lines
_DEEPEST = 50


class NotSimple(ValueError):
    """Only the parser can tell what a text says."""


def read_lines(text: str, column: int = 0) -> Collection:
    """Return the value of lines of which the first stands in a column, as the parser would, or raise NotSimple.

    Simple are lines that each stand for themselves: no anchors, tags, escapes, blocks of text, brackets over lines.
    """
    return _Lines().read(text, column)


def check_characters(text: str) -> None:
    """Raise NotSimple where a text has characters that YAML refuses, or takes for more than themselves."""
    if _UNUSUAL_ASCII_RE.search(text) if text.isascii() else re.search(_UNUSUAL, text):
        raise NotSimple


class _Lines:
    """The collections that are open while lines are read."""

    def __init__(self) -> None:
        self.column = 0
        self.open: list[tuple[int, Collection]] = []  # each by the column in which it stands
        self.empty: tuple[int, Collection, Scalar] | None = (
            None  # which value may follow on deeper lines: column, place
        )
        self.plain: tuple[int, Collection, Scalar, str] | None = None  # the text that may go on in the next line

    def read(self, text: str, column: int = 0) -> Collection:
        """Read lines of which the first stands in a column."""
        check_characters(text)
        self.column = column
        root: Collection | None = None
        for line in text.split("\n"):
            match = _LINE_RE.fullmatch(line)
            if match is None:
                raise NotSimple
            indent, dash, key, value = match.groups()
            if not dash and not key:
                self._between(len(indent), value)
                continue
            self.plain = None
            holder = self._holder(len(indent), is_item=bool(dash))
            if root is None:
                root = holder
            self._take(holder, len(indent), dash or "", key, value)
        if root is None:
            raise NotSimple
        return root

    def _between(self, column: int, value: str) -> None:
        """Take a line that is blank, a comment, or goes on with a plain text."""
        if not value or value[0] == "#":
            self.plain = None
            return
        if self.plain is None or column <= self.plain[0]:
            raise NotSimple
        above, holder, place, text = self.plain
        if len(text) > _LONGEST_TEXT:
            raise NotSimple
        self._put_plain(above, holder, place, value, f"{text} ")

    def _holder(self, column: int, *, is_item: bool) -> Collection:
        """Return the collection to which a line in a column belongs."""
        if self.empty is not None:
            above, holder, place = self.empty
            self.empty = None
            if column > above or (is_item and column == above and isinstance(holder, dict)):
                return self._opened(column, holder, place, is_item=is_item)
        elif not self.open:
            return self._opened(column, [], 0, is_item=is_item)
        while self.open and self.open[-1][0] > column:
            self.open.pop()
        if not is_item and self.open and self.open[-1][0] == column and isinstance(self.open[-1][1], list):
            self.open.pop()
        if not self.open or self.open[-1][0] != column or isinstance(self.open[-1][1], list) != is_item:
            raise NotSimple
        return self.open[-1][1]

    def _opened(self, column: int, holder: Collection, place: Scalar, *, is_item: bool) -> Collection:
        new: Collection = [] if is_item else {}
        if self.open:
            _put(holder, place, new)
        elif column != self.column:
            raise NotSimple
        self.open.append((column, new))
        if len(self.open) > _DEEPEST:
            raise NotSimple
        return new

    def _take(self, holder: Collection, column: int, dash: str, key: str | None, value: str) -> None:
        if isinstance(holder, list):
            place: Scalar = len(holder)
            if key is not None:
                column += len(dash)
                self.open.append((column, {}))
                holder.append(self.open[-1][1])
                holder = self.open[-1][1]
            else:
                holder.append(None)
        else:
            place = None
        if isinstance(holder, dict):
            place = resolve(key or "")
            if place in holder or len(key or "") > _LONGEST_KEY:
                raise NotSimple
            holder[place] = None
        if not value or value[0] == "#":
            self.empty = column, holder, place
        elif value[0] in _START or (value[0] == "-" and value[1:2] not in {"", " "}):
            self._put_plain(column, holder, place, value, "")
        else:
            _put(holder, place, _unplain(value))

    def _put_plain(self, column: int, holder: Collection, place: Scalar, value: str, before: str) -> None:
        text, mark, _ = value.partition(" #")
        text = text.rstrip(" ")
        if ": " in text or text[-1] == ":" or (before and text[0] not in _START and text[0] != "-"):
            raise NotSimple
        text = before + text
        _put(holder, place, resolve(text))
        self.plain = None if mark else (column, holder, place, text)


def _put(holder: Collection, place: Scalar, value: object) -> None:
    if isinstance(holder, dict):
        holder[place] = value
    else:
        holder[-1] = value  # what is put into a list stands last in it


def _unplain(value: str) -> object:
    """Return what stands in quotes or brackets."""
    match value[0]:
        case "'" | '"':
            found = re.fullmatch(_IN_QUOTES, value)
            if found:
                return found[1][1:-1]
        case "[":
            found = re.fullmatch(_LIST, value)
            if found:
                return [_item(one) for one in re.findall(_ITEM, found[1])]
        case "{":
            found = re.fullmatch(_MAPPING, value)
            pairs = re.findall(_PAIR, found[1]) if found else []
            mapping = {resolve(key): _item(one) for key, one in pairs}
            if found and len(mapping) == len(pairs):
                return mapping
        case _:
            pass
    raise NotSimple


def _item(text: str) -> Scalar:
    return text[1:-1] if text[0] in "'\"" else resolve(text)
