"""A model's card as HTML: Markdown without scripts, images and addresses that lead anywhere but to the web."""

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from gto.studio.words import visible

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_RE = re.compile(r"\A---\r?\n.*?^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_SCHEMES = {"http", "https", "mailto"}
_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_BELOW = 2  # levels that a heading of a card is put below its own: the page has the first two


def render_card(text: str) -> Markup:
    """Return a card as HTML that is safe on a page; the YAML at the head of a file is left out."""
    import nh3  # both take memory that a Studio whose cards nobody reads does without
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(_FRONT_RE.sub("", text, count=1))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1:]) + _BELOW)}"
        token.children = [_harmless(child) for child in token.children] if token.children else token.children
    made = str(parser.renderer.render(tokens, parser.options, {}))
    clean = nh3.clean(
        made, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel="nofollow noopener noreferrer"
    )
    return Markup(visible(clean))  # noqa: S704  nh3 let through the tags above alone


def render_within(text: str, most: int) -> tuple[Markup, bool]:
    """Return as much of a card, from its start, as so many characters of HTML hold; and whether that is all of it."""
    shown = text[:most]
    made = render_card(shown)
    while len(made) > most:
        shown = shown[: len(shown) // 2]
        made = render_card(shown)
    return made, len(shown) == len(text)


def _harmless(token: "Token") -> "Token":
    """Return what stands for a part of a line: for an image its text, for a link to nowhere on the web no link."""
    if token.type == "image":
        return type(token)("text", "", 0, content=token.content)
    if token.type == "link_open" and str(token.attrGet("href")).partition(":")[0].lower() not in _SCHEMES:
        token.attrs = {}
    return token
