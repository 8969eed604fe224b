"""Signatures of webhooks: the right one opens, everything else does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from email.message import Message
from typing import TYPE_CHECKING, NamedTuple

import pytest
import standardwebhooks

from gto.exceptions import UsageError
from gto.webhook import forges, signature

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "it is a secret"  # noqa: S105  of these tests alone
WHSEC = "whsec_" + base64.b64encode(b"thirty-two bytes of a random key").decode()
BODY = b'{"ref": "refs/tags/churn@v1.0.0"}'
HEX = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


class Envelope(NamedTuple):
    """A request of a forge."""

    headers: Message
    body: bytes


def envelope(headers: dict[str, str], body: bytes = BODY) -> Envelope:
    made: Message = Message()
    for name, value in headers.items():
        made[name] = value
    return Envelope(made, body)


def is_right(secret: str, sent: Envelope) -> bool:
    forge = forges.sender(sent.headers)
    check = forge and forge.begin((secret,), sent.headers, time.time())
    if check is None:
        return False
    for place in range(0, len(sent.body), 7):
        check.feed(sent.body[place : place + 7])
    return check.is_right()


def standard(
    shift: float = 0, secret: bytes = b"thirty-two bytes of a random key", body: bytes = BODY
) -> dict[str, str]:
    second = str(int(time.time() + shift))
    text = b"msg_1." + second.encode() + b"." + body
    code = base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": second, "webhook-signature": f"v1,{code}"}


SIGNED = {
    "GitHub": {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={HEX}"},
    "Gitea": {"X-Gitea-Event": "push", "X-GitHub-Event": "push", "X-Gitea-Signature": HEX},
    "Forgejo": {"X-Forgejo-Event": "push", "X-Gitea-Event": "push", "X-Forgejo-Signature": HEX},
    "GitLab": {"X-Gitlab-Event": "Tag Push Hook", "X-Gitlab-Token": SECRET},
    "Bitbucket Data Center": {"X-Event-Key": "repo:push", "X-Hub-Signature": f"sha256={HEX}"},
}


@pytest.mark.parametrize("name", SIGNED)
def test_the_signature_of_a_forge_is_known(name: str) -> None:
    sent = envelope(SIGNED[name])
    forge = forges.sender(sent.headers)
    assert forge is not None
    assert forge.name == name
    assert forge.tells_of_push(sent.headers)
    assert is_right(SECRET, sent)


@pytest.mark.parametrize("name", SIGNED)
def test_a_signature_by_another_secret_or_none_or_a_part_is_wrong(name: str) -> None:
    *_, header = SIGNED[name]
    for value in (
        "",
        HEX[:-1],
        f"sha256={HEX[:-1]}",
        f"sha1={HEX}",
        HEX.upper() + "x",
        "\xff",
        "sha256=",
        SECRET[:-1],
    ):
        assert not is_right(SECRET, envelope({**SIGNED[name], header: value}))
    assert not is_right("another secret", envelope(SIGNED[name]))
    assert not is_right(SECRET, envelope({key: value for key, value in SIGNED[name].items() if key != header}))


@pytest.mark.parametrize("name", sorted(SIGNED.keys() - {"GitLab"}))
def test_a_changed_body_is_wrong(name: str) -> None:
    assert not is_right(SECRET, envelope(SIGNED[name], BODY + b" "))


def test_a_forge_is_not_known_by_the_signature_of_another() -> None:
    assert not is_right(SECRET, envelope({"X-GitHub-Event": "push", "X-Gitlab-Token": SECRET}))
    assert not is_right(SECRET, envelope({"X-Gitlab-Event": "Push Hook", "X-Hub-Signature-256": f"sha256={HEX}"}))


def test_the_newer_signature_of_gitlab_is_known() -> None:
    head = {"X-Gitlab-Event": "Tag Push Hook"}
    assert is_right(WHSEC, envelope({**head, **standard()}))
    several = standard()
    several["webhook-signature"] = f"v1,AAAA {several['webhook-signature']} v1a,BBBB"
    assert is_right(WHSEC, envelope({**head, **several}))


WRONG: dict[str, Callable[[], dict[str, str]]] = {
    "too old": lambda: standard(-signature.TOLERANCE - 60),
    "of the future": lambda: standard(signature.TOLERANCE + 60),
    "another secret": lambda: standard(secret=b"another"),
    "another body": lambda: standard(body=b"another"),
    "no time": lambda: standard() | {"webhook-timestamp": "soon"},
    "a long time": lambda: standard() | {"webhook-timestamp": "1" * 5000},
    "a time that is no number": lambda: standard() | {"webhook-timestamp": "²"},
    "another id": lambda: standard() | {"webhook-id": "msg_2"},
    "empty": lambda: standard() | {"webhook-signature": ""},
    "alone": lambda: {"webhook-signature": standard()["webhook-signature"]},
}


@pytest.mark.parametrize("name", WRONG)
def test_the_newer_signature_of_gitlab_is_wrong_in_these_ways(name: str) -> None:
    assert not is_right(WHSEC, envelope({"X-Gitlab-Event": "Tag Push Hook", **WRONG[name]()}))


def test_a_right_token_of_gitlab_does_not_mend_a_wrong_signature() -> None:
    wrong = standard(secret=b"another")
    assert not is_right(WHSEC, envelope({"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": WHSEC, **wrong}))


def test_a_token_of_gitlab_may_hold_any_letters() -> None:
    as_it_comes = "Schlüssel".encode().decode("latin-1")
    assert is_right("Schlüssel", envelope({"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": as_it_comes}))


def test_a_request_of_nobody_that_is_known_has_no_sender() -> None:
    assert forges.sender(envelope({"X-Hub-Signature-256": f"sha256={HEX}"}).headers) is None


def test_what_we_sign_opens_by_the_same_rule() -> None:
    signed = signature.sign((WHSEC,), "msg_1", int(time.time()), BODY)
    assert is_right(WHSEC, envelope({"X-Gitlab-Event": "Push Hook", **signed}))


def test_a_secret_in_base64_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match="base64"):
        signature.key_of("whsec_*")


@pytest.mark.parametrize("length", [0, 1, 15])
def test_a_secret_that_anybody_could_guess_is_refused(length: int) -> None:
    with pytest.raises(UsageError, match="at least 16 bytes") as error:
        signature.key_of("whsec_" + base64.b64encode(b"x" * length).decode())
    assert "openssl rand" in error.value.hint
    assert signature.key_of("whsec_" + base64.b64encode(b"x" * 16).decode()) == b"x" * 16


@pytest.mark.parametrize("name", SIGNED)
def test_without_the_header_of_a_signature_nothing_is_to_be_fed(name: str) -> None:
    *_, header = SIGNED[name]
    sent = envelope({key: value for key, value in SIGNED[name].items() if key != header})
    forge = forges.sender(sent.headers)
    assert forge is not None
    assert forge.begin((SECRET,), sent.headers, time.time()) is None


def test_while_a_secret_is_changed_we_sign_by_both_and_each_opens_it() -> None:
    other = "whsec_" + base64.b64encode(b"thirty-two bytes of another keys").decode()
    signed = signature.sign((other, WHSEC), "msg_1", int(time.time()), BODY)
    assert len(signed["webhook-signature"].split(" ")) == 2
    for secret in (other, WHSEC):
        sent = {key.title(): value for key, value in signed.items()}
        assert standardwebhooks.Webhook(secret).verify(BODY, sent) == {"ref": "refs/tags/churn@v1.0.0"}
        assert is_right(secret, envelope({"X-Gitlab-Event": "Push Hook", **signed}))
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(WHSEC).verify(BODY + b" ", signed)
