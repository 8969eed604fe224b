"""A user's command, run for an event: an argument list, what strangers wrote in its environment and on its stdin."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from gto.watch.outcome import DONE, AttemptResult, NextStep
from gto.watch.payload import Notice

_GRACE = 10.0  # seconds to end well in, and seconds for the system to end it


class EventCommand(NamedTuple):
    """A command, and how long it may take."""

    argv: Sequence[str]
    seconds: float
    hidden: tuple[str, ...] = ()
    """Variables of this process that the command does not get."""
    handles: tuple[int, ...] = ()
    """Descriptors that it gets: of a lock, which is then held until it ends, even where the watcher is killed."""

    def __str__(self) -> str:
        """Write it as a shell would read it."""
        import shlex

        return shlex.join(self.argv)

    def deliver(self, notice: Notice) -> AttemptResult:
        """Run the command to its end; what it prints goes to stderr. Exit code 0 is success.

        It is in a session of its own, so that Ctrl-C ends the watcher, and not a deployment half-way.
        """
        kept = {key: value for key, value in os.environ.items() if key not in self.hidden}
        try:
            process = subprocess.Popen(  # noqa: S603  the arguments are a list; no shell reads them
                self.argv,
                stdin=subprocess.PIPE,
                stdout=2,
                env={**kept, **notice.variables()},
                start_new_session=True,
                pass_fds=() if sys.platform == "win32" else self.handles,
            )
        except OSError as error:
            return AttemptResult(NextStep.AGAIN, f"it cannot be started: {error.strerror}")
        try:
            process.communicate(notice.body(), timeout=self.seconds)
        except subprocess.TimeoutExpired:
            return AttemptResult(NextStep.AGAIN, f"it was ended after {self.seconds:g} seconds{_end(process)}")
        return (
            DONE
            if process.returncode == 0
            else AttemptResult(NextStep.AGAIN, f"it ended with {_how(process.returncode)}")
        )


def _end(process: "subprocess.Popen[bytes]") -> str:
    """End a command with what it started, gently first; returns what is to be added where it goes on all the same."""
    assert process.stdin is not None  # noqa: S101  it was started with a pipe
    process.stdin.close()
    refusal = _send(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    refusal = _send(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL) or refusal
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        return f", but goes on: {refusal or 'the system does not end it'}"
    return ""


def _send(process: "subprocess.Popen[bytes]", number: int) -> str:
    """Send a signal to a command and what it started; returns why that is not possible, empty where it is."""
    try:
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)
    except ProcessLookupError:  # all have ended
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _how(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"
