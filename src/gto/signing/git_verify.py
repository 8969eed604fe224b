"""What git says of a tag's signature: `git verify-tag`, and the words of the programs that it starts."""

import os
import re
from collections.abc import Container, Iterable
from typing import NamedTuple

from gto.core.tag_signature import Signature, Trust
from gto.git.command import Git
from gto.git.safe_config import as_environment

LEAST_TRUST = "gpg.mintrustlevel"
"""The setting of git that says how far gpg must trust a key."""

_STATUS_RE = re.compile(r"(?m)^\[GNUPG:\] ([A-Z_]+)(?: (.*))?$")
_OWNER_RE = re.compile(r'(?m)^[\w.-]+: +(?:Good signature from|aka) "(.*)"(?: \[([a-z]+)\])?$')
_ADDRESS_RE = re.compile(r"(?:^|[^>\s] *)<([^<>\s]+@[^<>\s]+)>$|^([^<>\s=/]+@[^<>\s=/]+)$")
_SUBJECT_RE = re.compile(r"/EMail=([^<>\s=/,]+@[^<>\s=/,]+)(?=/|$)")  # in a name of X.509
_VERDICTS = frozenset({"GOODSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"})
_VALID = frozenset({"ultimate", "full", "marginal"})
"""How gpg marks an owner whom those that its user trusts have confirmed."""
_UNCONFIRMED = frozenset({"unknown", "undefined"})
_REASONS = {
    "BADSIG": (Trust.TAMPERED, "the signature does not fit the text"),
    "EXPSIG": (Trust.EXPIRED, "the signature has expired"),
    "EXPKEYSIG": (Trust.EXPIRED, "the key has expired"),
    "REVKEYSIG": (Trust.REVOKED, "the key was revoked"),
}
_NO_PROGRAM_RE = re.compile(r"cannot (?:run|exec)|[Cc]ould not run|No such file or directory")


class GitVerdict(NamedTuple):
    """How `git verify-tag` ended, and what it printed on stderr."""

    status: int
    text: str

    @property
    def has_no_program(self) -> bool:
        """Whether git could not start what checks such signatures."""
        return _NO_PROGRAM_RE.search(self.text) is not None

    @property
    def first_line(self) -> str:
        """The first words for people."""
        return next((line for line in self.text.splitlines() if line and not line.startswith("[GNUPG:]")), "nothing")


class GitVerifier(NamedTuple):
    """Git in a repository, and the settings under which it checks signatures there."""

    git: Git
    settings: tuple[tuple[str, str], ...]

    def beside(self, *settings: tuple[str, str]) -> "GitVerifier":
        """Return the same with other settings, which count before those that are there."""
        return GitVerifier(self.git, (*self.settings, *settings))

    def ask(self, oid: str, *, raw: bool = True) -> GitVerdict:
        """Have git check a tag object; it writes status lines, or with `raw` off words for people."""
        env = {**self.git.env, **as_environment(self.settings, {**os.environ, **self.git.env})}
        args = ["verify-tag", *(["--raw"] if raw else []), oid]
        _, status, err = self.git._replace(env=env).ask(args)
        return GitVerdict(status, err)


class Owners:
    """The addresses of OpenPGP keys and certificates, asked for once a key."""

    def __init__(self, asked: GitVerifier) -> None:
        self._asked = asked
        self._known: dict[str, tuple[str, ...]] = {}
        self._takes_unconfirmed = dict(asked.settings).get(LEAST_TRUST, "").lower() == "undefined"

    def of(self, key: str, oid: str) -> tuple[str, ...]:
        """Return the confirmed addresses of the key that signed a tag object."""
        if key not in self._known:
            marks = _VALID | _UNCONFIRMED if self._takes_unconfirmed else _VALID
            self._known[key] = tuple(_addresses(self._asked.ask(oid, raw=False).text, marks))
        return self._known[key]


def judge(asked: GitVerifier, owners: Owners, oid: str, email: str) -> Signature:
    """Return what gpg or gpgsm says of a tag object's signature, and whether its key is the tagger's."""
    answer = asked.ask(oid)
    lines = [(match[1], (match[2] or "").split(" ")) for match in _STATUS_RE.finditer(answer.text)]
    verdicts = [(word, rest) for word, rest in lines if word in _VERDICTS]
    if not verdicts:
        return _without_verdict(answer, {word for word, _ in lines})
    if len(verdicts) > 1:
        return Signature(Trust.TAMPERED, reason="it holds several signatures")
    word, rest = verdicts[0]
    key = next((_key_of(found) for name, found in lines if name == "VALIDSIG"), rest[-1 if word == "ERRSIG" else 0])
    if word != "GOODSIG":
        return _not_good(word, rest, key, {name for name, _ in lines})
    if answer.status != 0:
        return Signature(Trust.UNKNOWN_SIGNER, "", key, f"nobody whom gpg trusts says whose key {key} is")
    return _of_owner(owners.of(key, oid), key, email)


def _key_of(fields: list[str]) -> str:
    """Return the fingerprint of the primary key, which gpg names last; gpgsm names but one, at the beginning."""
    return fields[-1] if len(fields[-1]) >= len(fields[0]) else fields[0]


def _not_good(word: str, rest: list[str], key: str, words: set[str]) -> Signature:
    if word in _REASONS:
        trust, reason = _REASONS[word]
        return Signature(trust, _first_address(rest), key, reason)
    if "NO_PUBKEY" in words:
        return Signature(Trust.UNKNOWN_SIGNER, "", key, f"the key {key} is not in the keyring")
    return Signature(Trust.UNCHECKED, "", key, "gpg does not know the algorithm of the signature")


def _of_owner(addresses: tuple[str, ...], key: str, email: str) -> Signature:
    if email.lower() in {address.lower() for address in addresses}:
        return Signature(Trust.GOOD, email, key, names=addresses)
    owner = ", ".join(addresses) or "nobody with an address"
    reason = f"the tagger is {email or 'nobody'}, the key is of {owner}"
    return Signature(Trust.OTHER_SIGNER, addresses[0] if addresses else "", key, reason)


def _without_verdict(answer: GitVerdict, words: set[str]) -> Signature:
    if answer.has_no_program:
        return Signature(Trust.UNCHECKED, reason=f"the program that checks it is not there ({answer.first_line})")
    if words & {"NODATA", "UNEXPECTED", "BADARMOR"}:
        return Signature(Trust.TAMPERED, reason="the signature is damaged")
    return Signature(Trust.UNCHECKED, reason=f"git says no more than: {answer.first_line}")


def _addresses(text: str, marks: Container[str]) -> Iterable[str]:
    """Yield the addresses of confirmed owners: gpg marks each of them, gpgsm none, as an authority confirmed them."""
    is_x509 = text.startswith("gpgsm:")
    for match in _OWNER_RE.finditer(text):
        subjects = _SUBJECT_RE.findall(match[1]) if is_x509 else []
        address = subjects[0] if len(subjects) == 1 else _first_address([match[1]])
        if address and (match[2] in marks or is_x509):
            yield address


def _first_address(words: Iterable[str]) -> str:
    match = _ADDRESS_RE.search(" ".join(words))
    return next((part for part in match.groups() if part), "") if match else ""
