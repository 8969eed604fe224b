"""A hint as pages with forms show it: options are what a form calls them, and commands lead to the forms for them."""

import re
from collections.abc import Mapping

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from markupsafe import escape as escape_html

from gto.studio.actions.command_link import form_of
from gto.studio.actions.wish import TICKS
from gto.studio.words import visible

_OPTION_RE = re.compile(r"(?:the )?(['\"]?)(--[a-z][a-z-]*)\1(?: flag)?")
_LABELS: Mapping[str, str] = {
    **{one.option: one.label for one in TICKS},
    "--sign": "Sign it with your key",
    "--push": "Push",
    "--version": "Version",
    "--stage": "Stage",
    "--path": "Path",
    "--branch": "Branch",
}


@pass_context
def advice(context: Context, text: str, repo: str) -> Markup:
    """Return a hint with the options in the words of forms, and with links to the forms that do what commands do."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its other half
        return escape_html(text)
    links = repo in context["studio"].promotable
    shown = (_code(part, repo if links else "") if place % 2 else _said(part) for place, part in enumerate(parts))
    return Markup().join(shown)


def _said(text: str) -> Markup:
    """Write the words between commands."""
    return escape_html(_OPTION_RE.sub(_in_words, text))


def _in_words(found: re.Match[str]) -> str:
    """Return what a form calls an option; one that no form has stays, as the command line's."""
    label = _LABELS.get(found[2])
    return f"“{label}”" if label else f"{found[0]} on the command line"


def _code(command: str, repo: str) -> Markup:
    shown = Markup("<code>{}</code>").format(command)
    address = form_of(command, repo) if repo else None
    return Markup('<a href="{}">{}</a>').format(address, shown) if address else shown
