"""Many requests at a steady pace, each of which is held against the versions that were in the stage meanwhile."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, NamedTuple, Self

from tests.serve.serving_scene import ROWS

if TYPE_CHECKING:
    from types import TracebackType

LATEST = 5.0  # seconds from the tag to the new version


class Answered(NamedTuple):
    """A request, and what came of it."""

    begin: float
    end: float
    version: str
    """Of the header; empty where it failed."""
    error: str = ""


class SteadyLoad:
    """Callers that ask without a pause until the block ends; every other one with a new connection each time."""

    def __init__(self, port: int, callers: int = 8) -> None:
        self.answers: list[Answered] = []
        self.moved: list[tuple[float, str]] = []
        """When which version was put into the stage; the first was there before."""
        self.note_move(1)
        self._port = port
        self._over = Event()
        self._lock = Lock()
        self._threads = [
            Thread(target=self._ask, kwargs={"keeps": number % 2 == 0}, daemon=True) for number in range(callers)
        ]

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for one in self._threads:
            one.join()

    def _ask(self, *, keeps: bool) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._over.is_set():
            begin = time.monotonic()
            version, error = "", ""
            try:
                line.request("POST", "/models/m/predict", ROWS, {"Content-Type": "application/json"})
                answer = line.getresponse()
                body = json.loads(answer.read())
                version = answer.getheader("GTO-Model-Version", "")
                number = version.removeprefix("m@v").partition(".")[0]
                if answer.status != 200 or body["rows"] != [float(number)]:
                    version, error = "", f"{answer.status}: {body}"
            except (OSError, http.client.HTTPException, ValueError) as caught:
                error = repr(caught)
                line.close()
            with self._lock:
                self.answers.append(Answered(begin, time.monotonic(), version, error))
            if not keeps:
                line.close()
        with suppress(OSError):
            line.close()

    def note_move(self, version: int) -> None:
        """Say that a version was put into the stage just now."""
        self.moved.append((time.monotonic(), f"m@v{version}.0.0"))

    def wait_for(self, version: int, more: int) -> float:
        """Wait until a version answers, and for so many requests more; return the seconds from its tag on."""
        name, begin = f"m@v{version}.0.0", self.moved[-1][0]
        while not (came := [one.end for one in self.answers[-200:] if one.version == name and one.end > begin]):
            assert time.monotonic() - begin < 30, f"{name} never came"
            time.sleep(0.02)
        until = len(self.answers) + more
        while len(self.answers) < until:
            time.sleep(0.05)
        return min(came) - begin

    def wrong(self) -> list[Answered]:
        """The requests that failed, or that were answered by a version that was not in the stage meanwhile."""
        return [one for one in self.answers if one.error or one.version not in self._allowed(one)]

    def _allowed(self, one: Answered) -> set[str]:
        """Return what was in the stage from five seconds before a request on until its end."""
        before = [version for when, version in self.moved if when <= one.begin - LATEST]
        return {*before[-1:], *(version for when, version in self.moved if one.begin - LATEST < when <= one.end)}
