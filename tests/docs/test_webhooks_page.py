"""What docs/studio/webhooks.md tells receivers is so."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from gto.export import cloud_event
from gto.registry.event_report import Report
from gto.watch.payload import Notice
from gto.webhook import signature
from scripts import pages

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of a random key").decode()


def block(language: str) -> str:
    """The page's only block in a language."""
    text = (pages.ROOT / "docs/studio/webhooks.md").read_text(encoding="utf-8")
    (found,) = (part.partition("```")[0] for part in text.split(f"```{language}\n")[1:])
    return found


def test_the_example_is_what_is_sent() -> None:
    shown = json.loads(block("json"))
    data = dict(shown["data"])
    report = Report(**{key: data.pop(key) for key in Report._fields})
    assert json.loads(cloud_event.event_body(Notice(report=report, **data))) == shown


def test_the_code_of_the_page_verifies_what_we_sign() -> None:
    here: dict[str, Any] = {}
    exec(block("python"), here)  # noqa: S102  the page's code
    body = b'{"type": "gto.test"}'
    signed = signature.sign(("whsec_" + base64.b64encode(b"x" * 32).decode(), SECRET), "1", int(time.time()), body)
    assert here["verified"](body, signed, SECRET) == {"type": "gto.test"}
    with pytest.raises(ValueError, match="signed by somebody else"):
        here["verified"](body + b" ", signed, SECRET)
    with pytest.raises(ValueError, match="too long ago"):
        here["verified"](body, signature.sign((SECRET,), "1", int(time.time()) - 400, body), SECRET)
