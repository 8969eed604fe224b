"""Webhooks posted: an event as JSON, signed where there is a secret; and any body, to where rules allow it."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from gto.exceptions import PrivateAddress, RemoteUnreachable, UsageError
from gto.output import escape
from gto.storage import urls
from gto.watch.outcome import AttemptResult, NextStep
from gto.watch.payload import Notice
from gto.webhook import signature

if TYPE_CHECKING:
    from gto.storage.http_connection import HttpSession

_FINAL = frozenset({400, 410, 413, 422})  # the receiver read it, and will not have it
SECONDS = 60.0
"""The longest that a receiver may take to answer, unless somebody says otherwise."""
_MOST_KEPT = 2048  # bytes of an answer
_TO_THE_END = 2.0  # seconds for what is kept of an answer: its status came
_BLANK_RE = re.compile(r"[\x00-\x20\x7f]")
_DIGITS = 9  # of a number of seconds: more than any that is waited for


class SendRules(NamedTuple):
    """Where a webhook may go, and how long that may take."""

    allow_private: bool = False
    """Whether it may go to this machine and its private network."""
    allow_http: bool = False
    """Whether it may go without encryption."""
    ca: str = ""
    """A file of certificates that count beside the system's."""
    seconds: float = 15.0
    """From connecting until the status came; what names resolve to is asked before, and the system limits that."""
    keeps: int = _MOST_KEPT
    """How many bytes of the answer are kept."""


STRICT = SendRules()


class PostOutcome(NamedTuple):
    """What came of one POST."""

    verdict: NextStep
    status: int = 0
    """Of the answer; 0 where none came."""
    reason: str = ""
    """Why it did not go well."""
    retry_after: float = 0.0
    """Seconds that the receiver asks to be left alone."""
    duration: float = 0.0
    """Seconds until the status came."""
    text: str = ""
    """How the answer begins; what could command a terminal is shown as escapes."""


def send(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    rules: SendRules = STRICT,
    session: "HttpSession | None" = None,
) -> PostOutcome:
    """Post a body once. A status of 200 to 299 is success; 400, 410, 413 and 422 will not pass, nor what rules refuse.

    The addresses of the host are judged when it is connected to, and no redirect is followed.
    """
    from gto.storage import http_client  # a watcher that runs a command speaks no HTTP
    from gto.storage.transport import Transport

    try:
        check_url(url, rules)
    except UsageError as error:
        return PostOutcome(NextStep.NEVER, reason=error.message)
    transport = Transport(ca=rules.ca, public=not rules.allow_private)
    request = http_client.Request(url, "POST", headers, body, transport=transport, follow=False, seconds=rules.seconds)
    began = time.monotonic()
    try:
        answer = http_client.send(request, session)
    except PrivateAddress as error:
        reason = f"its address {error.address} is one of this machine or its private network"
        return PostOutcome(NextStep.NEVER, reason=reason, duration=time.monotonic() - began)
    except RemoteUnreachable as error:
        return PostOutcome(NextStep.AGAIN, reason=error.reason, duration=time.monotonic() - began)
    duration = time.monotonic() - began
    text = escape.clean(answer.head(rules.keeps, _TO_THE_END).decode("utf-8", "replace"))
    verdict, reason = _judge(answer.status)
    after = _seconds(answer.headers.get("Retry-After", "")) if verdict is NextStep.AGAIN else 0.0
    return PostOutcome(verdict, answer.status, reason, after, duration, text)


def _judge(status: int) -> tuple[NextStep, str]:
    if 200 <= status < 300:  # noqa: PLR2004  what says yes
        return NextStep.DONE, ""
    reason = f"the receiver answered with status {status}"
    if status in _FINAL:
        return NextStep.NEVER, reason
    # A way in answers with 404, 401 or a redirect too, while what is behind it is made anew.
    return NextStep.AGAIN, reason + (", and redirects are not followed" if 300 <= status < 400 else "")  # noqa: PLR2004  moved


def _seconds(text: str) -> float:
    """Return how long a receiver asks to wait: `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):  # none, or one beyond what a clock can show
        return 0.0


class Webhook(NamedTuple):
    """Where events are posted to."""

    url: str
    secret: str = ""
    """Empty for webhooks that are not signed."""
    seconds: float = SECONDS
    """The longest that the receiver may take to answer."""

    def __str__(self) -> str:
        """Say where, without what may be secret."""
        return f"POST {urls.shown(self.url)}"

    def deliver(self, notice: Notice) -> AttemptResult:
        """Post it once, wherever the user of the watcher says."""
        body = notice.body()
        signed = signature.sign((self.secret,), notice.key, int(time.time()), body) if self.secret else {}
        headers = {
            "Content-Type": "application/json",
            "X-GTO-Event": notice.report.event,
            "X-GTO-Delivery": notice.key,
            **signed,
        }
        rules = SendRules(allow_private=True, allow_http=True, seconds=self.seconds, keeps=0)
        found = send(self.url, headers, body, rules)
        return AttemptResult(found.verdict, found.reason, found.retry_after)


def to(url: str, secret: str = "", seconds: float = SECONDS) -> Webhook:
    """Return the receiver at a URL; UsageError where no webhook can go there."""
    check_url(url, SendRules(allow_http=True))
    signature.key_of(secret)
    return Webhook(url, secret, seconds)


def check_url(url: str, rules: SendRules) -> None:
    """Raise UsageError where no webhook may go to a URL, as far as that can be said before its host is resolved."""
    if not _is_web(url):
        raise UsageError(f"'{urls.shown(url)}' is no URL of a web server", "write it as https://host/path")
    if "@" in urlsplit(url).netloc:
        hint = "leave it out: arguments are for all users of a machine to see; --secret-env signs what is posted"
        raise UsageError("The URL carries a name or a password", hint)
    if not rules.allow_http and urlsplit(url).scheme != "https":
        raise UsageError(f"'{urls.shown(url)}' is not encrypted", "write it as https://host/path")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not _BLANK_RE.search(url)
        )
    except ValueError:  # brackets without an address, a port that is none
        return False
