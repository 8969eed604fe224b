"""The query language of pages and of the REST API: words, `key:value` and `metric>number`, all of which must fit."""

import re
from typing import NamedTuple

from gto.core.nearness import did_you_mean
from gto.exceptions import UsageError


class Language(NamedTuple):
    """What the queries of a page may ask for."""

    keys: tuple[str, ...]
    """What may stand before a colon."""
    states: tuple[str, ...]
    """What `is:` takes."""


ARTIFACTS = Language(
    ("repo", "stage", "label", "type", "framework", "author", "is", "name"),
    (
        "active",
        "deprecated",
        "unregistered",
        "behind",
        "broken",
        "out-of-sync",
        "staged",
        "signed",
        "unsigned",
        "refused",
        "code",
        "stale",
    ),
)
COMMITS = Language(
    ("branch", "author", "message", "commit", "artifact", "version", "stage", "is"),
    ("experiment", "commit", "version", "changed", "unchanged", "hidden"),
)

_WORD_RE = re.compile(r'(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"|(\S+))')
_METRIC_RE = re.compile(r"([^\W\d][\w./@%:-]*?)(>=|<=|!=|>|<|=)(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_NO_METRIC_RE = re.compile(r"[^\W\d][\w./@%:-]*?([<>=!]+).*")
_LONGEST = 500
_MOST = 30


class Term(NamedTuple):
    """One condition of a query."""

    key: str
    """One of the language's keys, `text`, or `metric`."""
    value: str
    """What is looked for; of a metric its name."""
    operator: str = ""
    number: float = 0.0
    is_not: bool = False


class QueryError(UsageError):
    """A query that cannot be read."""


def parse(text: str, language: Language = ARTIFACTS) -> tuple[Term, ...]:
    """Read a query; a word that could be nothing else is text. QueryError says which word is wrong, and why."""
    if len(text) > _LONGEST:
        raise QueryError(f"A query has at most {_LONGEST} characters", "leave some of it out")
    terms = tuple(_term(match, language) for match in _WORD_RE.finditer(text))
    if len(terms) > _MOST:
        raise QueryError(f"A query has at most {_MOST} words", "leave some of them out")
    return terms


def _term(match: re.Match[str], language: Language) -> Term:
    sign, key, quoted, plain = match.groups()
    word = plain if quoted is None else quoted
    is_not = bool(sign)
    if key is None:
        found = _METRIC_RE.fullmatch(word) if quoted is None else None
        if found is not None:
            return Term("metric", found[1], found[2], float(found[3]), is_not)
        if quoted is None and _NO_METRIC_RE.fullmatch(word):
            hint = "write a metric, one of > >= < <= = != and a number, as in auc>0.9; in quotes it is text"
            raise QueryError(f"'{word}' is no condition", hint)
        return Term("text", word.casefold(), is_not=is_not)
    return term(key.lower(), word, language, is_not=is_not)


def term(key: str, value: str, language: Language = ARTIFACTS, *, is_not: bool = False) -> Term:
    """Return a condition by its key, or raise QueryError."""
    if key not in language.keys:
        hint = f"the keys are {', '.join(language.keys)}; in quotes it is text"
        raise QueryError(_guessed(f"'{key}:' is no key of a query", key, language.keys), hint)
    if key == "is" and value not in language.states:
        wrong = _guessed(f"'is:{value}' is unknown", value, language.states)
        raise QueryError(wrong, f"one of {', '.join(language.states)}")
    return Term(key, value, is_not=is_not)


def _guessed(wrong: str, word: str, known: tuple[str, ...]) -> str:
    guess = did_you_mean(word, known)
    return f"{wrong}. {guess}" if guess else wrong
