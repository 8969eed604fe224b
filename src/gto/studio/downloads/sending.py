"""Files and archives on their way to a client: ranges, what it has already, and no more of them than pages bear."""

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote

import anyio
from anyio.to_thread import run_sync
from fastapi import HTTPException, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gto.exceptions import GTOException
from gto.git.command import masked
from gto.studio.context import context_of
from gto.studio.downloads.located_version import FoundFilesCache

T = TypeVar("T")
LOG = logging.getLogger("gto.studio")

_THREADS = 8  # beside those of pages; most of their time they wait for stores
_MOST = 64  # downloads at a time
_MOST_LONG = 2  # jobs at a time that read whole versions
_PATIENCE = 10.0  # seconds that one more waits
_PIECE = 256 << 10  # bytes: a client has half a minute for each
_FIRST = 64 << 10  # bytes
_RANGE_RE = re.compile("bytes=([0-9]{0,19})-([0-9]{0,19})")


class Downloads:
    """What the downloads of one Studio share: threads, places, and where files were found."""

    def __init__(self, most: int = _MOST, patience: float = _PATIENCE) -> None:
        self.found = FoundFilesCache()
        self._threads = anyio.CapacityLimiter(_THREADS)
        self._places = anyio.CapacityLimiter(most)
        self._of_strangers = anyio.CapacityLimiter(max(1, most // 2))  # whoever asks keeps no team from its files
        self._patience = patience
        self._long: dict[str, asyncio.Task[Any]] = {}
        self._long_threads = anyio.CapacityLimiter(_MOST_LONG)

    async def work(self, job: Callable[[], T]) -> T:
        """Do what waits for Git or a store, in a thread that no page needs."""
        return await run_sync(job, limiter=self._threads)

    async def work_long(self, name: str, job: Callable[[], T], *, for_stranger: bool = False) -> T | None:
        """Do what may take hours, once for all who ask for it by one name; None where it is not done within seconds."""
        if name not in self._long and len(self._long) >= (1 if for_stranger else _MOST_LONG):
            return None
        task = self._long.get(name)
        if task is None:
            task = self._long[name] = asyncio.create_task(run_sync(job, limiter=self._long_threads))
            task.add_done_callback(partial(self._end_long, name))
        await asyncio.wait([task], timeout=self._patience)
        return cast("T", task.result()) if task.done() else None

    def _end_long(self, name: str, task: asyncio.Task[Any]) -> None:
        self._long.pop(name, None)
        if not task.cancelled():
            task.exception()  # told to who waits, if anybody does

    async def send(self, make: "Callable[[], Sendable]", request: Request) -> Response:
        """Answer with what `make` returns, once there is a place; 503 where there is none for some seconds."""
        place = object()
        limits = (self._places,) if context_of(request).is_known else (self._of_strangers, self._places)
        try:
            with anyio.fail_after(self._patience):
                for limit in limits:
                    await limit.acquire_on_behalf_of(place)
            answer = await self.work(lambda: _answer(make(), request))
        except TimeoutError:
            self.release(place)
            raise HTTPException(503, "Too many files are being downloaded: try again in a moment.") from None
        except BaseException:
            self.release(place)
            raise
        return StreamedFile(answer, self, place)

    def release(self, place: object) -> None:
        """Let the next download begin."""
        for limit in (self._of_strangers, self._places):
            with suppress(RuntimeError):  # it holds none of this limit
                limit.release_on_behalf_of(place)


def downloads_of(request: Request) -> Downloads:
    """Return what the downloads of a Studio share."""
    found = request.app.state.downloads
    assert isinstance(found, Downloads)  # noqa: S101  every app has it
    return found


class Sendable(NamedTuple):
    """Bytes that somebody asked for."""

    name: str
    """Of the file that the client makes of them."""
    media_type: str
    etag: str | None
    """What no other bytes have; None where nobody promised which they are."""
    size: int | None
    read: Callable[[], Iterator[bytes]]
    """Yields all bytes; what is wrong with them is raised before the last."""
    read_part: Callable[[int, int], Iterator[bytes]] | None = None
    """Yields the bytes from one place up to before another, and nothing where it takes a while to come there.

    None where there are no parts.
    """


class _FileAnswer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    chunks: "_Begun | None" = None
    """None where there is no body."""


def _answer(wanted: Sendable, request: Request) -> _FileAnswer:
    """Return how a request is answered; the first bytes are read already, so that what cannot be sent is told."""
    asked = request.headers
    headers = {"content-type": wanted.media_type, "content-disposition": disposition(wanted.name)}
    headers["accept-ranges"] = "bytes" if wanted.read_part and wanted.size is not None else "none"
    if wanted.etag:
        headers["etag"] = wanted.etag
    if wanted.etag and wanted.etag in _etags(asked.get("if-none-match", "")):
        return _FileAnswer(304, {"etag": wanted.etag})
    if wanted.size is not None:
        headers["content-length"] = str(wanted.size)
    if request.method == "HEAD":
        return _FileAnswer(200, headers)
    part = None
    if wanted.read_part and wanted.size is not None and asked.get("if-range", wanted.etag) == wanted.etag:
        part = parse_range(asked.get("range", ""), wanted.size)
    if part is None or wanted.read_part is None:
        return _FileAnswer(200, headers, _begun(wanted.read(), wanted.size))
    start, end = part
    if start >= end:
        return _FileAnswer(416, {"content-range": f"bytes */{wanted.size}", "content-length": "0"})
    headers |= {"content-range": f"bytes {start}-{end - 1}/{wanted.size}", "content-length": str(end - start)}
    return _FileAnswer(206, headers, _begun(wanted.read_part(start, end), end - start))


def _etags(header: str) -> set[str]:
    return {one.strip().removeprefix("W/") for one in header.split(",")}


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the part that is asked for, empty where it lies behind the end; None for all, where not one is asked."""
    match = _RANGE_RE.fullmatch(header.strip().replace(" ", ""))
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size
    if match[2] and int(match[2]) < int(match[1]):
        return None
    return int(match[1]), min(int(match[2]) + 1, size) if match[2] else size


def _begun(chunks: Iterator[bytes], size: int | None) -> "_Begun":
    """Return an iterator whose first bytes are here: so many that of an archive the first file was found.

    Of a small file all are, and checked: no thread is asked for more of it. On the way to a late part some come that
    are empty; the answer begins then, as no thread goes all of that way at once, perhaps for who has gone.
    """
    first, is_whole, is_far = bytearray(), False, False
    while not (is_whole or is_far) and (len(first) < _FIRST or len(first) == size):
        chunk = next(chunks, None)
        first += chunk or b""
        is_whole, is_far = chunk is None, chunk == b""
    return _Begun(bytes(first), chunks, is_whole=is_whole)


class _Begun(Iterator[bytes]):
    """Bytes of which some are here."""

    def __init__(self, first: bytes, rest: Iterator[bytes], *, is_whole: bool) -> None:
        self.first = first
        self.is_whole = is_whole
        self._rest = rest

    def __next__(self) -> bytes:
        return next(self._rest)

    def close(self) -> None:
        """Let go of the store, or of git."""
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()


class StreamedFile(StreamingResponse):
    """An answer whose bytes are read, in other threads than pages have, while they are sent."""

    def __init__(self, answer: _FileAnswer, downloads: Downloads, place: object) -> None:
        self._chunks = answer.chunks
        self._downloads = downloads
        self._place = place
        self._ahead: asyncio.Task[bytes | None] | None = None
        super().__init__(self._pieces(), answer.status, dict(answer.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; whatever happens, what was opened is let go of."""
        chunks = self._chunks
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                if self._ahead is not None:
                    await asyncio.gather(self._ahead, return_exceptions=True)
                if chunks is not None and not chunks.is_whole:
                    await self._downloads.work(chunks.close)
            self._downloads.release(self._place)

    async def stream_response(self, send: Send) -> None:
        """Send the bytes; where they end wrongly, the answer ends without its end, and the connection with it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for piece in self.body_iterator:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except GTOException as error:
            LOG.warning("a download was broken off: %s", masked(error.message))
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes; while some are sent, the next are read and checked."""
        chunks = self._chunks
        if chunks is None:
            return
        self._read_on(chunks)
        for piece in _cut(chunks.first):
            yield piece
        while self._ahead is not None and (chunk := await asyncio.shield(self._ahead)) is not None:
            self._read_on(chunks)
            for piece in _cut(chunk):
                yield piece

    def _read_on(self, chunks: _Begun) -> None:
        if not chunks.is_whole:
            self._ahead = asyncio.create_task(self._downloads.work(partial(next, chunks, None)))


def _cut(chunk: bytes) -> Iterator[bytes]:
    for at in range(0, len(chunk), _PIECE):
        yield chunk[at : at + _PIECE]


def disposition(name: str) -> str:
    """Return the header that has a browser save what it gets, under a name that no system mistakes for more."""
    shown = re.sub(r"[^A-Za-z0-9._+ -]", "_", name.rpartition("/")[2]).lstrip(".") or "file"
    exact = quote(name.rpartition("/")[2], safe="", errors="replace")
    return f"attachment; filename=\"{shown}\"; filename*=UTF-8''{exact}"


def etag_of(*parts: str) -> str:
    """Return a tag for bytes that these texts determine."""
    return f'"{hashlib.sha256(chr(0).join(parts).encode("utf-8", "surrogateescape")).hexdigest()}"'
