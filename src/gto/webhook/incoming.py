"""A webhook that came in: who sent it, that its sender knows a secret, and which repository is to be looked at."""

import hashlib
import re
from itertools import chain
from typing import Any, NamedTuple

from gto.webhook import forges, json_fields
from gto.webhook.forges import ForgeWebhook
from gto.webhook.repository_address import comparable
from gto.webhook.signature import Headers

LARGEST = 25 << 20
"""Bytes of a body: GitHub and GitLab send no larger ones."""
_IDENT_RE = re.compile(r"[!-~]{1,200}")
_NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"  # what Azure's button "Test" sends
_DVC = "dvc"


class IncomingWebhook(NamedTuple):
    """What a webhook says that may be believed: that somebody who knows the secret wants a repository looked at."""

    kind: str
    """Who sent it: `github`, `gitlab`, `bitbucket`, `bitbucket-dc`, `gitea`, `forgejo`, `azure`, `dvc`."""
    ident: str
    """The same only for one that was sent again, whoever sends it; where nobody gives one, in the same minute."""
    event: str
    """What happened, in the sender's own words."""
    tells_of_push: bool
    """Whether refs may have come."""
    is_test: bool
    """Whether somebody only tries whether it arrives, as far as the sender says so."""
    repository: str
    """The repository's name there, to be shown."""
    addresses: tuple[str, ...]
    """Where the repository is, in the form of `repository_address.comparable`."""
    sent_at: float | None
    """When it was sent, or it happened, in seconds since 1970; None where nothing says that."""

    def names(self, address: str) -> bool:
        """Tell whether it is about the repository of this address; without addresses its name must do."""
        known = comparable(address)
        if self.addresses:
            return known in self.addresses
        return bool(self.repository) and known.endswith(f"/{self.repository.casefold()}")


class WebhookRefusal(NamedTuple):
    """Why a request is not taken, and the status of HTTP that says so."""

    status: int
    reason: str


_TOO_LARGE = WebhookRefusal(413, f"the body has more than {LARGEST} bytes")
_UNKNOWN = WebhookRefusal(404, "this is no webhook of a forge that is known")
_UNSIGNED = WebhookRefusal(401, "the signature or the secret is wrong, lacking or too old")
_UNREADABLE = WebhookRefusal(400, "the body is no object in JSON, or too much of one")
_NO_ADDRESS = WebhookRefusal(422, "the body names no repository: `repo_url` is expected")


def read_delivery(
    headers: Headers, body: bytes, secrets: tuple[str, ...], now: float, kind: str | None = None
) -> IncomingWebhook | WebhookRefusal:
    """Judge a request, and read what it is about; nothing of the body is looked at before its sender is known.

    Without a kind the headers say who sends it. While a secret is being changed there are two; with none, all is
    refused.
    """
    if len(body) > LARGEST:
        return _TOO_LARGE
    forge = forges.find(kind) if kind else forges.sender(headers)
    if forge is None:
        return _UNKNOWN
    check = forge.begin(secrets, headers, now)
    if check is None:
        return _UNSIGNED
    check.feed(body)
    if not check.is_right():
        return _UNSIGNED
    payload = json_fields.parse_body(body, headers.get("Content-Type", ""))
    return _UNREADABLE if payload is None else _read(forge, headers, payload, _digest(body, now))


def read_dvc_notice(body: bytes, now: float) -> IncomingWebhook | WebhookRefusal:
    """Read what `dvc exp push` and `dvc exp remove` send; who may send it, a token says that is judged elsewhere."""
    if len(body) > LARGEST:
        return _TOO_LARGE
    payload = json_fields.parse_body(body, "")
    if payload is None:
        return _UNREADABLE
    name = json_fields.text(payload, ("repo_url",))
    address = comparable(name)
    if not address:
        return _NO_ADDRESS
    ident = f"{_DVC}:{_digest(body, now)}"
    return IncomingWebhook(_DVC, ident, "dvc exp push", True, False, address, (address,), None)  # noqa: FBT003  a row


def _digest(body: bytes, now: float) -> str:
    """Return what stands for an id where there is none: two equal bodies in one minute are one."""
    return hashlib.sha256(f"{int(now // 60)}.".encode() + body).hexdigest()


def _read(forge: ForgeWebhook, headers: Headers, payload: dict[str, Any], digest: str) -> IncomingWebhook:
    event = _printable(headers.get(forge.event, "")) if forge.event else json_fields.text(payload, ("eventType",))
    own = json_fields.text(payload, ("id",)) if not forge.idents else ""
    given = (headers.get(name, "") for name in forge.idents)
    ident = next(filter(_IDENT_RE.fullmatch, chain(given, [own])), digest)
    written = chain.from_iterable(json_fields.texts(payload, path) for path in forge.addresses)
    parts = [json_fields.text(payload, path) for path in forge.full_name]
    return IncomingWebhook(
        kind=forge.kind,
        ident=f"{forge.kind}:{ident}",
        event=event,
        tells_of_push=event in forge.pushes,
        is_test=event in forge.tests or json_fields.text(payload, ("subscriptionId",)) == _NO_SUBSCRIPTION,
        repository="/".join(parts) if all(parts) else "",
        addresses=tuple(filter(None, dict.fromkeys(map(comparable, written)))),
        sent_at=_sent_at(forge, headers, payload),
    )


def _sent_at(forge: ForgeWebhook, headers: Headers, payload: dict[str, Any]) -> float | None:
    if forge.kind == "gitlab" and headers.get("webhook-signature", ""):
        return float(headers.get("webhook-timestamp", ""))  # it was signed
    return json_fields.second(payload, forge.sent)


def _printable(text: str) -> str:
    return text if text.isprintable() and len(text) <= 100 else ""  # noqa: PLR2004  no forge has a longer word
