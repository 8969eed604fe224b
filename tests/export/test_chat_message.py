"""Messages in chats: what somebody wrote into the repository is text there, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.export.chat_message import ChatKind, chat_body, chat_test
from gto.registry.event_report import Report
from gto.watch.payload import Notice

REPORT = Report(event="assignment", name="churn", version="v1.2.0", stage="prod", repo="https://example.com/ml.git")
NOTICE = Notice("b" * 40, REPORT, "Ada", "ada@example.com", "2022-01-01T00:00:00+00:00", "better\nby far")
LINK = "https://studio.example.com/m/ml/churn?a=(1)&b=<2>"
WILD = "`<!channel> <@U1> <https://evil.example|click> @all [x](https://evil.example) **b** | & \x1b[31m\u202e\n# head"


def body(kind: ChatKind, notice: Notice = NOTICE, link: str = LINK) -> Any:  # noqa: ANN401  JSON
    return json.loads(chat_body(kind, notice, link))


def runs(card: Any) -> list[dict[str, Any]]:  # noqa: ANN401  JSON
    (attachment,) = card["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    assert {block["type"] for block in attachment["content"]["body"]} == {"RichTextBlock"}
    return [run for block in attachment["content"]["body"] for run in block["inlines"]]


def test_a_message_says_what_happened_and_leads_to_its_page() -> None:
    said = "`Ada` assigned stage `prod` to version `v1.2.0` of `churn`"
    facts = "Message: `better`\nRepository: `https://example.com/ml.git`"
    link = "<https://studio.example.com/m/ml/churn?a=(1)&amp;b=&lt;2&gt;|Open in Studio>"
    assert body(ChatKind.SLACK) == {"text": f"{said}\n{facts}\n{link}"}
    link = "[Open in Studio](https://studio.example.com/m/ml/churn?a=%281%29&b=<2>)"
    assert body(ChatKind.MATTERMOST) == {"text": f"{said}\n{facts}\n{link}"}
    card = body(ChatKind.TEAMS)
    texts = "".join(run["text"] for run in runs(card))
    assert texts == said.replace("`", "") + facts.replace("`", "").replace("\n", "")
    (action,) = card["attachments"][0]["content"]["actions"]
    assert (action["type"], action["url"]) == ("Action.OpenUrl", LINK)
    assert "actions" not in body(ChatKind.TEAMS, link="")["attachments"][0]["content"]
    assert body(ChatKind.SLACK, link="")["text"].endswith("ml.git`")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("registration", "`Ada` registered version `v1.2.0` of `churn`"),
        ("deregistration", "`Ada` deregistered version `v1.2.0` of `churn`"),
        ("assignment", "`Ada` assigned stage `prod` to version `v1.2.0` of `churn`, which `v1.1.0` had before"),
        ("unassignment", "`Ada` unassigned stage `prod` from version `v1.2.0` of `churn`"),
        ("deprecation", "`Ada` deprecated `churn`"),
        ("something", "`Ada`: `something` of `churn`"),
    ],
)
def test_every_event_has_a_sentence(event: str, words: str) -> None:
    notice = NOTICE._replace(report=REPORT._replace(event=event, previous_version="v1.1.0"))
    assert body(ChatKind.SLACK, notice)["text"].partition("\n")[0] == words


def filled(text: str) -> Notice:
    return NOTICE._replace(author=text, message=text, report=REPORT._replace(name=text, version=text, repo=text))


def outside_of_code(text: str) -> str:
    """What stands in no code span; each ends in its own line."""
    assert all(line.count("`") % 2 == 0 for line in text.split("\n"))
    return re.sub("`[^`\n]*`", "", text)


OURS = " assigned stage  to version  of "


@given(st.text(max_size=400) | st.text(alphabet="<>!@|`*_~[]()#&\n\\ a", max_size=40))
def test_what_somebody_wrote_is_only_text(text: str) -> None:
    for wild in (text, WILD):
        notice = filled(wild)
        slack = body(ChatKind.SLACK, notice, "")["text"]
        assert outside_of_code(slack) in {f"{OURS}\nMessage: \nRepository: ", f"{OURS}\nRepository: ", OURS}
        assert not re.search("[<>]|&(?!(?:amp|lt|gt);)", slack)
        mattermost = body(ChatKind.MATTERMOST, notice, "")["text"]
        assert outside_of_code(mattermost) in {f"{OURS}\nMessage: \nRepository: ", f"{OURS}\nRepository: ", OURS}
        assert not re.search("<[!@h#]", mattermost)
        for one in (slack, mattermost, *(run["text"] for run in runs(body(ChatKind.TEAMS, notice, "")))):
            assert not re.search("[\x00-\x09\x0b-\x1f\u202e\ud800-\udfff]", one)


def test_long_texts_are_cut() -> None:
    for kind in ChatKind:
        assert len(chat_body(kind, filled("<" * 100_000))) < 12_000


def test_a_test_of_the_channel_is_a_message_too() -> None:
    assert json.loads(chat_test(ChatKind.SLACK)) == json.loads(chat_test(ChatKind.MATTERMOST))
    assert "text" in json.loads(chat_test(ChatKind.SLACK))
    assert [run["text"] for run in runs(json.loads(chat_test(ChatKind.TEAMS)))] == [
        "GTO: events of the registry arrive here."
    ]
