"""DVC's `${...}` in text, replaced by the values of variables."""

import re
from collections.abc import Callable, Iterator, Mapping

from gto.exceptions import BadFile

_GRAMMAR_RE = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^.\[\]]+\]\s*)*")
_MOST = 1 << 20  # characters and values that the interpolations of one file may give


class Unresolved(ValueError):
    """An expression gives nothing; the message says why."""


def is_interpolated(text: str) -> bool:
    """Tell whether `text` holds an expression."""
    return next(_expressions(text), None) is not None


def only_expression(text: str) -> str | None:
    """Return what stands inside of a text that is one expression; None for another."""
    return text[2:-1].strip() if next(_expressions(text), None) == (0, len(text)) else None


def escape(text: str) -> str:
    """Return what to write, so that DVC reads `text`."""
    return text.replace("${", r"\${")


def escape_all(value: object) -> object:
    """Return `value` with each text in it escaped, keys as well."""
    match value:
        case str():
            return escape(value)
        case dict():
            return {escape(str(key)): escape_all(part) for key, part in value.items()}
        case list():
            return [escape_all(part) for part in value]
        case _:
            return value


def to_text(value: object) -> str:
    """Return a value as DVC puts it into text, or raise Unresolved."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case dict():
            msg = "a mapping is no text"
            raise Unresolved(msg)
        case _:
            return str(value)


class _Budget:
    """How much the interpolations of a file may still give."""

    def __init__(self) -> None:
        self.left = _MOST


class Interpolation:
    """Replaces expressions by the values of one file's variables; it stops where they give too much."""

    def __init__(self, load: Callable[[], Mapping[str, object]]) -> None:
        """`load` is called for the variables at the first expression, and at no other."""
        self._load = load
        self._variables: Mapping[str, object] | None = None
        self._failure = ""
        self._budget = _Budget()

    def beside(self, load: Callable[[], Mapping[str, object]]) -> "Interpolation":
        """Return one with other variables; what the two give counts together."""
        other = Interpolation(load)
        other._budget = self._budget
        return other

    def resolve(self, text: str) -> object:
        """Return the value of a text that is one expression, else text, or raise Unresolved."""
        if next(_expressions(text), None) == (0, len(text)):
            return self._select(text[2:-1])
        return self._replace(text).replace(r"\${", "${")

    def resolve_all(self, value: object) -> object:
        """Return `value` with each text in it resolved, keys as well, or raise Unresolved."""
        match value:
            case str():
                return self.resolve(value)
            case dict():
                return {self._key(key): self.resolve_all(part) for key, part in value.items()}
            case list():
                return [self.resolve_all(part) for part in value]
            case _:
                return value

    def _key(self, key: object) -> object:
        return to_text(self.resolve(key)) if isinstance(key, str) else key

    def _replace(self, text: str) -> str:
        parts, index = [], 0
        for start, end in _expressions(text):
            parts += [text[index:start], to_text(self._select(text[start + 2 : end - 1]))]
            index = end
        return "".join([*parts, text[index:]])

    def _select(self, expression: str) -> object:
        if not _GRAMMAR_RE.fullmatch(expression):
            msg = f"'${{{expression}}}' is no expression; '${{a.b[0]}}' is one"
            raise Unresolved(msg)
        value: object = self._loaded()
        for key in expression.replace("[", ".").replace("]", "").split("."):
            try:
                value = _item(value, key.strip())
            except (LookupError, ValueError):
                msg = f"'${{{expression}}}' names no variable"
                raise Unresolved(msg) from None
        self._spend(value)
        return value

    def _loaded(self) -> Mapping[str, object]:
        if self._variables is None and not self._failure:
            try:
                self._variables = self._load()
            except BadFile as error:
                self._failure = f"the variables cannot be read: {error.message}"
        if self._variables is None:
            raise Unresolved(self._failure)
        return self._variables

    def _spend(self, value: object) -> None:
        if self._budget.left <= 0:
            msg = f"the interpolations of this file give more than {_MOST} characters"
            raise Unresolved(msg)
        match value:
            case str():
                self._budget.left -= len(value)
            case dict():
                for key, part in value.items():
                    self._spend(key)
                    self._spend(part)
            case list():
                for part in value:
                    self._spend(part)
            case _:
                pass
        self._budget.left -= 1


def _expressions(text: str) -> Iterator[tuple[int, int]]:
    """Give where each `${...}` on one line begins and ends; a regular expression would need quadratic time."""
    start = text.find("${")
    while start >= 0:
        end = text.find("}", start)
        if end < 0:
            return
        line = text.find("\n", start, end)
        after = start + 1 if text[start - 1 : start] == "\\" else line
        if after < 0:
            yield start, end + 1
            after = end
        start = text.find("${", after)


def _item(value: object, key: str) -> object:
    match value:
        case dict():
            return value[key]
        case list():
            return value[int(key)]
        case _:
            raise LookupError(key)
