"""How a signal ends a command that would go on for ever: after what it is just doing."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call `end`, in a thread, at the first SIGTERM or SIGINT; the second does what it always does.

    A handler may take no lock, because it interrupts whoever holds it. So it writes into a pipe.
    """
    reader, writer = os.pipe()

    def wait() -> None:
        if os.read(reader, 1) == b"!":
            end()

    def handle(number: int, _frame: object) -> None:
        signal.signal(number, before[signal.Signals(number)])
        os.write(writer, b"!")

    thread = Thread(target=wait, daemon=True)
    thread.start()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
        os.close(writer)
        thread.join()
        os.close(reader)
