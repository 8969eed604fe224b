"""One value, answered as a page or as JSON: by `.json` at the end of the path, or by what the client accepts."""

import json
import os
import time
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as TemplateContext
from markupsafe import Markup
from markupsafe import escape as escape_html
from sqlalchemy import Connection, func, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gto.output import escape
from gto.output.json_values import plain
from gto.output.published import Published
from gto.studio import words
from gto.studio.addresses import artifact_url, below, repository_url, url
from gto.studio.context import context_of, cookie_of
from gto.studio.draw import marks
from gto.studio.draw.spark import spark
from gto.studio.index.database import kept
from gto.studio.index.deployments import count_targets
from gto.studio.index.schema import repository
from gto.studio.index.waiting import count_waiting
from gto.version import __version__

_DONE: Mapping[str, str] = {
    "names": "Your name is changed.",
    "password": "Your password is changed. All other sessions have ended.",
    "session": "The session has ended.",
    "sessions": "The sessions have ended.",
    "token-removed": "The token is taken back: it opens nothing any more.",
    "forge-token": "The token is kept, and you can act where repositories are written to with it.",
    "forge-token-removed": "The token is removed: Studio does not push as you there any more.",
    "settings": "The settings are kept, and count from now on.",
    "roles": "The roles are changed, and count from now on.",
    "active": "They may log in again.",
    "inactive": "They cannot log in any more. Their sessions have ended, and their tokens open nothing.",
    "withdrawn": "The link is taken back: it opens nothing any more.",
    "secret-removed": "The secret is removed: what the forge sends is refused from now on.",
    "webhook-removed": "The webhook is removed, and its log with it.",
    "tested": "A test is on its way: it stands among the deliveries.",
    "again": "It is on its way once more.",
    "paused": "It is told of nothing until you resume it.",
    "changed": "It is changed, and what waits goes by that.",
    "resumed": "It is told of what happens from now on.",
}
"""What a page says that a form leads to, by the word that `?done=` names."""


class PageValue(Protocol):
    """What a page shows."""

    def as_dict(self) -> Published:
        """Return it for JSON."""


def make_templates() -> Environment:
    """Return the templates: all that they print is escaped, controls are seen, and an unknown name is an error."""
    here = os.path.join(os.path.dirname(__file__), "templates")
    made = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=_visible,
    )  # fmt: skip
    made.globals |= {
        "spark": spark,
        "icon": marks.icon,
        "when": marks.when,
        "stage_class": marks.stage_class,
        "stage_classes": marks.stage_classes,
        "artifact_url": artifact_url,
        "repository_url": repository_url,
        "url": url,
        "gto_version": __version__,
    }
    made.filters |= {
        "iso": words.iso,
        "number": words.number,
        "signed": words.signed,
        "initials": words.initials,
        "hue": words.hue,
        "short": words.short,
        "size": words.size,
        "ago": _ago,
        "hint": hint,
        "plain": words.plain,
    }
    return made


def hint(text: str) -> Markup:
    """Return a text with what stands between backticks as code: what one can type."""
    parts = words.visible(text).split("`")
    if len(parts) % 2 == 0:  # one without its other half
        return escape_html(text)
    shown = (
        Markup("<code>{}</code>").format(part) if place % 2 else escape_html(part) for place, part in enumerate(parts)
    )
    return Markup().join(shown)


def _visible(value: object) -> object:
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@pass_context
def _ago(context: TemplateContext, seconds: float) -> str:
    return words.ago(seconds, context["now"])


def wants_json(request: Request) -> bool:
    """Tell whether a request asks for JSON."""
    accept = request.headers.get("accept", "")
    return request.url.path.endswith(".json") or ("application/json" in accept and "text/html" not in accept)


def json_response(value: object, status: int = 200, media_type: str = "application/json") -> Response:
    """Answer with JSON, in UTF-8."""
    # No value of a page holds itself: to look for that takes as long as to write it.
    text = json.dumps(value, default=plain, ensure_ascii=False, separators=(",", ":"), check_circular=False)
    return Response(escape.clean_json(text).encode("utf-8", "replace"), status, media_type=media_type)


def respond(request: Request, template: str, value: PageValue, status: int = 200) -> Response:
    """Answer with a page, or with the same value as JSON."""
    if wants_json(request):
        return json_response(value.as_dict(), status)
    return HTMLResponse(render(request, template, {"page": value}), status)


def render(request: Request, template: str, values: Mapping[str, object]) -> str:
    """Fill a template in, with what every page has."""
    studio = context_of(request)
    templates: Environment = request.app.state.templates
    with studio.database.read() as connection:
        whole = kept(connection, _read_shared)
    shared = {
        "now": studio.settings.now or int(time.time()),
        "path": request.url.path,
        "query": request.url.query,
        "studio": studio,
        "read_at": whole.read_at,
        "waiting": whole.waiting,
        "broken": whole.broken + len(studio.failures),
        "targets": whole.targets,
        "out_of_sync": whole.out_of_sync,
        "form_token": studio.sessions.form_token(cookie_of(request)),
        "done": _DONE.get(request.query_params.get("done", ""), ""),
        "json_url": f"{request.url.path.rstrip('/')}.json" + (f"?{request.url.query}" if request.url.query else ""),
    }
    return below(studio.prefix, templates.get_template(template).render(**shared, **values))


class _Shared(NamedTuple):
    """What every page says of the whole index."""

    read_at: float | None
    """When the repository that was asked longest ago was read; None where one was never read."""
    waiting: int
    """How much waits for approval."""
    broken: int
    """How many repositories cannot be read."""
    targets: int
    """Where something is deployed."""
    out_of_sync: int
    """How many of them do not run what Git says."""


def _read_shared(connection: Connection) -> _Shared:
    missing, broken = repository.c.read_at.is_(None), repository.c.error.is_not(None)
    oldest, never, wrong = connection.execute(
        select(func.min(repository.c.read_at), func.count().filter(missing & ~broken), func.count().filter(broken))
    ).one()
    return _Shared(None if never else oldest, count_waiting(connection), wrong, *count_targets(connection))
