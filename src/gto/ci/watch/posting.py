"""An event handed on as a webhook: JSON in a POST, signed where there is a secret."""

import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from gto.ci.watch import seal
from gto.ci.watch.notice import Notice
from gto.ci.watch.outcome import DONE, Outcome, Verdict
from gto.exceptions import RemoteUnreachable, UsageError
from gto.storage import address, web

_PASSING = frozenset({408, 425, 429})
_DIGITS = 9  # of a number of seconds: more than any that is waited for


class Webhook(NamedTuple):
    """Where events are posted to."""

    url: str
    secret: str = ""
    """Empty for webhooks that are not signed."""

    def __str__(self) -> str:
        """Say where, without what may be secret."""
        return f"POST {address.shown(self.url)}"

    def deliver(self, notice: Notice) -> Outcome:
        """Post it once. A status of 200 to 299 is success; of the others 408, 425, 429 and 500 on may pass."""
        body = notice.body()
        signed = seal.sign(self.secret, notice.key, int(time.time()), body) if self.secret else {}
        headers = {
            "Content-Type": "application/json",
            "X-GTO-Event": notice.report.event,
            "X-GTO-Delivery": notice.key,
            **signed,
        }
        try:
            answer = web.send(web.Request(self.url, "POST", headers, body, follow=False))
        except RemoteUnreachable as error:
            return Outcome(Verdict.AGAIN, error.reason)
        answer.close()
        return _judge(answer.status, _seconds(answer.headers.get("Retry-After", "")))


def _judge(status: int, after: float) -> Outcome:
    if 200 <= status < 300:  # noqa: PLR2004  what says yes
        return DONE
    if status in _PASSING or status >= 500:  # noqa: PLR2004  the server's own trouble
        return Outcome(Verdict.AGAIN, f"the receiver answered with status {status}", after)
    more = ", and redirects are not followed" if status < 400 else ""  # noqa: PLR2004  moved
    return Outcome(Verdict.NEVER, f"the receiver answered with status {status}{more}")


def _seconds(text: str) -> float:
    """Return how long a receiver asks to wait: `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):  # none, or one beyond what a clock can show
        return 0.0


def to(url: str, secret: str = "") -> Webhook:
    """Return the receiver at a URL; UsageError where no webhook can go there."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"'{address.shown(url)}' is no URL of a web server", "write it as https://host/path")
    if "@" in parts.netloc:
        hint = "leave it out: arguments are for all users of a machine to see; --secret-env signs what is posted"
        raise UsageError("The URL carries a name or a password", hint)
    seal.key_of(secret)
    return Webhook(url, secret)
