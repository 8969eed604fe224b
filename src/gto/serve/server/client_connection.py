"""HTTP over one connection: nobody holds one for long who sends nothing, and there are so many at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

_LONGEST_HEAD = 64 * 1024  # bytes of a request before its body
_END = b"\r\n\r\n"  # of what stands before the body


class ServeProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]  # a variable: h11 or httptools
    """HTTP that ends what the client leaves unfinished.

    One clock for all connections: each second those are ended whose client has been waited for too long.
    """

    patience = 30.0
    most = 512

    waits_since = 0.0
    _head = 0
    _tail = b""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  as uvicorn has it, like all below
        """Take a connection up; where there are too many, the one ends that has been waited for longest."""
        super().connection_made(transport)
        self.waits_since = self.loop.time()
        if len(self.connections) > self.most:
            waiting = [one for one in self.connections if one.waits and not one.transport.is_closing()]
            min(waiting, key=lambda one: one.waits_since, default=self).transport.abort()

    @property
    def waits(self) -> bool:
        """Whether it is the client's turn: to send the rest of a request, or to take what was sent."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body or self.flow.write_paused

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self.cycle is None or self.cycle.response_complete:
            end = (self._tail + data).find(_END) if len(data) < len(_END) or _END not in data else data.find(_END)
            self._head += len(data) if end < 0 else 0
            self._tail = data[1 - len(_END) :]
            if self._head > _LONGEST_HEAD:  # h11 has a limit of its own, httptools has none
                self.transport.abort()
                return
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Go on to the next request, which has time of its own."""
        self._head, self._tail = 0, b""
        self.waits_since = self.loop.time()
        super().on_response_complete()


async def end_waiting(connections: set[Any], patience: float) -> None:
    """End, again and again, the connections whose client has been waited for so long."""
    clock = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(min(1.0, patience / 4))
        oldest = clock() - patience
        for one in list(connections):
            if one.waits and one.waits_since < oldest:
                one.transport.abort()
