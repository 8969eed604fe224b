"""A server that runs in a thread while a block does."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from socketserver import BaseServer


@contextmanager
def running(listener: BaseServer, stopped: Event | None = None) -> Iterator[None]:
    """Serve until the block ends; `stopped` is set before, for what waits while it answers."""
    with listener:
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            if stopped is not None:
                stopped.set()
            listener.shutdown()
            thread.join()
