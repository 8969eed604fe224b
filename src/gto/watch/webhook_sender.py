"""An event handed on as a webhook: JSON in a POST, signed where there is a secret."""

import re
import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from gto.exceptions import RemoteUnreachable, UsageError
from gto.storage import urls
from gto.watch.outcome import DONE, AttemptResult, NextStep
from gto.watch.payload import Notice
from gto.webhook import signature

_FINAL = frozenset({400, 410, 413, 422})  # the receiver read it, and will not have it
SECONDS = 60.0
"""The longest that a receiver may take to answer, unless somebody says otherwise."""
_BLANK_RE = re.compile(r"[\x00-\x20\x7f]")
_DIGITS = 9  # of a number of seconds: more than any that is waited for


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
        """Post it once. A status of 200 to 299 is success; 400, 410, 413 and 422 will not pass."""
        from gto.storage import http_client  # a watcher that runs a command speaks no HTTP

        body = notice.body()
        signed = signature.sign((self.secret,), notice.key, int(time.time()), body) if self.secret else {}
        headers = {
            "Content-Type": "application/json",
            "X-GTO-Event": notice.report.event,
            "X-GTO-Delivery": notice.key,
            **signed,
        }
        try:
            answer = http_client.send(
                http_client.Request(self.url, "POST", headers, body, follow=False, seconds=self.seconds)
            )
        except RemoteUnreachable as error:
            return AttemptResult(NextStep.AGAIN, error.reason)
        answer.close()
        return _judge(answer.status, _seconds(answer.headers.get("Retry-After", "")))


def _judge(status: int, after: float) -> AttemptResult:
    if 200 <= status < 300:  # noqa: PLR2004  what says yes
        return DONE
    if status in _FINAL:
        return AttemptResult(NextStep.NEVER, f"the receiver answered with status {status}")
    # A way in answers with 404, 401 or a redirect too, while what is behind it is made anew.
    more = ", and redirects are not followed" if 300 <= status < 400 else ""  # noqa: PLR2004  moved
    return AttemptResult(NextStep.AGAIN, f"the receiver answered with status {status}{more}", after)


def _seconds(text: str) -> float:
    """Return how long a receiver asks to wait: `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):  # none, or one beyond what a clock can show
        return 0.0


def to(url: str, secret: str = "", seconds: float = SECONDS) -> Webhook:
    """Return the receiver at a URL; UsageError where no webhook can go there."""
    if not _is_web(url):
        raise UsageError(f"'{urls.shown(url)}' is no URL of a web server", "write it as https://host/path")
    if "@" in urlsplit(url).netloc:
        hint = "leave it out: arguments are for all users of a machine to see; --secret-env signs what is posted"
        raise UsageError("The URL carries a name or a password", hint)
    signature.key_of(secret)
    return Webhook(url, secret, seconds)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not _BLANK_RE.search(url)
        )
    except ValueError:  # brackets without an address, a port that is none
        return False
