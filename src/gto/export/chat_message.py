"""An event of the registry as a message in a chat: Slack, Mattermost, Microsoft Teams, by their incoming webhooks.

What people wrote into the repository is only text there: it mentions nobody, links nowhere and formats nothing.
"""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from string import Formatter
from typing import NamedTuple

from gto.output import escape
from gto.watch.payload import Notice

_LONGEST = 300  # characters of a text that somebody wrote
_OPEN = "Open in Studio"


class ChatKind(StrEnum):
    """The chat systems."""

    SLACK = "slack"
    MATTERMOST = "mattermost"
    TEAMS = "teams"


class _Piece(NamedTuple):
    text: str
    is_ours: bool = False
    """Whether it is of this file, not of the repository."""


class _Message(NamedTuple):
    sentence: tuple[_Piece, ...]
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""


def chat_body(kind: ChatKind, notice: Notice, link: str = "") -> bytes:
    """Return the body of a POST that tells of an event; the link, an absolute URL, leads to its page."""
    facts = (("Message", notice.message.partition("\n")[0]), ("Repository", notice.report.repo))
    return _render(kind, _Message(_sentence(notice), tuple(fact for fact in facts if fact[1]), link))


def chat_test(kind: ChatKind) -> bytes:
    """Return the body of a POST that shows whether messages arrive."""
    return _render(kind, _Message((_Piece("GTO: events of the registry arrive here.", is_ours=True),)))


_SENTENCES = {
    "registration": "{author} registered version {version} of {name}",
    "deregistration": "{author} deregistered version {version} of {name}",
    "assignment": "{author} assigned stage {stage} to version {version} of {name}",
    "unassignment": "{author} unassigned stage {stage} from version {version} of {name}",
    "deprecation": "{author} deprecated {name}",
}


def _sentence(notice: Notice) -> tuple[_Piece, ...]:
    """Return what happened, cut into what we say and what the repository says."""
    fields = notice.as_dict()
    text = _SENTENCES.get(notice.report.event, "{author}: {event} of {name}")
    if notice.report.event == "assignment" and notice.report.previous_version:
        text += ", which {previous_version} had before"
    parsed = Formatter().parse(text)
    pieces = [(_Piece(ours, is_ours=True), _Piece(fields[field]) if field else None) for ours, field, *_ in parsed]
    return tuple(one for pair in pieces for one in pair if one is not None and (one.text or not one.is_ours))


def _render(kind: ChatKind, message: _Message) -> bytes:
    return json.dumps(_RENDERERS[kind](message)).encode()


def _short(text: str) -> str:
    """Return what somebody wrote as one line of at most so many characters, without what commands a screen."""
    text = escape.one_line(text).strip() or escape.MISSING
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _marked(message: _Message, code: Callable[[str], str], link: str) -> dict[str, object]:
    """Return a message in a system's markup: what people wrote stands in code spans."""
    sentence = "".join(one.text if one.is_ours else code(one.text) for one in message.sentence)
    facts = [f"{name}: {code(text)}" for name, text in message.facts]
    return {"text": "\n".join([sentence, *facts, *([link] if message.link else [])])}


def _slack(message: _Message) -> dict[str, object]:
    """Slack takes `<...>` for links and mentions also in code, unless its three characters are written as entities."""
    link = f"<{_entities(message.link.replace('|', '%7C'))}|{_OPEN}>"
    return _marked(message, lambda text: f"`{_entities(_short(text).replace('`', chr(39)))}`", link)


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mattermost(message: _Message) -> dict[str, object]:
    """Mattermost shows Markdown, where code mentions nobody; it turns Slack's `<!here>` into its own before it does."""
    link = f"[{_OPEN}]({message.link.replace('(', '%28').replace(')', '%29')})"
    return _marked(
        message, lambda text: f"`{_short(text).replace('`', chr(39)).replace('<', '<' + chr(0x200B))}`", link
    )


def _teams(message: _Message) -> dict[str, object]:
    """An Adaptive Card, for a workflow that posts cards: runs of text know no Markdown, as its other texts do."""
    sentence = [_run(one.text if one.is_ours else _short(one.text), bold=not one.is_ours) for one in message.sentence]
    facts = [_line([_run(f"{name}: "), _run(_short(text))]) for name, text in message.facts]
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_line(sentence), *facts],
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": _OPEN, "url": message.link}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _line(runs: list[dict[str, object]]) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": runs}


def _run(text: str, *, bold: bool = False) -> dict[str, object]:
    return {"type": "TextRun", "text": text, **({"weight": "Bolder"} if bold else {})}


_RENDERERS: Mapping[ChatKind, Callable[[_Message], dict[str, object]]] = {
    ChatKind.SLACK: _slack,
    ChatKind.MATTERMOST: _mattermost,
    ChatKind.TEAMS: _teams,
}
