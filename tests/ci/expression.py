"""Expressions of workflows, as far as ours and the guides need them: names, texts, `==`, `!=`, `!`, `&&`, `||`.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]
_TOKEN_RE = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][\w.-]*|==|!=|&&|\|\||[!(),])")
_INSIDE_RE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def fill(text: object, values: Values) -> str:
    """A text with the value of each `${{ ... }}` in its place."""
    return _INSIDE_RE.sub(lambda match: _text(evaluate(match[1], values)), _text(text))


def holds(condition: object, values: Values) -> bool:
    """Whether a step with this `if:` runs; one without always does."""
    if condition is None:
        return True
    text = str(condition)
    inside = _INSIDE_RE.fullmatch(text.strip())
    return bool(evaluate(inside[1] if inside else text, values))


def evaluate(text: str, values: Values) -> object:
    """The value of an expression; a name that is not there is empty."""
    tokens = []
    at = 0
    while text[at:].strip():
        match = _TOKEN_RE.match(text, at)
        assert match, f"no expression that these tests know: {text!r}"
        tokens.append(match[1])
        at = match.end()
    parser = _Parser(tokens, values)
    value = parser.either()
    assert not parser.tokens, f"left over of {text!r}: {parser.tokens}"
    return value


class _Parser:
    def __init__(self, tokens: list[str], values: Values) -> None:
        self.tokens = tokens
        self.values = values

    def either(self) -> object:
        left = self.both()
        while self.take("||"):
            right = self.both()
            left = left or right
        return left

    def both(self) -> object:
        left = self.compared()
        while self.take("&&"):
            right = self.compared()
            left = left and right
        return left

    def compared(self) -> object:
        left = self.one()
        if self.take("=="):
            return _folded(left) == _folded(self.one())
        if self.take("!="):
            return _folded(left) != _folded(self.one())
        return left

    def one(self) -> object:
        if self.take("!"):
            return not self.one()
        if self.take("("):
            value = self.either()
            assert self.take(")")
            return value
        word = self.tokens.pop(0)
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if self.take("("):
            return self.call(word)
        return self.look_up(word)

    def call(self, word: str) -> bool:
        found: list[str] = []
        while not self.take(")"):
            found.append(_folded(self.either()))
            self.take(",")
        match word, found:
            case "startsWith", [text, start]:
                return text.startswith(start)
            case "contains", [text, part]:
                return part in text
            case "always" | "success", []:
                return True
            case _:
                raise AssertionError(f"no function that these tests know: {word}")

    def look_up(self, word: str) -> object:
        value: object = self.values
        for key in word.split("."):
            value = value.get(key, "") if isinstance(value, Mapping) else ""
        return value

    def take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            del self.tokens[0]
            return True
        return False


def _folded(value: object) -> str:
    return _text(value).lower()  # GitHub compares texts so


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
