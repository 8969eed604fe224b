"""Webhooks that come in: the shapes of each sender are read, and what only looks like one is refused."""

from __future__ import annotations

import base64
import json
from email.message import Message
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.webhook import incoming, json_fields
from gto.webhook.incoming import IncomingWebhook, WebhookRefusal
from tests import webhook_payloads
from tests.webhook_payloads import DVC_NOTICE, GITHUB, GITLAB, SHAPES, Posted, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of a random key").decode()
NOW = 1_764_000_000.0
every = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
IDENTS = {
    "github": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "gitlab": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    "bitbucket": "6a5c7e1f-3e0d-4b32-a1f6-7f4a9ac0b1d2",
    "bitbucket-dc": "229fe4cd-6feb-4d1a-9ed5-5e2e0dbd6e05",
    "gitea": "f6266f16-1bf3-46a5-9ea4-602e06ead473",
    "forgejo": "f6266f16-1bf3-46a5-9ea4-602e06ead473",
    "azure": "03c164c2-8912-4d5e-8009-3707d5f83734",
}
TIMES = {"github": 1557933657.0, "bitbucket-dc": 1505778332.0, "azure": 1399058233.33}


def read(sent: Posted, *secrets: str, now: float = NOW, kind: str | None = None) -> IncomingWebhook | WebhookRefusal:
    return incoming.read_delivery(as_headers(sent.headers), sent.body, secrets or (SECRET,), now, kind)


def as_headers(given: Mapping[str, str]) -> Message:
    made: Message = Message()
    for name, value in given.items():
        made[name] = value
    return made


def taken(sent: Posted, *secrets: str, now: float = NOW, kind: str | None = None) -> IncomingWebhook:
    found = read(sent, *secrets, now=now, kind=kind)
    assert isinstance(found, IncomingWebhook)
    return found


def status(found: IncomingWebhook | WebhookRefusal) -> int:
    assert isinstance(found, WebhookRefusal)
    assert found.reason
    return found.status


@every
def test_a_push_of_each_forge_says_which_repository_is_to_be_looked_at(shape: Shape) -> None:
    found = taken(shape.post(SECRET))
    assert (found.kind, found.repository, found.is_test) == (shape.kind, shape.repository, False)
    assert found.ident == f"{shape.kind}:{IDENTS[shape.kind]}"
    assert found.tells_of_push
    assert found.sent_at == (pytest.approx(TIMES[shape.kind], abs=0.01) if shape.kind in TIMES else None)
    for address in shape.addresses:
        assert found.names(address), address
    assert not found.names("https://github.com/Codertocat/Hello-World-2.git")
    assert not found.names("")
    assert taken(shape.post(SECRET), kind=shape.kind) == found


@every
def test_a_request_that_nobody_who_knows_the_secret_sent_is_refused(shape: Shape) -> None:
    sent = shape.post(SECRET)
    assert status(read(sent, "another secret")) == 401
    assert status(read(sent, "")) == 401
    assert status(incoming.read_delivery(as_headers(sent.headers), sent.body, (), NOW)) == 401
    assert status(read(Posted(shape.headers, sent.body), kind=shape.kind)) == 401
    if shape.kind not in {"gitlab", "azure"}:  # those send no signature of the body
        assert status(read(Posted(sent.headers, sent.body + b" "))) == 401


@every
def test_while_a_secret_is_changed_both_are_right(shape: Shape) -> None:
    assert taken(shape.post("old secret"), SECRET, "old secret") == taken(shape.post(SECRET), SECRET, "old secret")


@every
def test_one_that_is_sent_again_has_the_same_id(shape: Shape) -> None:
    first = taken(shape.post(SECRET))
    assert taken(shape.post(SECRET), now=NOW + 3600).ident == first.ident
    bare = {name: value for name, value in shape.headers.items() if IDENTS[shape.kind] not in value}
    bare.pop("X-Gitlab-Webhook-UUID", None)
    payload = {key: value for key, value in shape.payload.items() if key != "id"}
    without = shape._replace(headers=bare).post(SECRET, payload)
    kind = shape.kind
    assert taken(without, kind=kind).ident == taken(without, now=NOW + 1, kind=kind).ident
    assert taken(without, kind=kind).ident != taken(without, now=NOW + 60, kind=kind).ident
    assert taken(shape._replace(headers=bare).post(SECRET, {**payload, "more": 1}), kind=kind).ident != first.ident


@pytest.mark.parametrize("shape", [one for one in SHAPES if one.ping], ids=lambda shape: shape.kind)
def test_a_test_of_the_webhook_is_known(shape: Shape) -> None:
    assert shape.ping is not None
    headers, payload = shape.ping
    found = taken(shape._replace(headers={**shape.headers, **headers}).post(SECRET, payload))
    assert found.is_test
    assert found.addresses == ()
    assert not found.names("")


def test_the_newer_signature_of_gitlab_names_the_delivery_and_its_time() -> None:
    shape = GITLAB._replace(sign=webhook_payloads.standard)
    sent = shape.post(SECRET)
    second = float(sent.headers["webhook-timestamp"])
    found = taken(sent, "a token of before", SECRET, "whsec_*", now=second + 10)
    assert (found.ident, found.sent_at) == ("gitlab:msg_1", second)
    assert status(read(sent, now=second + 301)) == 401
    assert status(read(sent, now=second - 301)) == 401
    assert status(read(sent._replace(body=sent.body + b" "), now=second)) == 401


def test_azure_may_send_the_secret_in_a_header_of_its_own() -> None:
    shape = webhook_payloads.AZURE._replace(sign=lambda secret, _body: {"X-GTO-Token": secret})
    assert taken(shape.post(SECRET)).kind == "azure"
    for wrong in ("Basic", "Basic *", "Basic " + base64.b64encode(SECRET.encode()).decode(), f"Bearer {SECRET}"):
        assert status(read(shape.post("x", Authorization=wrong), kind="azure")) == 401


def test_a_form_of_github_is_read_as_its_payload() -> None:
    sent = GITHUB.post(SECRET)
    body = b"payload=" + sent.body.replace(b"%", b"%25").replace(b"+", b"%2B").replace(b"&", b"%26")
    head = {**GITHUB.headers, **GITHUB.sign(SECRET, body), "Content-Type": "application/x-www-form-urlencoded"}
    assert taken(Posted(head, body)) == taken(sent)


def test_an_older_bitbucket_that_tells_no_address_is_matched_by_its_name() -> None:
    shape = webhook_payloads.BITBUCKET_DC
    repository = {"slug": "repository", "project": {"key": "PROJ"}}
    found = taken(shape.post(SECRET, {"repository": repository, "date": "yesterday"}))
    assert (found.addresses, found.sent_at) == ((), None)
    assert all(found.names(address) for address in shape.addresses)
    assert not found.names("https://git.example.com/scm/OTHER/repository.git")


def test_a_request_of_nobody_that_is_known_is_refused() -> None:
    sent = GITHUB.post(SECRET)
    assert status(read(Posted({"X-Hub-Signature-256": sent.headers["X-Hub-Signature-256"]}, sent.body))) == 404
    assert status(read(sent, kind="sourceforge")) == 404
    assert status(read(sent, kind="gitlab")) == 401


def signed(body: bytes) -> Posted:
    return Posted({**GITHUB.headers, **GITHUB.sign(SECRET, body)}, body)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[1]", b'"text"', b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"9" * 9_999],
    ids=lambda body: body[:8].decode("latin-1"),
)
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert status(read(signed(body))) == 400


def test_a_body_that_is_too_large_or_holds_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(read(signed(b'{"a": [' + b"0," * 1_000_001 + b"0]}"))) == 400
    monkeypatch.setattr(incoming, "LARGEST", 100)
    assert status(read(GITHUB.post(SECRET))) == 413
    assert status(incoming.read_dvc_notice(b"x" * 101, NOW)) == 413


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False)
KEYS = st.sampled_from(["repository", "clone_url", "full_name", "links", "html", "href", "pushed_at", "project", "id"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@given(st.sampled_from(SHAPES), st.dictionaries(KEYS, VALUES))
def test_whatever_a_payload_holds_it_is_read(shape: Shape, payload: dict[str, object]) -> None:
    found = taken(shape.post(SECRET, payload))
    assert all(isinstance(one, str) for one in (*found.addresses, found.repository, found.ident, found.event))
    assert found.sent_at is None or isinstance(found.sent_at, float)


@given(
    st.sampled_from(SHAPES), st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0d8 1e-', max_size=60).map(str.encode)
)
def test_whatever_a_body_holds_it_is_read_or_refused(shape: Shape, body: bytes) -> None:
    sent = Posted({**shape.headers, **shape.sign(SECRET, body)}, body)
    assert isinstance(read(sent), IncomingWebhook) or status(read(sent)) == 400
    found = incoming.read_dvc_notice(body, NOW)
    assert isinstance(found, IncomingWebhook) or status(found) in {400, 422}


@given(
    st.sampled_from(SHAPES),
    st.dictionaries(st.sampled_from([name for one in SHAPES for name in one.post("x").headers]), st.text(max_size=30)),
)
def test_whatever_headers_hold_nobody_is_taken_who_does_not_know_the_secret(
    shape: Shape, headers: dict[str, str]
) -> None:
    for kind in (None, shape.kind):
        found = incoming.read_delivery(headers, shape.post(SECRET).body, (SECRET,), NOW, kind)
        assert status(found) in {401, 404}


def test_texts_that_could_not_be_kept_or_shown_are_as_none() -> None:
    for text in ("\ud800", "a\0b", "a\nb", "\u202e", "x" * 2001):
        value = json.loads(json.dumps({"a": {"b": [text, "right"]}}))
        assert list(json_fields.texts(value, ("a", "b"))) == ["right"]


def test_the_notice_of_dvc_names_the_repository() -> None:
    found = incoming.read_dvc_notice(json.dumps(DVC_NOTICE).encode(), NOW)
    assert isinstance(found, IncomingWebhook)
    assert found.names("https://github.com/ada/churn")
    assert (found.kind, found.tells_of_push) == ("dvc", True)
    assert status(incoming.read_dvc_notice(b'{"repo_url": 1}', NOW)) == 422
    assert status(incoming.read_dvc_notice(b"no", NOW)) == 400
