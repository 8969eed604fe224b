"""How a signal ends a command that would go on for ever: after what it is just doing."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_HANGUP = 1  # SIGHUP, which is not on Windows; a terminal that closes may send it twice


@contextmanager
def by_signals(end: Callable[[], None]) -> Iterator[Sequence[int]]:
    """Call `end`, in a thread, at the first SIGTERM, SIGINT or SIGHUP; a SIGTERM or SIGINT after that ends the process.

    A handler of Python's runs only when the main thread comes to it, which may wait for a git that hangs: so the
    system writes the signal's number into a pipe. Yields the signals that `end` was called for, none at first.
    """
    reader, writer = os.pipe()
    came: list[int] = []

    def wait() -> None:
        while number := os.read(reader, 1):
            if not came:
                came.append(number[0])
                end()
            elif number[0] != _HANGUP:
                os._exit(128 + number[0])

    thread = Thread(target=wait, daemon=True)
    thread.start()
    try:
        with _written_to(writer):
            yield came
    finally:
        os.close(writer)
        thread.join()
        os.close(reader)


@contextmanager
def _written_to(pipe: int) -> Iterator[None]:
    """Have the numbers of signals written into a pipe, and nothing else done for them."""
    if sys.platform != "win32":
        os.set_blocking(pipe, False)
    handlers = {number: signal.getsignal(number) for number in _numbers()}
    for number in handlers:
        signal.signal(number, _do_nothing)
    old = signal.set_wakeup_fd(pipe, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _do_nothing(_number: int, _frame: object) -> None:
    """Be a handler: of a signal without one nothing is written."""


def _numbers() -> list[signal.Signals]:
    """Return the signals that end a command; where `nohup` has it ignored, the end of a terminal is none of them."""
    found = [signal.SIGTERM, signal.SIGINT]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        found.append(signal.SIGHUP)
    return found
