"""What the parent of a server and the process that answers say to each other: a JSON object a line."""

import json
from collections.abc import Mapping
from contextlib import suppress
from socket import SHUT_RDWR, socket
from threading import Lock
from typing import Any, NamedTuple, Self


class VersionKey(NamedTuple):
    """What tells a version from others of its artifact: it may be registered anew, on another commit."""

    version: str
    commit: str


class VersionToServe(NamedTuple):
    """A version whose files the parent brought."""

    selector: str
    artifact: str
    version: str
    commit: str
    path: str
    """Where its file or directory is, on this machine."""
    facts: Mapping[str, Any] = {}
    """What was recorded of it, as ModelFacts has it; empty where nothing was."""
    weight: int = 0
    """Its part of the requests that name no version; 0 for all where nothing is split."""

    @property
    def key(self) -> VersionKey:
        """Which version it is."""
        return VersionKey(self.version, self.commit)


class LeftOut(NamedTuple):
    """A version that a stage names and that does not answer."""

    selector: str
    artifact: str
    version: str
    reason: str


class ServingOrder(NamedTuple):
    """All that is to be served from now on."""

    versions: tuple[VersionToServe, ...]
    left_out: tuple[LeftOut, ...] = ()
    counts: Mapping[str, int] = {}
    """Metrics of the parent, by name: they outlive the process that answers."""

    def as_dict(self) -> dict[str, Any]:
        """Return the order as a message."""
        versions = [one._asdict() for one in self.versions]
        left_out = [one._asdict() for one in self.left_out]
        return {"do": "serve", "versions": versions, "left_out": left_out, "counts": dict(self.counts)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the order of a message."""
        versions = tuple(VersionToServe(**one) for one in data["versions"])
        return cls(versions, tuple(LeftOut(**one) for one in data["left_out"]), data["counts"])


class LoadFailure(NamedTuple):
    """Why an order was not carried out; what answered before goes on."""

    reason: str
    selector: str = ""
    """Whose version it is; empty where nobody knows."""
    may_pass: bool = False
    """Whether the same may work later: a store was away, say."""
    is_waiting: bool = False
    """Whether something is being made for it: no failure yet."""


class MessageLine:
    """One end of the line between two processes."""

    def __init__(self, end: socket) -> None:
        """`end` is one of a pair of sockets."""
        self._socket = end
        self._lock = Lock()
        self._reader = end.makefile("rb")

    def send(self, message: Mapping[str, Any]) -> bool:
        """Send a message; False where nobody is at the other end."""
        try:
            with self._lock:
                self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            return False
        return True

    def receive(self) -> dict[str, Any] | None:
        """Wait for a message; None where the other process ended."""
        try:
            line = self._reader.readline()
            found: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None
        return found

    def close(self) -> None:
        """Hang up, and have a receive() that waits in another thread return."""
        with suppress(OSError):
            self._socket.shutdown(SHUT_RDWR)
        self._reader.close()
        self._socket.close()
