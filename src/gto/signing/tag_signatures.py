"""The signatures of tags, judged in bulk: SSH keys here, whatever else by git and the programs that it starts."""

import re
import tempfile
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gto.core.event import tagger
from gto.core.tag_signature import Form, Signature, Signed, Trust, cut
from gto.git.command import Git
from gto.git.commit import parse_commit
from gto.git.objects import read_objects
from gto.signing import git_verify
from gto.signing.ssh_verifier import Signers
from gto.signing.trust_roots import Trusted, read_trusted

__all__ = ["SignedTag", "Trusted", "judge_tags", "read_trusted", "verify_tags"]

_LABEL_RE = re.compile(rb"(?:[^\n]+\n){2}tag ([^\n]*)\n")


class SignedTag(NamedTuple):
    """A tag whose signature is asked about."""

    ref: str
    """The ref without `refs/tags/`."""
    oid: str
    body: bytes
    """The tag object's text."""
    commit: str
    """The commit that it is on; empty where it is on something else."""
    time: int
    """The tagger's time in seconds since 1970-01-01T00:00:00Z."""

    @property
    def email(self) -> str:
        """The tagger's e-mail address."""
        return tagger(self.body).email


def verify_tags(git: Git, tags: Sequence[SignedTag], trusted: Trusted) -> dict[str, Signature]:
    """Return the signature of each tag, by object id; one that is not signed has the verdict UNSIGNED.

    Of several tags with one object the one counts that is not good.
    """
    found: dict[str, Signature] = {}
    for one, signature in zip(tags, judge_tags(git, tags, trusted), strict=True):
        if one.oid not in found or not signature.is_good:
            found[one.oid] = signature
    return found


def judge_tags(git: Git, tags: Sequence[SignedTag], trusted: Trusted) -> list[Signature]:
    """Return the signature of each tag, in their order."""
    with tempfile.TemporaryDirectory(prefix="gto-verify-") as scratch:
        asked = git_verify.GitVerifier(git, trusted.settings(scratch))
        judges = _Judges(Signers(trusted, asked), asked, git_verify.Owners(asked))
        found = [_judge(one, judges) for one in tags]
    sound = [place for place, one in enumerate(found) if one.is_good and tags[place].commit]
    times = _read_times(git, [tags[place].commit for place in sound])
    for place in sound:
        found[place] = _dated(found[place], tags[place], times.get(tags[place].commit))
    return found


class _Judges(NamedTuple):
    """Who says what a signature of SSH, and one of another form, is worth."""

    signers: Signers
    asked: git_verify.GitVerifier
    owners: git_verify.Owners


def _judge(one: SignedTag, judges: _Judges) -> Signature:
    """Judge all but the time of the commit."""
    signed = cut(one.body)
    if signed.form is None:
        return Signature(Trust.UNSIGNED, reason="there is no signature")
    if signed.trailing.strip():
        return Signature(Trust.TRAILING_TEXT, reason=f"{len(signed.trailing)} bytes stand behind the signature")
    label = _LABEL_RE.match(one.body)
    if label is None or label[1] != one.ref.encode("utf-8", "surrogateescape"):
        name = label[1].decode("utf-8", "replace") if label else ""
        return Signature(Trust.OTHER_NAME, reason=f"it was signed as '{name}'")
    return _judge_key(one, signed, judges)


def _judge_key(one: SignedTag, signed: Signed, judges: _Judges) -> Signature:
    if not signed.is_closed:
        return Signature(Trust.TAMPERED, reason="no line ends the signature")
    if signed.form is Form.SSH:
        return judges.signers.judge(one.oid, signed, one.time, one.email)
    return git_verify.judge(judges.asked, judges.owners, one.oid, one.email)


def _read_times(git: Git, commits: Iterable[str]) -> dict[str, int]:
    """Read when commits were made; one that is not here, or is none, is left out."""
    wanted = list(dict.fromkeys(commits))
    if not wanted:
        return {}
    facts = [parse_commit(found) for found in read_objects(git, wanted) if found is not None]
    return {fact.oid: int(fact.created_at.timestamp()) for fact in facts if fact is not None}


def _dated(found: Signature, one: SignedTag, made: int | None) -> Signature:
    """Hold a good signature against the time of the commit that it is on."""
    if made is None:
        return found._replace(trust=Trust.UNCHECKED, reason=f"the commit {one.commit[:7]} is not here")
    if one.time < made:
        reason = f"the tag's time is {made - one.time} seconds before that of its commit"
        return found._replace(trust=Trust.BACKDATED, reason=reason)
    return found
