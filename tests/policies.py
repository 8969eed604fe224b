"""Policies, facts and approvals in few words, for the tests that judge events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.core import approval, files_signature
from gto.core.approval import Approval
from gto.core.event import Event, read
from gto.core.files_signature import FilesSignature
from gto.core.indexed_replay import IndexedReplay, replay
from gto.core.policy import Facts, Policy, Rule
from gto.core.policy.approver import group
from gto.core.tag_signature import Signature, Trust
from tests.factories import START, TAGGER, body, oid, record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ADA, GRACE, JOAN = "ada@example.com", "grace@example.com", "joan@example.com"
KEY = "SHA256:" + "k" * 43


def by(email: str, name: str, number: int = 1, time: int = START, *, place: int = 15) -> Event:
    """The event that a sound tag of somebody's is; its object's id is that of `place`."""
    made = record(name, oid(number), time)
    found = read(made._replace(oid=oid(place), body=made.body.replace(TAGGER.encode(), f"X <{email}>".encode())))
    assert isinstance(found, Event)
    return found


def past(*events: Event) -> IndexedReplay:
    """What these events said."""
    return replay(sorted(events, key=lambda event: event.key))


def rules(*given: Rule, **policy: Any) -> Policy:  # noqa: ANN401  any field
    """A policy of these rules."""
    return Policy(rules=given)._replace(**policy)


def good(email: str, key: str = "") -> Signature:
    """A signature that proves who made a tag; everybody has a key of their own."""
    return Signature(Trust.GOOD, email, key or f"SHA256:{email}")


def approved(email: str, name: str = "m,v1.0.0,prod", number: int = 1, time: int = START, *, id_: int = 1) -> Approval:
    """Somebody's approval."""
    ref = f"approvals/{name},{id_:012x}"
    parsed = approval.find(ref)
    assert parsed is not None
    text = body(ref, oid(number), time).replace(TAGGER.encode(), f"X <{email}>".encode())
    return Approval(parsed, ref, oid(number), time, text, oid(100 + id_))


def files_signed(email: str, name: str = "m,v1.0.0", number: int = 1, time: int = START) -> FilesSignature:
    """Somebody's signature of files; what it holds is no matter to who judges a push."""
    ref = f"signatures/{name},0123456789ab"
    parsed = files_signature.find(ref)
    assert parsed is not None
    text = body(ref, oid(number), time).replace(TAGGER.encode(), f"X <{email}>".encode())
    return FilesSignature(parsed, ref, oid(number), time, text, oid(200))


def approvals(*given: tuple[Approval, Signature], signature: Signature | None = None) -> Facts:
    """The facts of an event with these approvals."""
    return Facts(signature=signature, approvals=group(given))


class KnownModels:
    """Models whose facts a test gives, by commit: what loading runs, and which commits each breaks."""

    def __init__(self, code: Mapping[str, str], broken: Mapping[str, Sequence[str]] | None = None) -> None:
        self._code = code
        self._broken = broken or {}

    def lack(self, commit: str) -> str:
        return "" if commit in self._code else "nobody wrote them"

    def code_on_load(self, commit: str) -> str:
        return self._code[commit]

    def first_known(self, commits: Sequence[str]) -> str | None:
        return next((commit for commit in commits if commit in self._code), None)

    def breaking_changes(self, old: str, new: str) -> Sequence[str]:
        return ["class changed"] * 5 if old in self._broken.get(new, ()) else []
