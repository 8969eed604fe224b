"""Which known names look like a word that nobody knows."""

from collections.abc import Collection

_LONG = 100  # characters that are compared
_MANY = 20_000  # names that are compared; of more, those that begin with the same letter
_MOST = 3  # names that are told


def near(word: str, known: Collection[str]) -> list[str]:
    """Return the names that look like a word, the nearest first; capital and small letters are the same."""
    from difflib import get_close_matches  # only where something is wrong

    word = word[:_LONG].casefold()
    names = {name[:_LONG].casefold(): name for name in sorted(known, reverse=True)}
    if len(names) > _MANY:
        names = {key: name for key, name in names.items() if key[:1] == word[:1]}
    return [names[key] for key in get_close_matches(word, list(names)[:_MANY], n=_MOST, cutoff=0.6)]


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the question after the names that look like a word; an empty text where none does."""
    close = near(word, known)
    return f"did you mean {' or '.join(repr(name) for name in close)}?" if close else ""
