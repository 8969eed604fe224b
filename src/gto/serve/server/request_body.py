"""Bodies of requests: read as far as they may go, never held beyond, and few of the large ones at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gto.exceptions import GTOException, MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Receive = Callable[[], Awaitable[Any]]

_LARGE = 1 << 20  # bytes of a body that waits for its turn
_LARGE_AT_ONCE = 4
_DISCARDED = 4  # times the limit: so much is read and forgotten, for a client to come to read the answer
_DIGITS = 15


class TooLarge(GTOException):
    """A body is larger than the server takes."""

    def __init__(self, most: int) -> None:
        """Keep the limit, in bytes."""
        super().__init__(f"the body is larger than {most:,} bytes, the most that this server takes")
        self.most = most


class Gone(Exception):
    """The client went before its request was whole."""


class Bodies:
    """Reads the bodies of one server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def read(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes:
        """Return a whole body; TooLarge, MalformedRequest for a length that is none, Gone."""
        length = _length(headers)
        if length is not None and length > self._most:
            await self._discard(receive, length)
            raise TooLarge(self._most)
        if length is not None and length <= _LARGE:
            message = await receive()
            if not message.get("more_body") and message["type"] == "http.request":
                return bytes(message["body"])
            return await self._rest(message, receive)
        async with self._large:
            return await self._rest(await receive(), receive)

    async def _rest(self, message: Any, receive: Receive) -> bytes:  # noqa: ANN401  ASGI's
        found = bytearray()
        while True:
            if message["type"] != "http.request":
                raise Gone
            found += message.get("body", b"")
            if len(found) > self._most:
                found.clear()
                await self._discard(receive, None)
                raise TooLarge(self._most)
            if not message.get("more_body"):
                return bytes(found)
            message = await receive()

    async def _discard(self, receive: Receive, length: int | None) -> None:
        """Read on and forget, where it is not too much: else a client that is still sending never reads the answer."""
        left = self._most * _DISCARDED
        if length is not None and length > left:
            return
        while left > 0:
            message = await receive()
            if message["type"] != "http.request" or not message.get("more_body"):
                return
            left -= len(message.get("body", b""))


def _length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    found = number_of(headers, b"content-length")
    if header_of(headers, b"content-encoding") not in {b"", b"identity"}:
        raise MalformedRequest("the body is compressed, which this server does not take")
    return found


def number_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> int | None:
    """Return the number in a header; None where it is not there."""
    value = header_of(headers, name)
    if not value:
        return None
    if not value.isdigit() or len(value) > _DIGITS:
        raise MalformedRequest(f"the header {name.decode()} is no number")
    return int(value)


def header_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """Return the value of a header; empty where it is not there."""
    for key, value in headers:
        if key == name:
            return value
    return b""
