"""The process that answers on its parent's socket: it loads what it is told, and ends where the parent does."""

import gc
import os
import sys
from socket import socket
from threading import Event, Lock, Thread, Timer
from typing import Any

from gto.serve.server.child_messages import MessageLine, ServingOrder
from gto.serve.server.model_repository import first_of
from gto.serve.server.order_keeper import OrderKeeper
from gto.serve.server.server_settings import ServerSettings
from gto.serve.server.serving import Server
from gto.serve.server.serving_app import make_app
from gto.serve.server.traffic_split import TrafficSide, by_split

_LAST_SECONDS = 2.0  # for the requests in hand, where the parent was killed


class Child:
    """A process that answers."""

    def __init__(self, listener: socket, line: MessageLine, options: dict[str, Any]) -> None:
        sides = [TrafficSide(*one) for one in options["sides"]]
        self._keeper = OrderKeeper(by_split(sides) if sides else first_of, trusted=options["trusted"])
        app = make_app(self._keeper.repository, ServerSettings(**options["settings"]))
        app.metrics.add(self._keeper.metrics)
        self._server = Server(app)
        self._listener = listener
        self._line = line
        self._may_accept = Event()
        self._loading = Lock()

    def run(self) -> None:
        """Answer until the parent says that it is over, or ends."""
        Thread(target=self._listen, daemon=True).start()
        self._may_accept.wait()
        self._server.serve(self._listener, self._say_it_accepts)

    def _say_it_accepts(self) -> None:
        self._line.send({"accepts": True})

    def _listen(self) -> None:
        """Do what the parent says; without a parent this process is not to be."""
        while (message := self._line.receive()) is not None:
            match message["do"]:
                case "serve":  # which takes its time: an end may be asked for meanwhile
                    Thread(target=self._serve, args=(ServingOrder.from_dict(message),), daemon=True).start()
                case "accept":
                    self._may_accept.set()
                case "drain" if self._may_accept.is_set():
                    self._server.drain()
                case _:
                    self._end()
        Timer(_LAST_SECONDS, os._exit, (1,)).start()
        self._end()

    def _end(self) -> None:
        self._server.end()
        self._may_accept.set()

    def _serve(self, order: ServingOrder) -> None:
        with self._loading:
            failure = self._keeper.keep(order)
        self._line.send({"failure": failure._asdict() if failure is not None else None})
        gc.unfreeze()  # what was loaded at first may be what went
        gc.collect()
        gc.freeze()


def main(listen: int, control: int) -> None:
    """Serve on a socket that listens, as the parent at the other end of a pair of sockets says."""
    line = MessageLine(socket(fileno=control))
    first = line.receive()
    if first is not None:
        gc.enable()
        Child(socket(fileno=listen), line, first["options"]).run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a model that is being loaded holds nobody up
