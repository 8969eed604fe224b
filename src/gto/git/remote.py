"""Addresses of remote repositories: which GTO fetches from, what in them is secret, and how they reach git."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gto.exceptions import UsageError
from gto.git.command import hide

SCHEMES = ("https", "http", "ssh", "git", "file", "git+ssh", "ssh+git")
_SCP_RE = re.compile(r"(?:[^@:/\s]+@)?[^@:/\s]{2,}:[^:].*")  # host:path; a single letter is a Windows drive
_URL_RE = re.compile(  # scheme, user, host, path, query
    r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#@]*@)?((?:\[[0-9a-fA-F:.]+\]|[^/?#@:\[\]]*)(?::[0-9]*)?)(/[^?#]*)?([?#].*)?"
)
_CONTROL_RE = re.compile(r"[\x00-\x20\x7f]")


class Remote(NamedTuple):
    """A repository elsewhere: its address without anything secret, and as it was given."""

    url: str
    """Safe to print, to keep and to name files by."""
    given: str
    extra: tuple[tuple[str, str], ...] = ()
    """Settings of a clone with which git reaches it, such as credentials that a CI left there."""

    def settings(self) -> list[tuple[str, str]]:
        """Return the settings with which git reaches it as `origin`, whatever secret the address carries."""
        settings = [("remote.origin.url", self.url)]
        if self.given != self.url:
            settings.append((f"url.{self.given}.insteadOf", self.url))
        return [*settings, *self.extra]


def is_url(text: str) -> bool:
    """Tell whether a text names a repository elsewhere: a URL, or `host:path` where no such file exists."""
    return "://" in text or "::" in text or (_SCP_RE.fullmatch(text) is not None and not os.path.exists(text))


def parse(text: str) -> Remote:
    """Take an address apart, and have its secrets hidden in what git says; a wrong one raises UsageError."""
    if _CONTROL_RE.search(text):
        raise UsageError("A URL holds no blanks and no control characters", "write them as %20 and so on")
    if "::" in text.split("/", 1)[0] or text.startswith("-"):
        raise UsageError(f"'{text}' is no address that GTO fetches from", f"use one of {', '.join(SCHEMES)}")
    if "://" not in text:
        return Remote(text.rstrip("/"), text.rstrip("/"))
    match = _URL_RE.fullmatch(text)  # urllib.parse takes three milliseconds to import
    if match is None:
        hint = "it looks like https://host/path; in a name or password write @ as %40, : as %3A, / as %2F"
        raise UsageError("This is no URL", hint)
    scheme, user, host, path, query = match.groups(default="")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise UsageError(f"GTO does not fetch over '{scheme}'", f"use one of {', '.join(SCHEMES)}")
    name, _, password = user.removesuffix("@").partition(":")
    is_http = scheme in {"http", "https"}  # there a token often stands for the name
    shown = host if is_http or not name else f"{name}@{host}"
    hide(password, query, *((user.removesuffix("@"), name) if is_http else ()))
    return Remote(f"{scheme}://{shown}{path.rstrip('/')}", text)


def as_environment(settings: Iterable[tuple[str, str]], env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Write settings as git reads them from its environment, behind those that `env` has; they outdo every file."""
    given = env.get("GIT_CONFIG_COUNT", "")
    count = int(given) if given.isdecimal() else 0
    made: dict[str, str] = {}
    for key, value in settings:
        made |= {f"GIT_CONFIG_KEY_{count}": key, f"GIT_CONFIG_VALUE_{count}": value}
        count += 1
    return {**made, "GIT_CONFIG_COUNT": str(count)}
