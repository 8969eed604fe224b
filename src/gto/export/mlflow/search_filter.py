"""Filters and orders of MLflow's searches: `name LIKE 'churn%' AND tags.owner = 'ada'`, `timestamp DESC`."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gto.exceptions import UsageError

PROMPT = "mlflow.prompt.is_prompt"
"""The tag by which MLflow knows prompts, which it keeps among models; newer clients name it in each search."""

Values = Mapping[str, str | int]
"""What an artifact or a version is searched by: attributes by name, tags by `tags.` and their key."""

_LONGEST = 8000  # characters of a filter
_MOST = 50  # conditions
_TOKEN_RE = re.compile(
    r"""\s*(?:
    (?P<key>(?:tags?\s*\.\s*)?(?:`[^`]*`|"[^"]*"(?=\s*(?:=|!|<|>|LIKE|ILIKE|IN|NOT|IS))|[A-Za-z_][\w./-]*))
    \s*(?P<op>!=|<>|<=|>=|=|<|>|NOT\s+IN\b|IN\b|NOT\s+LIKE\b|LIKE\b|ILIKE\b|IS\s+NOT\s+NULL\b|IS\s+NULL\b)
    \s*(?P<value>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|[+-]?[0-9]+(?:\.[0-9]+)?|\((?:[^()'"]|'[^']*'|"[^"]*")*\))?
    \s*)(?P<more>AND\b|$)""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER_RE = re.compile(r"\s*[`\"]?(?P<key>[A-Za-z_.]+)[`\"]?(?:\s+(?P<way>ASC|DESC))?\s*", re.IGNORECASE)
_ITEM_RE = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)"|([0-9]+))\s*(?:,|$)""")


class Condition(NamedTuple):
    """One condition of a filter."""

    key: str
    op: str
    value: str
    fits: Callable[[Values], bool]


class SortKey(NamedTuple):
    """One thing to sort by."""

    key: str
    is_ascending: bool


def parse_filter(text: str, keys: frozenset[str]) -> tuple[Condition, ...]:
    """Return the conditions of a filter, all of which must fit; UsageError where it is none of MLflow's."""
    if len(text) > _LONGEST:
        raise UsageError("Invalid filter string", f"it has at most {_LONGEST} characters")
    found, at = list[Condition](), 0
    while text[at:].strip():
        match = _TOKEN_RE.match(text, at)
        if match is None or len(found) == _MOST or match.end() == at:
            hint = "conditions are like `name LIKE 'churn%'` or `tags.owner = 'ada'`, joined by AND"
            raise UsageError(f"Invalid filter string: {text[at : at + 60].strip()}", hint)
        found.append(_condition(match, keys))
        at = match.end()
        if match["more"] and not text[at:].strip():
            raise UsageError("Invalid filter string: nothing follows its last AND")
    return tuple(found)


def _condition(match: re.Match[str], keys: frozenset[str]) -> Condition:
    key, op = _key(match["key"]), " ".join(match["op"].upper().split()).replace("<>", "!=")
    if not key.startswith("tags.") and key not in keys:
        raise UsageError(f"Invalid attribute key '{key}' specified", f"valid keys are: {', '.join(sorted(keys))}")
    value = match["value"] or ""
    if bool(value) == op.endswith("NULL") or value.startswith("(") != op.endswith("IN"):
        raise UsageError(f"Invalid filter string: '{key} {op}' is not followed by what it compares with")
    return Condition(key, op, _plain(value), _test(key, op, value))


def _key(text: str) -> str:
    """Return `tags.owner` for each spelling of it."""
    found = re.fullmatch(r"tags?\s*\.\s*(.+)", text, re.IGNORECASE | re.DOTALL)
    return f"tags.{found[1].strip('`').strip(chr(34))}" if found else text.strip('`"')


def _plain(value: str) -> str:
    if value[:1] in {"'", '"'}:
        return re.sub(r"\\(.)", r"\1", value[1:-1].replace("''", "'"))
    return value


def _test(key: str, op: str, value: str) -> Callable[[Values], bool]:
    """Return what tells whether values fit; those that lack a tag fit no condition on it but that it is no prompt."""
    if op.endswith("NULL"):
        return lambda values: (key in values) == (op == "IS NOT NULL")
    if op.endswith("IN"):
        items = {"".join(one) for one in _ITEM_RE.findall(value[1:-1])}
        return lambda values: key in values and (str(values[key]) in items) == (op == "IN")
    compare = _comparison(op, _plain(value))
    lacking = key == f"tags.{PROMPT}" and op == "!="
    return lambda values: compare(values[key]) if key in values else lacking


def _comparison(op: str, wanted: str) -> Callable[[str | int], bool]:
    if op.endswith("LIKE"):
        is_like = _pattern(wanted, re.DOTALL | (re.IGNORECASE if op == "ILIKE" else 0))
        return lambda value: is_like(str(value)) != op.startswith("NOT")
    if op in {"=", "!="}:
        return lambda value: (str(value) == wanted) == (op == "=")
    try:
        limit = float(wanted)
    except ValueError:
        raise UsageError(f"Invalid filter string: '{op}' compares numbers") from None
    less, equal = op.startswith("<"), op.endswith("=")
    return lambda value: isinstance(value, int) and (equal if value == limit else (value < limit) == less)


def _pattern(text: str, flags: int) -> Callable[[str], bool]:
    """Return what tells whether a text is like a pattern of LIKE.

    What stands between two `%` is looked for once, from left to right: one regular expression of all would try each way
    to cut the text, and a short pattern keep a server busy for ever.
    """
    first, *rest = (
        re.compile("".join("." if one == "_" else re.escape(one) for one in part), flags)
        for part in re.split("%+", text)
    )
    length = len(re.split("%+", text)[-1])

    def is_like(value: str) -> bool:
        if not rest:
            return first.fullmatch(value) is not None
        found = first.match(value)
        for part in rest[:-1]:
            found = found and part.search(value, found.end())
        return found is not None and bool(rest[-1].fullmatch(value, max(found.end(), len(value) - length)))

    return is_like


def parse_order(texts: Sequence[str], keys: Mapping[str, str]) -> tuple[SortKey, ...]:
    """Return what to sort by; `keys` are those that can be named, each with what it means."""
    found = []
    for text in texts[:_MOST]:
        match = _ORDER_RE.fullmatch(text)
        key = keys.get(match["key"].removeprefix("attribute.").removeprefix("attributes.")) if match else None
        if match is None or key is None:
            hint = f"valid keys are: {', '.join(sorted(keys))}; ASC or DESC may follow"
            raise UsageError(f"Invalid order_by clause '{text[:60]}'", hint)
        found.append(SortKey(key, (match["way"] or "asc").lower() == "asc"))
    return tuple(found)
