"""What a provider of OpenID Connect answers: taken where it is what it should be, else a login is refused in a line."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from httpx2 import Client, ReadError, Response, SyncByteStream
from joserfc.jwk import JWKRegistry, Key, KeySet

from gto.exceptions import GTOException
from gto.studio.team.serve_options import is_safe

SECONDS = 10.0
"""That one answer may take, whole."""
_LARGEST = 1 << 20  # bytes of an answer
_LONGEST = 200  # characters of what is quoted
_MOST_KEYS = 200
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_PLAIN = "identity"  # no compression: a small answer cannot become a large one


class LoginRefused(GTOException):
    """The provider did not vouch for anybody, or not as it must."""


@contextmanager
def understood(said: str, hint: str = "") -> Iterator[None]:
    """Refuse a login, in these words, where what the provider answers is not what it should be."""
    try:
        yield
    except LoginRefused:
        raise
    except Exception as error:  # libraries promise nothing of what they raise for documents of others
        told = shortened(str(error) or type(error).__name__)
        raise LoginRefused(said, f"{hint or 'it says'}: {told}") from error


def shortened(text: object) -> str:
    """Return what is quoted of a text of the provider's."""
    return " ".join(str(text).split())[:_LONGEST].encode("utf-8", "replace").decode()


def limit(client: Client) -> None:
    """Have a client take no answer that is too large, or too slow."""
    client.headers["accept-encoding"] = _PLAIN
    client.event_hooks = {"request": [], "response": [_limit]}


def _limit(answer: Response) -> None:
    if answer.headers.get("content-encoding", _PLAIN).lower() != _PLAIN:
        raise ReadError("the answer is compressed, though nobody asked for that")
    assert isinstance(answer.stream, SyncByteStream)  # noqa: S101  no client here is another one
    answer.stream = _ShortStream(answer.stream)


class _ShortStream(SyncByteStream):
    """An answer that ends in time."""

    def __init__(self, stream: SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        """Yield its parts; ReadError where there are too many."""
        size, end = 0, time.monotonic() + SECONDS
        for part in self._stream:
            size += len(part)
            if size > _LARGEST or time.monotonic() > end:
                raise ReadError("the answer is too large, or takes too long")
            yield part

    def close(self) -> None:
        """Leave what was not read."""
        self._stream.close()


def read_object(answer: Response) -> dict[str, Any]:
    """Return the JSON object that was answered."""
    answer.raise_for_status()
    told = answer.json()
    if not isinstance(told, dict):
        raise LoginRefused("The provider's answer is no JSON object", shortened(answer.url))
    return told


def check_description(told: Mapping[str, Any], issuer: str) -> None:
    """Raise LoginRefused where a description (OpenID Connect Discovery 1.0) is not this issuer's, or not whole."""
    if told.get("issuer") != issuer:
        hint = f"it calls itself '{shortened(told.get('issuer'))}'"
        raise LoginRefused(f"The provider is not the issuer '{issuer}'", hint)
    for name in (*_ENDPOINTS, *({"userinfo_endpoint"} & told.keys())):
        where = told.get(name)
        if not isinstance(where, str) or not is_safe(where):
            hint = f"'{shortened(where)}' is no address of https" if name in told else "it is not there"
            raise LoginRefused(f"The provider's description has no '{name}'", hint)


def parse_keys(told: Mapping[str, Any]) -> KeySet:
    """Return the keys of a JWK Set; those that cannot be used are left out, as RFC 7517 says."""
    listed = told.get("keys")
    keys = [_parse_key(one) for one in listed[:_MOST_KEYS]] if isinstance(listed, list) else []
    found = [one for one in keys if one is not None]
    if not found:
        raise LoginRefused("The provider publishes no key that can be used", "its 'jwks_uri' leads to none")
    return KeySet(found)


def _parse_key(told: object) -> Key | None:
    try:
        key = JWKRegistry.import_key(told)  # type: ignore[arg-type]  # it checks what it is given
        key.ensure_kid()
    except Exception:  # noqa: BLE001  libraries promise nothing of what they raise for documents of others
        return None
    return key
