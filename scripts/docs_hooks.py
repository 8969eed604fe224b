"""What mkdocs is told of single pages while it builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.structure.pages import Page

INSIDE = ("architecture.md", "decisions/")
"""Pages for people who change GTO: a search by somebody who uses it finds them last."""


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:  # noqa: ANN401  mkdocs hands over more
    """Rank the pages on the inside of GTO behind the others."""
    if page.file.src_uri.startswith(INSIDE):
        page.meta.setdefault("search", {})["boost"] = 0.1
    return markdown
