"""A user's command, run for an event: an argument list, what strangers wrote in its environment and on its stdin."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from gto.ci.watch.notice import Notice
from gto.ci.watch.outcome import DONE, Outcome, Verdict


class Command(NamedTuple):
    """A command, and how long it may take."""

    argv: Sequence[str]
    seconds: float
    hidden: tuple[str, ...] = ()
    """Variables of this process that the command does not get."""

    def __str__(self) -> str:
        """Write it as a shell would read it."""
        import shlex

        return shlex.join(self.argv)

    def deliver(self, notice: Notice) -> Outcome:
        """Run the command to its end; what it prints goes to stderr. Exit code 0 is success.

        It is in a session of its own, so that Ctrl-C ends the watcher, and not a deployment half-way.
        """
        kept = {key: value for key, value in os.environ.items() if key not in self.hidden}
        try:
            process = subprocess.Popen(  # noqa: S603  the arguments are a list; no shell reads them
                self.argv, stdin=subprocess.PIPE, stdout=2, env={**kept, **notice.variables()}, start_new_session=True
            )
        except OSError as error:
            return Outcome(Verdict.AGAIN, f"it cannot be started: {error.strerror}")
        try:
            process.communicate(notice.body(), timeout=self.seconds)
        except subprocess.TimeoutExpired:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return Outcome(Verdict.AGAIN, f"it was ended after {self.seconds:g} seconds")
        return DONE if process.returncode == 0 else Outcome(Verdict.AGAIN, f"it ended with {_end(process.returncode)}")


def _end(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"
