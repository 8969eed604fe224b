"""Where a value of the policy file stands, for errors that say so."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from gto.core.nearness import did_you_mean
from gto.exceptions import WrongConfig

_MANY = 100  # names that are compared, and shown
_LONG = 100  # characters of them


class Parsed(Protocol):
    """A YAML file's value, and where its keys stand, as config.py has it too."""

    @property
    def value(self) -> object:
        """The whole file."""

    @property
    def line(self) -> Callable[..., int | None]:
        """Returns the line, from 1, of the key that keys lead to, or of the last one found on the way."""


class Place(NamedTuple):
    """A value's place: the file, the keys that lead to it, and the words for it."""

    path: str
    line: Callable[..., int | None]
    keys: tuple[object, ...] = ()
    words: tuple[str, ...] = ()

    def at(self, key: object, words: str | None = None) -> "Place":
        """Return the place of a key's value; `words` stand for it in errors, if not the key itself."""
        return self._replace(keys=(*self.keys, key), words=(*self.words, str(key) if words is None else words))

    def called(self, words: str) -> "Place":
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
