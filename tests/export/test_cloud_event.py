"""Events as CloudEvents: read by the library of their receivers, signed so that theirs verifies them."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook

from gto.export import cloud_event
from gto.registry.event_report import Report
from gto.watch.payload import Notice
from gto.watch.webhook_sender import SendRules, send
from gto.webhook import signature
from tests.web import Reply, serve_web

if TYPE_CHECKING:
    from cloudevents.core.base import BaseCloudEvent

REPORT = Report(
    event="assignment",
    name="nlp:segment/churn",
    version="v1.2.0",
    stage="prod",
    ref="refs/tags/nlp:segment/churn#prod#3",
    commit="a" * 40,
    previous_version="v1.1.0",
    repo="git@example.com:ml/models.git",
)
NOTICE = Notice("b" * 40, REPORT, "Ada", "ada@example.com", "2022-01-01T00:00:00+01:30", "a \U0001f680\nreason")


def parsed(body: bytes) -> BaseCloudEvent:
    return from_http_event(HTTPMessage({"content-type": cloud_event.CONTENT_TYPE}, body))


def test_an_event_is_one_of_cloudevents_and_its_data_is_what_the_watcher_tells() -> None:
    body = cloud_event.event_body(NOTICE)
    found = parsed(body)
    assert found.get_specversion() == "1.0"
    assert found.get_type() == "gto.assignment"
    assert found.get_id() == NOTICE.key
    assert found.get_source() == "ssh://example.com/ml/models.git"
    assert found.get_subject() == "nlp:segment/churn"
    moment = found.get_time()
    assert moment is not None
    assert moment.isoformat() == NOTICE.created_at
    assert found.get_data() == NOTICE.as_dict()
    assert cloud_event.event_body(NOTICE) == body


@pytest.mark.parametrize("repo", ["", "relative/path", "/srv/git/models", "https://example.com/a b.git"])
def test_every_repository_has_a_source(repo: str) -> None:
    assert parsed(cloud_event.event_body(NOTICE._replace(report=REPORT._replace(repo=repo)))).get_source()


def test_a_test_tells_of_no_event() -> None:
    found = parsed(cloud_event.test_body("x1", "https://example.com/a.git", "2022-01-01T00:00:00+00:00"))
    assert (found.get_type(), found.get_id(), found.get_subject(), found.get_data()) == ("gto.test", "x1", None, {})


def test_no_body_is_larger_than_receivers_must_take_and_every_reader_can_read_it() -> None:
    wild = "\ud800\0\u2028" + "\U0001f680" * 100_000
    report = REPORT._replace(description=wild, path="p" * 10_000)
    body = cloud_event.event_body(NOTICE._replace(report=report, message=wild))
    assert len(body) < 64 << 10
    assert json.loads(body.decode())["data"]["description"].startswith("?\0\u2028\U0001f680")


def test_the_library_of_the_receiver_verifies_what_was_sent() -> None:
    secrets = tuple("whsec_" + base64.b64encode(bytes([one]) * 32).decode() for one in (1, 2))
    body = cloud_event.event_body(NOTICE)
    with serve_web() as web:
        web.rule("/hook", lambda _asked, _usual: Reply(204))
        signed = signature.sign(secrets, NOTICE.key, int(time.time()), body)
        head = {"Content-Type": cloud_event.CONTENT_TYPE, **signed}
        assert send(f"{web.url}/hook", head, body, SendRules(allow_private=True, allow_http=True)).status == 204
    (asked,) = web.asked
    for secret in secrets:
        assert Webhook(secret).verify(asked.body, dict(asked.headers))["type"] == "gto.assignment"
    assert from_http_event(HTTPMessage({k.lower(): v for k, v in asked.headers.items()}, asked.body)).get_id()
