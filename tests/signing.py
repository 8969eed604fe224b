"""Real keys of SSH and OpenPGP, tags that git signs with them, and what git says of those."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.objects import write_object
from tests.repo import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo

ADA = "ada@example.com"
KINDS = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa-256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa-384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa-521": ("-t", "ecdsa", "-b", "521"),
    "rsa": ("-t", "rsa", "-b", "2048"),
}


def need(program: str, package: str) -> None:
    """Skip where a program is missing."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is missing: apt-get install {package}")


@dataclass(slots=True)
class Keys:
    """SSH keys in a directory, and the file of allowed signers that git is told of."""

    place: Path
    made: list[str] = field(default_factory=list)

    @property
    def signers(self) -> Path:
        """The file of allowed signers."""
        return self.place / "signers"

    def make(self, name: str, *kind: str) -> Path:
        """The private key of a new pair; an ED25519 one, if no kind is named."""
        path = self.place / name
        words = kind or KINDS["ed25519"]
        subprocess.run(["ssh-keygen", "-q", *words, "-N", "", "-C", "", "-f", str(path)], check=True)
        self.made.append(name)
        return path

    def public(self, name: str) -> str:
        """The line of the public key."""
        return (self.place / f"{name}.pub").read_text(encoding="utf-8").strip()

    def fingerprint(self, name: str) -> str:
        """What ssh-keygen calls it."""
        out = run("ssh-keygen", "-l", "-f", str(self.place / f"{name}.pub"), cwd=self.place).stdout
        return out.split()[1]

    def certify(self, authority: str, name: str, *options: str) -> Path:
        """The certificate that an authority gives a key."""
        words = ["ssh-keygen", "-q", "-s", str(self.place / authority), "-I", name, *options]
        subprocess.run([*words, str(self.place / f"{name}.pub")], check=True, capture_output=True)
        return self.place / f"{name}-cert.pub"

    def allow(self, *lines: str) -> None:
        """Write the file of allowed signers."""
        self.signers.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def allow_all(self, principals: str = ADA) -> None:
        """Let everybody's keys be one person's."""
        self.allow(*(f"{principals} {self.public(name)}" for name in self.made))

    def sign(self, repo: Repo, tag: str, key: str, target: str = "HEAD", **options: str) -> str:
        """The id of a new signed tag; `email` and `date` may be given."""
        email = options.get("email", ADA)
        words = ["-c", f"user.signingKey={self.place / key}", "-c", f"user.email={email}", "tag", "--sign"]
        repo.git(*words, "--message", "signed", "--", tag, target, **repo.dated(options.get("date")))
        return repo.git("rev-parse", f"refs/tags/{tag}")


def ssh_keys(repo: Repo, place: Path) -> Keys:
    """A key `ada` that may sign as Ada, and git told to sign and to verify with SSH."""
    need("ssh-keygen", "openssh-client")
    place.mkdir(parents=True, exist_ok=True)
    keys = Keys(place)
    keys.make("ada")
    keys.allow_all()
    repo.git("config", "--global", "gpg.format", "ssh")
    repo.git("config", "--global", "gpg.ssh.allowedSignersFile", str(keys.signers))
    return keys


@dataclass(frozen=True, slots=True)
class Gpg:
    """A home of GnuPG with keys of its own."""

    home: Path

    def run(self, *words: str, text: str | None = None) -> str:
        """What gpg prints."""
        base = ["gpg", "--batch", "--quiet", "--homedir", str(self.home), "--pinentry-mode", "loopback"]
        result = run(*base, "--passphrase", "", *words, cwd=self.home, text=text)
        assert result.code == 0, result.stderr
        return result.stdout

    def make(self, user: str, *, expires: str = "never") -> str:
        """The fingerprint of a new key that signs."""
        self.run("--quick-generate-key", user, "ed25519", "sign", expires)
        return self.fingerprints()[-1]

    def fingerprints(self) -> list[str]:
        """The fingerprints of all keys, in the order in which they came."""
        lines = self.run("--list-keys", "--with-colons").splitlines()
        primary = False
        found = []
        for line in lines:
            fields = line.split(":")
            if fields[0] == "fpr" and primary:
                found.append(fields[9])
            primary = fields[0] == "pub"
        return found

    def trust(self, fingerprint: str, level: int = 6) -> None:
        """Say how far a key's owner is trusted; 6 is ultimately, 2 is not known."""
        self.run("--import-ownertrust", text=f"{fingerprint}:{level}:\n")

    def sign(self, repo: Repo, tag: str, key: str, *, email: str = ADA) -> str:
        """The id of a new signed tag."""
        words = ["-c", "gpg.format=openpgp", "-c", f"user.signingKey={key}!", "-c", f"user.email={email}", "tag", "-s"]
        repo.git(*words, "--message", "signed", "--", tag, **repo.dated())
        return repo.git("rev-parse", f"refs/tags/{tag}")


def gpg_home(short: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpg]:
    """An empty home of GnuPG, which git's gpg uses; `short` is a path that a socket's name can begin with."""
    need("gpg", "gnupg")
    short.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(short))
    (short / "gpg.conf").write_text("no-tty\n", encoding="utf-8")
    (short / "gpg-agent.conf").write_text("allow-loopback-pinentry\n", encoding="utf-8")
    yield Gpg(short)
    if shutil.which("gpgconf"):
        subprocess.run(["gpgconf", "--homedir", str(short), "--kill", "all"], check=False, capture_output=True)


def is_good_for_git(repo: Repo, tag: str) -> bool:
    """Whether `git verify-tag` ends well."""
    return run("git", "verify-tag", tag, cwd=repo.path, env=dict(os.environ)).code == 0


def rewrite(repo: Repo, tag: str, old: bytes, new: bytes, *, ref: str | None = None) -> str:
    """The id of a tag object in which something else stands, which the ref names from now on."""
    body = subprocess.run(["git", "cat-file", "tag", tag], cwd=repo.path, capture_output=True, check=True).stdout
    assert old in body
    oid = write_object(repo, "tag", body.replace(old, new, 1))
    repo.git("update-ref", f"refs/tags/{ref or tag}", oid)
    return oid


def body_of(repo: Repo, tag: str) -> bytes:
    """The text of a tag object."""
    return subprocess.run(["git", "cat-file", "tag", tag], cwd=repo.path, capture_output=True, check=True).stdout
