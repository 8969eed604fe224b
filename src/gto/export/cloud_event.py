"""An event of the registry as CloudEvents 1.0 has it in JSON (cloudevents.io), for webhooks that go out."""

import json

from gto.export.web_url import as_url
from gto.watch.payload import Notice

CONTENT_TYPE = "application/cloudevents+json"
TEST = "gto.test"
"""The type of what is sent to see whether it arrives."""
_LONGEST = 4_000
"""Characters of a text, so that no body has more than the 64 KB which every receiver of CloudEvents must take."""


def event_body(notice: Notice) -> bytes:
    """Return the body that tells of an event; each time the same, so that receivers know one that comes again.

    Its `data` is what `gto watch` tells, its `id` the id of the tag object.
    """
    data = {key: clean(value) for key, value in notice.as_dict().items()}
    return _body(notice.key, notice.report.repo, f"gto.{notice.report.event}", notice.created_at, data)


def test_body(ident: str, source: str, time: str) -> bytes:
    """Return the body of a test, which tells of no event; the time is in ISO form."""
    return _body(ident, source, TEST, time, {})


def _body(ident: str, source: str, kind: str, time: str, data: dict[str, str]) -> bytes:
    event: dict[str, object] = {
        "specversion": "1.0",
        "id": ident,
        "source": as_url(source) or "/",
        "type": kind,
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }
    if data.get("name"):
        event["subject"] = data["name"]
    return json.dumps(event, ensure_ascii=False).encode()


def clean(text: str) -> str:
    """Return a text without what JSON's readers stumble over, halves of surrogate pairs, and cut where it is long."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
