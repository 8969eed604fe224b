"""Git that acts for a person: who is author, committer and tagger, and with whose credential a push goes out."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from gto.exceptions import UsageError, git_verb
from gto.git.safe_config import as_environment

_CONTROL_RE = re.compile(r"[\x00-\x1f\x7f<>]")
_LEFT_OUT = ".,:;\"'\\"  # what git leaves out at either end of a name or an address
_URL_RE = re.compile(r"(https?)://[^/@?#\s]+/[^?#\s]+")
_SHORTEST_SECRET = 6  # characters; shorter ones would turn words of git into stars
# A key on this machine is nobody's who is acted for.
_UNSIGNED = (("commit.gpgSign", "false"), ("tag.gpgSign", "false"), ("tag.forceSignAnnotated", "false"))


class Person(NamedTuple):
    """Who commits and tags."""

    name: str
    email: str


class PushCredential(NamedTuple):
    """What one repository is pushed to with, and nothing else is."""

    url: str
    """The repository's address by HTTP, without anything secret."""
    name: str
    password: str
    """A password, or a token in its place."""

    def __repr__(self) -> str:
        """Show no password: a traceback may be logged."""
        return f"PushCredential(url={self.url!r}, name={self.name!r}, password='***')"


class _Acting(NamedTuple):
    person: Person
    credential: PushCredential | None


_acting: ContextVar[_Acting | None] = ContextVar("gto_git_acting", default=None)


@contextmanager
def as_person(person: Person, credential: PushCredential | None = None) -> Iterator[None]:
    """Have git write as a person inside; with a credential, push with it alone, to the one address that it is for.

    Nothing of this machine's user then counts for a push: no credential helper, `.netrc`, header, SSH key or hook.
    Without one, pushes go out as they always do. Nothing is signed, as the keys here are nobody's who is acted for.
    """
    for what, text in (("name", person.name), ("e-mail address", person.email)):
        if not text.strip() or _CONTROL_RE.search(text):
            raise UsageError(f"Nobody can commit with the {what} '{text}'", "it is empty, or holds <, > or line breaks")
    if not is_kept(person.email) or not person.name.strip(_LEFT_OUT):
        raise UsageError(
            f"Git would write another name than '{person.name} <{person.email}>'",
            "leave out points and quotes at its ends",
        )
    if credential is not None and _URL_RE.fullmatch(credential.url) is None:
        raise UsageError("A token is for an address by HTTP", "it looks like https://host/path")
    mark = _acting.set(_Acting(person, credential))
    try:
        yield
    finally:
        _acting.reset(mark)


def is_kept(email: str) -> bool:
    """Tell whether git writes an e-mail address as it is: of one with a point at its end it makes another's."""
    return email.strip(_LEFT_OUT) == email


def destination(remote: str) -> str:
    """Return where a push to a remote goes: to the address of the credential, where somebody is acted for with one."""
    acting = _acting.get()
    return acting.credential.url if acting is not None and acting.credential is not None else remote


def secrets() -> tuple[str, ...]:
    """Return what must not stand in what git says."""
    acting = _acting.get()
    if acting is None or acting.credential is None:
        return ()
    return tuple(one for one in (acting.credential.password, _basic(acting.credential)) if len(one) >= _SHORTEST_SECRET)


def variables(args: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which a git process acts for the person; none where nobody is acted for.

    `env` is what it gets otherwise. A push that goes elsewhere than the credential raises UsageError.
    """
    acting = _acting.get()
    if acting is None:
        return {}
    (name, email), credential = acting
    who = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email}
    verb = git_verb(args)
    if credential is None or verb not in {"push", "ls-remote"} or (verb == "ls-remote" and credential.url not in args):
        return {**who, **as_environment(_UNSIGNED, env)}
    if credential.url not in args:
        raise UsageError(f"The token is for '{credential.url}': nothing is pushed to another place")
    return {**who, **_with(credential, env)}


def _with(credential: PushCredential, env: Mapping[str, str]) -> dict[str, str]:
    """Let git reach one address with a credential, and with nothing else that it may find."""
    url = credential.url
    site = f"http.{url}"  # the longest match counts: no setting for the host or for all gets at it
    settings = [
        *((f"url.{url}.{word}", url) for word in ("insteadOf", "pushInsteadOf")),
        (f"{site}.extraHeader", ""),
        # Sent at once, it outdoes `.netrc`, which curl would ask before git asks any helper.
        (f"{site}.extraHeader", f"Authorization: Basic {_basic(credential)}"),
        (f"{site}.followRedirects", "false"),
        ("credential.helper", ""),
        ("core.hooksPath", os.devnull),  # a hook would find the header in its environment
    ]
    return {
        **as_environment(settings, env),
        "GIT_ALLOW_PROTOCOL": url.partition(":")[0],
        "GIT_ASKPASS": "",
        "GIT_TRACE2_CONFIG_PARAMS": "",
        "GIT_TRACE2_ENV_VARS": "",
    }


def _basic(credential: PushCredential) -> str:
    from base64 import b64encode

    return b64encode(f"{credential.name}:{credential.password}".encode()).decode()
