"""Bodies that are larger than those of forms: read as far as they may go, few of the large ones at a time."""

from anyio import CapacityLimiter, fail_after
from fastapi import Request

from gto.studio.context import context_of

_SMALL = 256 << 10  # bytes of a body that waits for nobody
_LARGE_AT_ONCE = 2
_SECONDS = 60.0  # that a body may take, with its wait
_DIGITS = 12  # of a length


async def read_body(request: Request, most: int) -> bytes | None:
    """Read a body of so many bytes at most; None for a larger one. Of large ones few are in memory at a time."""
    length = request.headers.get("content-length", "")
    is_told = length.isascii() and length.isdigit() and len(length) <= _DIGITS
    announced = int(length) if is_told else most
    if announced > most:
        return None
    try:
        with fail_after(_SECONDS):
            if is_told and announced <= _SMALL:
                return await _read_up_to(request, announced)
            async with _large(request):
                return await _read_up_to(request, announced)
    except TimeoutError:
        return None


async def _read_up_to(request: Request, most: int) -> bytes | None:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > most:
            return None
    return bytes(found)


def _large(request: Request) -> CapacityLimiter:
    """Return what lets few large bodies in at a time, in all of this app; who is not known keeps no other out."""
    limiters: dict[bool, CapacityLimiter] | None = getattr(request.app.state, "large_bodies", None)
    if limiters is None:
        limiters = request.app.state.large_bodies = {one: CapacityLimiter(_LARGE_AT_ONCE) for one in (True, False)}
    return limiters[context_of(request).is_known]
