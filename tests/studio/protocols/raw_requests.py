"""Requests as they come over the wire, broken in ways that no client's library would send."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from tests.team_app import HOST

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from starlette.types import ASGIApp, Message


class RawAnswer(NamedTuple):
    """What came."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def break_path(
    text: str, dice: random.Random, pieces: Sequence[str], suffixed: Callable[[str], str] | None = None
) -> str:
    """A path with a piece put in, something cut out, another part, or, where there is `suffixed`, what that gives."""
    at = dice.randrange(1, len(text) + 1)
    way = dice.randrange(3 if suffixed is None else 4)
    if way == 0:
        text = text[:at] + dice.choice(pieces) + text[at:]
    elif way == 1:
        text = text[:at] + text[at + dice.randrange(1, 9) :]
    elif suffixed is None or way == 2:
        parts = text.split("/")
        parts[dice.randrange(len(parts))] = dice.choice(pieces)
        text = "/".join(parts)
    else:
        text = suffixed(text)
    return text if text.startswith("/") else f"/{text}"


async def answer_raw(
    app: ASGIApp, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> RawAnswer:
    """Answer a request as the server hands it on; whoever sent it keeps the connection open."""
    path, _, query = target.encode("utf-8", "replace").partition(b"?")
    named = {"host": HOST, **headers}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.encode(), text.encode("utf-8", "replace")) for name, text in named.items()],
        "client": ("127.0.0.1", 50000),
        "server": (HOST, 443),
    }
    sent: list[MutableMapping[str, Any]] = []
    bodies = iter([body])

    async def receive() -> Message:
        given = next(bodies, None)
        if given is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": given, "more_body": False}

    async def send(message: Message) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    await app(scope, receive, send)
    return RawAnswer(
        int(sent[0]["status"]), list(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])
    )
