"""A hint as pages with forms show it: options are what a form calls them, and commands lead to the forms for them."""

import re
from collections.abc import Mapping

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from markupsafe import escape as escape_html

from gto.studio.actions.command_link import form_of
from gto.studio.actions.tick import TICKS
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
    "--name": "Name",
}


@pass_context
def advice(context: Context, text: str, repo: str) -> Markup:
    """Return a hint with the options in the words of forms, and with links to the forms that do what commands do."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:  # a backtick without its other half
        return escape_html(text)
    links = not context["studio"].settings.read_only
    shown = (_code(part, repo if links else "") if place % 2 else _said(part) for place, part in enumerate(parts))
    return Markup().join(shown)


def _said(text: str) -> Markup:
    """Write the words between commands."""
    told = _OPTION_RE.sub(lambda found: f"“{_LABELS[found[2]]}”" if found[2] in _LABELS else found[0], text)
    if any(found[2] not in _LABELS for found in _OPTION_RE.finditer(text)):  # no form has that
        told = f"on the command line, {told}"
    return escape_html(told)


def _code(command: str, repo: str) -> Markup:
    shown = Markup("<code>{}</code>").format(command)
    address = form_of(command, repo) if repo else None
    return Markup('<a href="{}">{}</a>').format(address, shown) if address else shown
