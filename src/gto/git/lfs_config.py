"""What git's configuration and programs say about Git LFS: its settings, credentials, and how SSH lets one in."""

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from gto.exceptions import StoreRefused
from gto.git.command import Git, environment, hide, limit, masked
from gto.git.repo import Repo

_CONFIG = ".lfsconfig"
_KEYS_RE = r"^(lfs\.|remote\.|branch\.|core\.sshcommand$)"
_OWN = frozenset({"system", "global", "command"})
_OF_REVISION_RE = re.compile(r"lfs\.url|remote\..*\.lfsurl")  # of what may stand in .lfsconfig, what reading uses
_HOST_RE = re.compile(r"(?!-)[^\s/]+")


class GitSettings(NamedTuple):
    """Settings of git by lower-case key; names inside of a key are as they were written."""

    own: dict[str, str]
    """Those of the user: system, global, command, and of a clone its own file."""
    committed: dict[str, str]
    """Those of `.lfsconfig` in the revision; they count less."""


def read_settings(repo: Repo, rev: str) -> GitSettings:
    """Return the settings that lead to the server of a revision's files; of a mirror's own file, none count."""
    out = user_git(repo).run(["config", "--null", "--show-scope", "--get-regexp", _KEYS_RE], ok=(0, 1))
    parts = out.decode("utf-8", "surrogateescape").split("\0")
    own: dict[str, str] = {}
    for scope, entry in zip(parts[0::2], parts[1::2], strict=False):
        key, _, value = entry.partition("\n")
        if repo.is_own or scope in _OWN:
            own[_lowered(key)] = value
    return GitSettings(own, _committed(repo, rev))


def _committed(repo: Repo, rev: str) -> dict[str, str]:
    (found,) = repo.read([f"{rev}:{_CONFIG}"])
    if found is None or found.type != "blob" or found.body is None:
        return {}
    out, status, _ = repo.git.ask(["config", "--file", "-", "--no-includes", "--null", "--list"], data=found.body)
    if status != 0:  # git cannot read it; git-lfs would say so and go on
        return {}
    pairs = (entry.partition("\n")[::2] for entry in out.decode("utf-8", "surrogateescape").split("\0") if entry)
    return {_lowered(key): value for key, value in pairs if _OF_REVISION_RE.fullmatch(_lowered(key))}


def _lowered(key: str) -> str:
    section, _, rest = key.partition(".")
    middle, dot, name = rest.rpartition(".")
    return f"{section.lower()}.{middle}{dot}{name.lower()}"


def address_of(repo: Repo, url: str) -> str:
    """Return what git makes of a remote's name or URL, by `url.<base>.insteadOf`; no network is reached."""
    out = user_git(repo).run(["ls-remote", "--get-url", "--", url])
    return out.decode("utf-8", "surrogateescape").rstrip("\n")


def user_git(repo: Repo) -> Git:
    """Return git with the user's own configuration, for a mirror too."""
    hidden = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"}
    return repo.git._replace(env={key: value for key, value in repo.git.env.items() if key not in hidden})


def web_settings(repo: Repo, url: str) -> list[tuple[str, str]]:
    """Return git's settings `http.*` for a URL: key, in lower case, and value."""
    out = user_git(repo).run(["config", "--null", "--get-urlmatch", "http", url], ok=(0, 1))
    entries = out.decode("utf-8", "surrogateescape").split("\0")
    return [(key.lower(), value) for key, _, value in (entry.partition("\n") for entry in entries) if key]


def fill_credential(repo: Repo, url: str) -> tuple[str, str] | None:
    """Return the name and password that the user's credential helpers have for a URL; nobody is asked."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    if any(sign in url for sign in "\n\r\0"):
        return None
    asked = f"protocol={scheme}\nhost={host.rpartition('@')[2]}\npath={path}\n\n"
    git = repo.writer
    # Nobody sits there to be asked: neither a terminal nor a program that opens a window.
    quiet = git._replace(env={**git.env, "GIT_ASKPASS": "", "SSH_ASKPASS": ""})
    out, status, _ = quiet.ask(["-c", "core.askPass=", "credential", "fill"], data=asked.encode())
    found = dict(line.partition("=")[::2] for line in out.decode("utf-8", "surrogateescape").splitlines())
    if status != 0 or "password" not in found:
        return None
    hide(found["password"])
    return found.get("username", ""), found["password"]


def authenticate(address: str, settings: GitSettings) -> str:
    """Return what `git-lfs-authenticate` says on the host of an `ssh://` address, as JSON."""
    argv = [*_ssh(settings), *_destination(address)]
    try:
        done = subprocess.run(  # noqa: S603  the arguments are a list; no shell of this machine reads them
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit(), check=False, env=environment({})
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreRefused(address, f"ssh: {error}", _HINT) from error
    if done.returncode != 0:
        words = masked(done.stderr.decode("utf-8", "replace")).strip().splitlines()
        raise StoreRefused(address, words[-1] if words else f"ssh ended with status {done.returncode}", _HINT)
    return done.stdout.decode("utf-8", "replace")


_HINT = "`ssh` to that host must let you in, as `git fetch` needs it too; and the server must know Git LFS"


def _ssh(settings: GitSettings) -> Sequence[str]:
    command = os.environ.get("GIT_SSH_COMMAND") or settings.own.get("core.sshcommand")
    if command:
        return shlex.split(command)
    return [os.environ.get("GIT_SSH") or "ssh", "-o", "BatchMode=yes"]


def _destination(address: str) -> list[str]:
    host, _, path = address.removeprefix("ssh://").partition("/")
    user, at, place = host.rpartition("@")
    name, _, port = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "")
    name = name.strip("[]")
    if not _HOST_RE.fullmatch(name) or user.startswith("-"):
        raise StoreRefused(address, "it names no host", "see the URL of the remote")
    where = path if path.startswith("~") else f"/{path}"
    return [*(("-p", port) if port else ()), f"{user}{at}{name}", f"git-lfs-authenticate {shlex.quote(where)} download"]
