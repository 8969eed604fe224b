"""Addresses of remote repositories: which GTO fetches from, what in them is secret, and how they reach git."""

import os
import re
from typing import NamedTuple

from gto.exceptions import UsageError, WrongArgs
from gto.git.command import Git, hide
from gto.git.safe_config import as_environment

SCHEMES = ("https", "http", "ssh", "git", "file", "git+ssh", "ssh+git")
_SCP_RE = re.compile(r"(?:[^@:/\s]+@)?[^@:/\s]{2,}:[^:].*")  # host:path; a single letter is a Windows drive
_PORT_RE = re.compile(r":\d*$")
_URL_RE = re.compile(  # scheme, user, host, path, query
    r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#@]*@)?((?:\[[0-9a-fA-F:.]+\]|[^/?#@:\[\]]*)(?::[0-9]*)?)(/[^?#]*)?([?#].*)?"
)
_CONTROL_RE = re.compile(r"[\x00-\x20\x7f]")
# Git hands an address with a password on as an argument of the program that speaks HTTP, and arguments are for all
# users of a machine to see. So git asks for the password, as it asks any credential helper; it is in the environment.
_NAME, _PASSWORD = "GTO_URL_NAME", "GTO_URL_PASSWORD"
_HELPER = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${_NAME}" "${_PASSWORD}"; }}; f'


_INSTEAD = "leave it out, and let a credential helper of git give it (git help credentials)"
_LINE_RE = re.compile(rb"[\n\r\x00]")


class Remote(NamedTuple):
    """A repository elsewhere: its address without anything secret, and as it was given."""

    url: str
    """Safe to print, to keep and to name files by."""
    given: str
    login: tuple[str, str] = ("", "")
    """Name and password that the address carries, for HTTP; either may be empty."""
    refused: str = ""
    """Why git is not given this address: what is secret in it could be seen by others."""
    extra: tuple[tuple[str, str], ...] = ()
    """Settings of a clone with which git reaches it, such as credentials that a CI left there."""

    def settings(self) -> list[tuple[str, str]]:
        """Return the settings with which git reaches it, as `origin` and by its address without what is secret."""
        if self.refused:
            raise UsageError(f"The address of '{self.url}' carries {self.refused}", _INSTEAD)
        return [("remote.origin.url", self.url), *self._login_settings(), *self.extra]

    def secrets(self) -> dict[str, str]:
        """Return the variables of which the settings speak."""
        return dict(zip((_NAME, _PASSWORD), self.login, strict=True)) if self.login[1] else {}

    def _login_settings(self) -> list[tuple[str, str]]:
        name, password = self.login
        if not name and not password:
            return []
        site = f"credential.{'/'.join(self.url.split('/', 3)[:3])}"
        # The longest match counts: no rewriting that is meant for addresses without a login gets at this one.
        kept = [(f"url.{self.url}.{word}", self.url) for word in ("insteadOf", "pushInsteadOf")]
        if not password:
            return [*kept, (f"{site}.username", name)]
        return [*kept, (f"{site}.helper", ""), (f"{site}.helper", _HELPER)]  # the empty one: those before do not count


def is_url(text: str) -> bool:
    """Tell whether a text names a repository elsewhere: a URL, or `host:path` where no such file exists."""
    return "://" in text or "::" in text or (_SCP_RE.fullmatch(text) is not None and not os.path.exists(text))


def host_of(url: str) -> str:
    """Return the host of an address of a repository, without user and port."""
    place = re.split("[/?#]", url.partition("://")[2])[0] if "://" in url else url.partition(":")[0]
    return _PORT_RE.sub("", place.rpartition("@")[2])


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
    name, _, password = map(_decoded, user.removesuffix("@").partition(":"))
    is_http = scheme in {"http", "https"}  # there a token often stands for the name
    shown = host if is_http or not name else f"{name}@{host}"
    hide(password, query, *((user.removesuffix("@"), name) if is_http else ()))
    hide(*user.removesuffix("@").split(":")[0 if is_http else 1 :])  # as they are written
    refused = "a query" if query else "" if is_http or not password else "a password"
    return Remote(f"{scheme}://{shown}{path.rstrip('/')}", text, (name, password) if is_http else ("", ""), refused)


def _decoded(text: str) -> str:
    """Read %40 as `@`, and so on; urllib.parse takes three milliseconds to import."""
    found = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes.fromhex(match[1].decode()), text.encode())
    if _LINE_RE.search(found):
        raise UsageError("A name or password holds no line break and no NUL byte", "leave %0A, %0D and %00 out")
    return found.decode("utf-8", "surrogateescape")


def reach(git: Git, remote: str) -> tuple[Git, str]:
    """Return git, and what it calls a remote: its name, or its address without what is secret, which git then knows."""
    if not is_url(remote):
        return git, remote
    found = parse(remote)
    settings = [setting for setting in found.settings() if setting[0] != "remote.origin.url"]
    env = {**git.env, **found.secrets(), **as_environment(settings, {**os.environ, **git.env})}
    return git._replace(env=env), found.url


def default_branch(git: Git, address: str) -> str:
    """Ask the remote `origin` for the name of the branch that its HEAD names."""
    out = git.run(["ls-remote", "--quiet", "--symref", "origin", "HEAD"]).decode("utf-8", "surrogateescape")
    name = out.partition("ref: refs/heads/")[2].partition("\t")[0]
    if not name:
        raise WrongArgs(f"The HEAD of '{address}' names no branch", "--branch names the one to write to")
    return name
