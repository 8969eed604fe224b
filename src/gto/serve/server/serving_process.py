"""A process that answers on its parent's socket: started, told what to serve, let drain, ended."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any, NamedTuple

from gto.fs.child_variables import without_secrets
from gto.serve.server.child_messages import LoadFailure, MessageLine, ServingOrder
from gto.serve.server.kept_environments import use
from gto.serve.server.package_environment import PythonEnvironment

_DRAIN_SECONDS = 40.0  # what it has for its last requests, where another answers beside it
_END_SECONDS = 12.0  # what it has where nobody does
_STDERR = 2
_PACKAGES = frozenset({"site-packages", "dist-packages"})
_START = (
    "import json, sys; sys.path += json.loads(sys.argv.pop(1)); "
    "from gto.serve.server.serving_child import main; main(int(sys.argv[1]), int(sys.argv[2]))"
)


class ChildSettings(NamedTuple):
    """What every process of a server is started with."""

    listener: socket.socket
    options: Mapping[str, Any]
    """What the command line said of how is served, for JSON."""
    code: str
    """A directory with GTO's code and nothing beside it, for environments that have not GTO."""
    ended: Callable[[], None]
    """Called, in a thread, when a process ended."""


class ServingProcess:
    """A process that answers, in the environment of an interpreter."""

    def __init__(self, environment: PythonEnvironment, settings: ChildSettings) -> None:
        """Start it; it answers nothing before serve() told it what, and accept() that it may.

        Its environment is kept until kill(), also where the process ends before: another is then started in it.
        """
        self.environment = environment
        python = environment.python
        self._held = use(environment.kept) if environment.kept else None
        held = () if self._held is None else (self._held.fileno(),)
        mine, its = socket.socketpair()
        self._line = MessageLine(mine)
        with its:
            handles = (settings.listener.fileno(), its.fileno())
            argv = [python, "-P", "-c", _START, json.dumps(_paths()), *map(str, handles)]
            self._process = subprocess.Popen(  # noqa: S603  this interpreter, or one that GTO made an environment of
                argv,
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,  # what a model prints is no answer of the command
                pass_fds=(*handles, *held),
                env=_variables(python, settings.code),
                start_new_session=True,  # Ctrl-C is the parent's: it says when and how this one ends
            )
        self._line.send({"options": dict(settings.options)})
        Thread(target=self._wait, args=(settings.ended,), daemon=True).start()

    def _wait(self, ended: Callable[[], None]) -> None:
        self._process.wait()
        ended()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def serve(self, order: ServingOrder) -> LoadFailure | None:
        """Have it load what it has not, and then answer with that; None where it does.

        Where something does not load, it goes on with what it had.
        """
        answer = self._line.receive() if self._line.send(order.as_dict()) else None
        if answer is None:
            return LoadFailure(f"the process that loads it ended with {self._end_code()}")
        return LoadFailure(**answer["failure"]) if answer["failure"] else None

    def accept(self) -> bool:
        """Have it take connections; False where it ended."""
        return self._line.send({"do": "accept"}) and self._line.receive() is not None

    def drain(self) -> None:
        """Have it take no more connections, say `Connection: close` on those that it has, and end; wait for that."""
        self._line.send({"do": "drain"})
        self._join(_DRAIN_SECONDS)

    def end(self) -> None:
        """Have it answer what it has begun, and end: nobody takes its place."""
        self._line.send({"do": "end"})

    def join(self) -> None:
        """Wait until it has ended; it is killed where that takes too long."""
        self._join(_END_SECONDS)

    def _join(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        self._line.close()
        if self._held is not None:
            self._held.close()

    def _end_code(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(1.0)
            return f"signal {-code}" if code < 0 else f"exit code {code}"
        return "no word"


def _paths() -> Sequence[str]:
    """Return where an environment finds what serves, behind all that it has itself."""
    return [one for one in sys.path if os.path.basename(one) in _PACKAGES]


def _variables(python: str, code: str) -> dict[str, str]:
    """Return the variables of the process: where this one finds modules is nothing to another environment."""
    if python == sys.executable:
        return without_secrets()
    kept = {key: value for key, value in without_secrets().items() if key not in {"PYTHONHOME", "VIRTUAL_ENV"}}
    return {**kept, "PYTHONPATH": code}
