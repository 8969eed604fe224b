"""What was found on targets, told to a Studio, which shows it beside what Git says."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from gto.exceptions import GTOException, UsageError
from gto.serve.deploy.planning import DeployAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.registry.registry import Registry
    from gto.serve.deploy.planning import Planned

TOKEN = "GTO_STUDIO_TOKEN"  # noqa: S105  the name of the variable
"""The variable with a token of scope `write`."""
_PAGE_RE = re.compile(r"(?P<site>.+?)/r/(?P<repo>[^/]+)/?")
_LONGEST = 2000  # characters of a sentence, as Studio takes them


class ReportAddress(NamedTuple):
    """A Studio, and what it calls the repository."""

    site: str
    repo: str

    @property
    def url(self) -> str:
        """Where reports are posted to."""
        return f"{self.site.rstrip('/')}/api/v1/deployments/{quote(self.repo, safe='')}"


def find_address(text: str, registry: Registry) -> ReportAddress:
    """Read `SITE/r/NAME`, a repository's page; a site alone takes the repository's own name."""
    if not os.environ.get(TOKEN):
        raise UsageError(f"{TOKEN} is not set", "it holds a token of scope `write`, which --report shows to Studio")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"'{text}' is no address of a Studio", "as in https://studio.example.com/r/models")
    page = _PAGE_RE.fullmatch(text)
    if page is not None:
        return ReportAddress(page["site"], unquote(page["repo"]))
    out = registry.git.run(["config", "--get", "remote.origin.url"], ok=(0, 1)).decode("utf-8", "replace").strip()
    place = out or registry.repo.top or ""
    return ReportAddress(text, re.split(r"[/:]", place.rstrip("/"))[-1].removesuffix(".git"))


def send_report(address: ReportAddress, found: Sequence[Planned]) -> list[str]:
    """Post what was found; returns the names of the targets of which nothing is known to tell."""
    from gto.watch.webhook_sender import SendRules, send

    told = [one for one in found if one.action is not DeployAction.REFUSED]
    body = json.dumps({"targets": [_body(one) for one in told]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ[TOKEN]}"}
    outcome = send(address.url, headers, body, SendRules(allow_private=True, allow_http=True))
    if outcome.reason:
        why = {401: f"{TOKEN} holds no token that it takes", 404: f"it knows no repository '{address.repo}'"}
        hint = "name the repository's page: --report SITE/r/NAME" if outcome.status == 404 else _detail(outcome.text)  # noqa: PLR2004  not found
        raise GTOException(
            f"Studio at {address.site} did not take the report: {why.get(outcome.status, outcome.reason)}", hint
        )
    return [one.target.name for one in found if one not in told]


def _detail(text: str) -> str:
    """Return the sentence of a problem of Studio's; what is none, as it is."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(text)["detail"])
    return text


def _body(one: Planned) -> dict[str, object]:
    report = one.report
    return {
        "kind": one.target.kind,
        **{key: getattr(report, key) for key in ("target", "artifact", "version", "commit")},
        "ready": report.is_ready,
        "in_sync": report.is_in_sync,
        **{key: getattr(report, key)[:_LONGEST] for key in ("detail", "unreachable")},
    }
