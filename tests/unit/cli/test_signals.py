"""Signals that end a command which would go on for ever."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.repo import TIME_LIMIT

PROGRAM = """\
import os, signal, sys
from gto.cli.signals import by_signals

def end():
    sys.stdin.readline()
    os.write(1, b"tidied\\n")

with by_signals(end) as came:
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGHUP)
    signal.raise_signal(signal.SIGINT)
    while not came:
        pass
    os.write(1, b"goes on %d\\n" % came[0])
    os.read(os.pipe()[0], 1)  # nothing comes, and no handler runs
"""


def test_a_second_signal_ends_a_process_once_the_first_has_done_its_work() -> None:
    words = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"goes on {signal.SIGTERM:d}\n"
        out, _ = process.communicate("now\n", timeout=TIME_LIMIT)
    assert (out, process.returncode) == ("tidied\n", 128 + signal.SIGINT)


HANDLED = """\
import os, signal
from threading import Thread
from gto.cli.signals import by_signals

reader, writer = os.pipe()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with by_signals(lambda: os.write(writer, b"!")) as came:
    def receive():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.kill(os.getpid(), signal.SIGTERM)
    Thread(target=receive).start()
    os.read(reader, 1)
print(came)
"""


def test_a_signal_that_another_thread_gets_while_the_main_one_waits_is_obeyed() -> None:
    words = [sys.executable, "-c", HANDLED]
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIME_LIMIT, check=True)
    assert done.stdout == f"[{signal.SIGTERM:d}]\n"
