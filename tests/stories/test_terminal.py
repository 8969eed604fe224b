"""What people see on a terminal, and a pipe does not: a table of its width, colours, local time, the pager."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from tests.repo import GTO
from tests.stories.healthy import make_healthy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

COLUMNS, LINES = 60, 20
PLAIN = {"TERM": "xterm", "NO_COLOR": "1", "TZ": "Asia/Tokyo"}


def on_terminal(
    argv: tuple[str, ...], cwd: Path, env: dict[str, str], typed: bytes = b"", until: bytes | None = None
) -> str:
    """What a program writes on a terminal of 60 columns, where this is typed once it says `$ `; up to `until`."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))  # before anybody asks
        os.chdir(cwd)
        kept = {name: text for name, text in os.environ.items() if name not in {"COLUMNS", "LINES"}}  # xdist sets them
        os.execvpe(argv[0], argv, {**kept, **env})  # noqa: S606  the program under test
    seen = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            read = os.read(terminal, 1 << 16)
        except OSError:  # the program has ended
            break
        seen += read
        if typed and seen.endswith(b"$ "):
            os.write(terminal, typed)
            typed, seen = b"", b""
        elif not read or (until is not None and not typed and until in seen):
            break
    os.close(terminal)
    os.waitpid(child, 0)
    return seen.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A registry that is wider and longer than the terminal."""
    repo = make_healthy(tmp_path_factory.mktemp("terminal") / "repo")
    for number in range(LINES):
        repo.tag(f"fraud-detector-of-the-north-{number}@v1.0.0")
    return repo


def test_a_table_fits_and_its_times_are_local_and_what_fits_the_screen_is_not_paged(wide: Repo) -> None:
    shown = on_terminal((*GTO, "history", "-n", "2"), wide.path, PLAIN | {"GIT_PAGER": "sed s/^/paged/"})
    table = [line for line in shown.splitlines() if line[0] in "╒│╞╘"]
    assert {len(line) for line in table} <= set(range(COLUMNS + 1))
    assert "2022-01-01 09:" in table[3]
    assert "not shown: " in shown
    assert "ref" in shown.splitlines()[-1]
    assert "paged" not in shown


def test_what_is_longer_than_the_screen_goes_through_git_s_pager(wide: Repo) -> None:
    wide.git("config", "core.pager", "sed s/^/paged/")
    shown = on_terminal((*GTO, "show"), wide.path, PLAIN)
    assert shown.startswith("paged╒")
    assert shown.count("paged│ ") == LINES + 2
    assert on_terminal((*GTO, "show", "--no-pager"), wide.path, PLAIN).startswith("╒")
    assert "paged" not in wide.gto("show").stdout
    missing = on_terminal((*GTO, "show"), wide.path, PLAIN | {"GIT_PAGER": "there-is-no-such-pager"})
    assert missing.count("│ fraud") == LINES


def test_colours_say_what_happened(wide: Repo) -> None:
    env = {"TERM": "xterm", "GIT_PAGER": "cat"}
    shown = on_terminal((*GTO, "history", "ok"), wide.path, env)
    assert "\x1b[32mregistration\x1b[0m" in shown
    assert "\x1b" not in on_terminal((*GTO, "history", "ok"), wide.path, env | {"NO_COLOR": "1"})
    assert "\x1b" not in on_terminal((*GTO, "history", "ok"), wide.path, env | {"TERM": "dumb"})
    assert "\x1b" not in wide.gto("history", "ok").stdout


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("gto show ok@v", "gto show ok@v0.0.1 "),
        ("gto show ok@l", "gto show ok@latest "),
        ("gto show ok#", "gto show ok#prod "),
        ("gto assign ok --stage=p", "gto assign ok --stage=prod "),
        ("gto assign ok --version v", "gto assign ok --version v0.0.1 "),
    ],
)
def test_a_real_bash_completes_from_the_registry(typed: str, completed: str, wide: Repo, tmp_path: Path) -> None:
    (tmp_path / "gto").write_text(f'#!/bin/sh\nexec {sys.executable} -P -m gto "$@"\n', encoding="utf-8")
    (tmp_path / "gto").chmod(0o755)
    # A prompt after the settings, whose line is then typed and written out as the shell has it.
    settings = 'PATH=$HERE:$PATH; eval "$(gto completion bash)"; PS1="$ "; bind "set enable-bracketed-paste off"\n'
    (tmp_path / "settings").write_text(settings, encoding="utf-8")
    env = {"HERE": str(tmp_path), "TERM": "dumb"}
    argv = ("bash", "--noprofile", "--rcfile", str(tmp_path / "settings"), "-i")
    line = f"{typed}\t\x01echo '\x05'\nexit\n".encode()
    shown = on_terminal(argv, wide.path, env, line)
    assert f"\n{completed}\n" in shown, shown
