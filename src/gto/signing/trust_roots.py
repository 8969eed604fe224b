"""Whose keys count, and which programs check them: what a caller names, or git's configuration says."""

import os
import re
from errno import ENOENT
from typing import NamedTuple

from gto.exceptions import BadFile
from gto.fs.regular_file import read_file
from gto.git.command import Git
from gto.signing.allowed_signers import parse
from gto.signing.git_verify import LEAST_TRUST

SIGNERS = "gpg.ssh.allowedSignersFile"
"""The setting of git that names the file of allowed signers."""

REVOKED = "gpg.ssh.revocationFile"
"""The setting of git that names the list of keys that were taken back."""

_PROGRAMS = {  # what git starts where nothing is set
    "gpg.openpgp.program": "gpg",
    "gpg.x509.program": "gpgsm",
    "gpg.ssh.program": "ssh-keygen",
    # Git takes a key that nobody confirmed; gpg may have fetched it from a server that anybody can write to.
    LEAST_TRUST: "marginal",
}
_OWN_SCOPES = frozenset({"system", "global", "command"})
_LARGEST = 16 << 20  # bytes


class Trusted(NamedTuple):
    """Whose keys count, and which programs of the user's check what Python cannot."""

    signers: bytes | None = None
    """The text of an OpenSSH `allowed_signers` file; None where there is none."""
    revoked: bytes | None = None
    """Keys that were taken back: a list of public keys, or what `ssh-keygen -k` writes."""
    programs: tuple[tuple[str, str], ...] = tuple(_PROGRAMS.items())
    """Settings of git, from the user's and the system's configuration: which programs it starts, and how strictly."""

    def bad_lines(self) -> list[str]:
        """Say which lines of the allowed signers cannot be read."""
        return [f"line {number}: {reason}" for number, reason in parse(self.signers or b"")[1]]

    def settings(self, scratch: str) -> tuple[tuple[str, str], ...]:
        """Return all settings under which git checks signatures; files of them are written to a directory."""
        files = ((SIGNERS, "signers", self.signers), (REVOKED, "revoked", self.revoked))
        settings = list(self.programs)
        for key, name, content in files:
            path = os.devnull
            if content is not None:
                path = os.path.join(scratch, name)
                with open(path, "wb") as file:
                    file.write(content)
            settings.append((key, path))
        return tuple(settings)


def read_trusted(git: Git, allowed_signers: bytes | None = None, *, own: bool) -> Trusted:
    """Return what git's configuration trusts; the text of `allowed_signers` comes before the file that it names.

    Of a repository that is not the user's own, only the system's and the user's configuration count: it does not
    vouch for itself. Programs are never taken from a repository's configuration.
    """
    found = _read_config(git, r"^gpg\.")
    counted = counting(found, own=own)
    paths = dict(counted)
    programs = dict(_PROGRAMS)
    for scope, key, value in found:
        if scope in _OWN_SCOPES and value:
            name = "gpg.openpgp.program" if key == "gpg.program" else key
            programs |= {name: value} if name in programs else {}
    if allowed_signers is None and (path := paths.get(SIGNERS.lower())):
        allowed_signers = read_named(git, SIGNERS, path)
    revoked = read_named(git, REVOKED, path) if (path := paths.get(REVOKED.lower())) else None
    return Trusted(allowed_signers, revoked, tuple(programs.items()))


def read_files(git: Git, setting: str, *, own: bool) -> list[tuple[str, bytes]]:
    """Return path and content of each file that a setting of git names, in the scopes that count."""
    found = counting(_read_config(git, f"^{re.escape(setting.lower())}$"), own=own)
    return [(path, read_named(git, setting, path)) for _, path in found if path]


def counting(found: list[tuple[str, str, str]], *, own: bool) -> list[tuple[str, str]]:
    """Return key and value of the settings that count: of a stranger's repository, only the user's and the system's."""
    return [(key, value) for scope, key, value in found if own or scope in _OWN_SCOPES]


def _read_config(git: Git, pattern: str) -> list[tuple[str, str, str]]:
    """Return scope, key and value of settings of git, also where the user's are kept from a mirror."""
    out = git.configured.run(["config", "--null", "--show-scope", "--get-regexp", pattern], ok=(0, 1))
    parts = out.decode("utf-8", "surrogateescape").split("\0")
    entries = zip(parts[0::2], parts[1::2], strict=False)
    return [(scope, *entry.partition("\n")[::2]) for scope, entry in entries]


def read_named(git: Git, setting: str, path: str) -> bytes:
    """Return what a file holds that a setting of git names; BadFile where there is none."""
    place = os.path.expanduser(path)
    if not os.path.isabs(place):
        # Git reads it from the root of the work tree, whatever directory it is started in.
        top = git.run(["rev-parse", "--show-cdup"], ok=(0, 128)).decode("utf-8", "surrogateescape").strip("\n")
        place = os.path.join(git.directory, top, place)
    hint = f"`git config --unset {setting}`, or set it to a file that is there"
    told = f"the setting {setting} of git names it"
    try:
        found = read_file(place, _LARGEST)
    except OSError as error:
        raise BadFile(place, f"{error.strerror}; {told}", hint=hint) from error
    if found is None:  # a pipe, say, at which to wait for ever
        reason = "it is no file" if os.path.exists(place) else os.strerror(ENOENT)
        raise BadFile(place, f"{reason}; {told}", hint=hint)
    return found
