"""HTTP over one connection: for the processes of this user alone, and nobody holds one for long who sends nothing."""

import asyncio
import select
from typing import Any

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from gto.studio.peer import is_own

_OF_OTHERS = 2.0  # seconds that a connection of another user is kept
_LONGEST_HEAD = 64 * 1024  # bytes of a request before its body
_END = b"\r\n\r\n"  # of what stands before the body


class StudioProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]  # a variable: h11 or httptools
    """HTTP that ends what the client leaves unfinished; to processes of another user each answer is a refusal."""

    patience = 30.0
    """Seconds that a client has for a whole request, and to take what was sent to it."""
    checks_user = True
    """Whether processes of other users are refused."""
    most = 64
    """Connections at a time: one more, and that ends whose client is waited for longest."""

    waits_since = 0.0
    _timer: asyncio.TimerHandle | None = None
    _head = 0
    _tail = b""

    @property
    def waits(self) -> bool:
        """Whether it is the client's turn: to send the rest of a request, or to take what was sent."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body or self.flow.write_paused

    def has_sent(self) -> bool:
        """Tell whether there is something of the client's that was not read yet: many came at once."""
        return bool(select.select([self.transport.get_extra_info("socket")], (), (), 0)[0])

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  as uvicorn has it, like all below
        """Take a connection up."""
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > self.most:
            waiting = [one for one in self.connections if one.waits and not one.transport.is_closing()]
            waiting.sort(key=lambda one: one.waits_since)
            next((one for one in waiting if not one.has_sent()), self).transport.abort()
        if self.checks_user and not is_own(transport.get_extra_info("peername"), transport.get_extra_info("sockname")):
            self.app = PlainTextResponse("This Studio answers the user who started it alone.\n", 403)
            self.loop.call_later(_OF_OTHERS, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._count_head(data)
        if self._head > _LONGEST_HEAD:  # h11 has a limit of its own, httptools has none
            self.transport.abort()
            return
        super().data_received(data)
        self._watch()

    def _count_head(self, data: bytes) -> None:
        """Count the bytes of a request that come before its body, which may begin in the same piece."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._head = 0
            return
        end = (self._tail + data).find(_END)
        self._head += len(data) if end < 0 else max(0, end - len(self._tail))
        self._tail = data[1 - len(_END) :]

    def on_response_complete(self) -> None:
        """Go on to the next request, which has time of its own."""
        self._stop()
        self._head, self._tail = 0, b""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Send on."""
        super().resume_writing()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if not self.waits:
            self._stop()
        elif self._timer is None and not self.transport.is_closing():
            self.waits_since = self.loop.time()
            self._timer = self.loop.call_later(self.patience, self.transport.abort)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
