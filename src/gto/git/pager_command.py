"""The user's pager: which one git would start, and how."""

import os
import subprocess
from contextlib import suppress

from gto.exceptions import GTOException
from gto.git.command import Git

_NOT_RUN = (126, 127)  # how a shell ends that cannot run a program


def find_pager() -> str:
    """Return the command that git would show long texts with: GIT_PAGER, core.pager, PAGER, or git's own choice."""
    if "GIT_PAGER" in os.environ:
        return os.environ["GIT_PAGER"]
    with suppress(GTOException):
        return Git(os.curdir).run(["var", "GIT_PAGER"]).decode("utf-8", "replace").strip()
    return ""


def run_pager(pager: str, data: bytes) -> bool:
    """Show a text; False where there is no such program."""
    env = {"LESS": "FRX", "LV": "-c", **os.environ}  # as git sets them
    process = subprocess.Popen(pager, shell=True, stdin=subprocess.PIPE, env=env)  # noqa: S602  a shell's words, as git reads them
    assert process.stdin is not None  # noqa: S101  a pipe was asked for
    with suppress(BrokenPipeError):  # the reader has seen enough
        process.stdin.write(data)
    with suppress(BrokenPipeError):
        process.stdin.close()
    while True:
        try:
            return process.wait() not in _NOT_RUN
        except KeyboardInterrupt:  # it is the pager's: `less` stops searching
            continue
