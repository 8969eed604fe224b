"""`gto studio` as a process: what it prints, how it ends, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2 as httpx
import pytest

from gto.studio.server import Options, listening
from tests.repo import GTO, TIME_LIMIT, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.repo import Repo

LONGEST = 10.0
"""Seconds in which it ends: two, and as many as a busy machine may add."""


MOST_MEMORY = 100_000
"""Kilobytes of a Studio that has read a small repository: four fifths of what one of 10,000 versions may take."""


@contextmanager
def started(cwd: Path, *words: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A Studio that runs; it is killed where the test did not end it."""
    process = subprocess.Popen(
        [*GTO, "studio", "--no-open", *words],
        cwd=cwd,
        env={**os.environ, "XDG_CACHE_HOME": str(cwd.parent / "cache"), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    """The line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def resident(process: subprocess.Popen[str]) -> int:
    """Kilobytes of its memory."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0])


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Its exit code and stderr after a signal."""
    process.send_signal(number)
    _, err = process.communicate(timeout=TIME_LIMIT)
    return process.returncode, err


def test_a_list_is_served_at_the_printed_address_and_ctrl_c_ends_it_without_a_word(
    registry: Repo, tmp_path: Path
) -> None:
    (tmp_path / "uvloop.py").write_text("raise SystemExit('it is not waited for: no signal ends it')\n", "utf-8")
    paths = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    with started(registry.path, "--port", "0", env={"PYTHONPATH": paths}) as process:
        found = address(process)
        assert found.startswith("http://127.0.0.1:")
        with httpx.Client(follow_redirects=True) as browser:
            assert browser.get(found).status_code == 200
            page = found.partition("?")[0]
            names: set[str] = set()
            while not names:
                names = {one["artifact"] for one in browser.get(f"{page}.json").json()["artifacts"]}
            assert names == {"churn", "features"}
            if sys.platform == "linux":
                assert resident(process) <= MOST_MEMORY
        assert ended(process, signal.SIGINT) == (0, "")


def test_a_socket_is_its_users_alone_and_goes_with_it_while_a_remote_hangs(registry: Repo, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = tmp_path / "studio.sock"
        remote = f"http://127.0.0.1:{silent.getsockname()[1]}/team.git"
        with started(registry.path, "-r", str(registry.path), "-r", remote, "--socket", str(place)) as process:
            assert address(process).startswith("http://localhost/models?token=")
            assert stat.S_IMODE(place.stat().st_mode) == 0o600
            with silent.accept()[0] as waiting:  # git is there, and hears nothing
                waiting.settimeout(TIME_LIMIT)
                start = time.monotonic()
                assert ended(process, signal.SIGTERM) == (0, "")
                assert time.monotonic() - start < LONGEST
                while waiting.recv(1 << 16):
                    pass  # until nobody holds the other end
        assert not place.exists()


def test_a_socket_that_a_killed_one_left_is_taken_over_and_a_file_is_not(registry: Repo, tmp_path: Path) -> None:
    place = tmp_path / "studio.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
    with started(registry.path, "--socket", str(place)) as process:
        assert address(process)
        assert ended(process, signal.SIGTERM) == (0, "")
    place.write_text("mine", encoding="utf-8")
    result = registry.gto("studio", "--no-open", "--socket", str(place))
    assert (result.code, place.read_text(encoding="utf-8")) == (1, "mine")
    assert f"'{place}' cannot be made: Address already in use" in result.stderr


def test_a_port_that_is_taken_is_refused_where_it_was_asked_for(registry: Repo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = registry.gto("studio", "--no-open", "--port", port)
    assert result.code == 1
    assert f"Port {port} cannot be listened on: Address already in use" in result.stderr


def test_answers_do_not_wait_for_the_client_to_acknowledge_the_one_before() -> None:
    with listening(Options(port=0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:  # asyncio turns the wait off where the socket says that it is TCP
            assert accepted.proto == socket.IPPROTO_TCP


def test_without_a_repository_it_says_what_every_command_says(tmp_path: Path, registry: Repo) -> None:
    bare = tmp_path / "empty"
    bare.mkdir()
    registry.path = bare
    result = registry.gto("studio", "--no-open")
    assert (result.code, result.stdout) == (1, "")
    assert "No Git repo found" in result.stderr


@pytest.mark.parametrize("missing", ["fastapi", "sqlalchemy"])
def test_without_the_extra_one_line_says_how_to_install_it(registry: Repo, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from gto.cli.main import run; run(['studio', '--no-open'])"
    done = run(sys.executable, "-P", "-c", code, cwd=registry.path)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == f"❌ Studio needs '{missing}'\n   pip install 'gto[studio]'\n"


def test_an_index_that_cannot_be_kept_is_a_temporary_one(registry: Repo, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "gto").write_text("no directory", encoding="utf-8")
    (tmp_path / "tmp").mkdir()
    with started(registry.path, "--port", "0", env={"TMPDIR": str(tmp_path / "tmp")}) as process:
        assert address(process)
        code, err = ended(process, signal.SIGTERM)
    assert code == 0
    assert err.startswith("note: the index cannot be kept in ")
    assert err.rstrip().endswith("Not a directory")
    assert not list((tmp_path / "tmp").iterdir())
