from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from tests.repo import TIME_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "http://127.0.0.1:8765/models?token=secret"
OPEN = """
import sys, threading
from gto.studio.opening import open_browser
used = threading.Event()
threading.Thread(target=lambda: sys.stdin.read() or used.set()).start()
open_browser(sys.argv[1], used, in_file=sys.argv[2] == "file")
"""


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A browser that notes what it was given."""
    path = tmp_path / "browser"
    path.write_text(f"#!/bin/sh\nprintf '%s ' \"$@\" > {tmp_path}/part\nmv {tmp_path}/part {tmp_path}/given\n")
    path.chmod(0o700)
    return path


def opened(browser: Path, way: str) -> subprocess.Popen[str]:
    """A process that opens it, and waits for its key to be used."""
    env = {**os.environ, "BROWSER": f"{browser} %s", "TMPDIR": str(browser.parent)}
    return subprocess.Popen([sys.executable, "-c", OPEN, ADDRESS, way], env=env, stdin=subprocess.PIPE, text=True)


def given(browser: Path) -> str:
    """What the browser was given."""
    return browser.with_name("given").read_text().strip()


def test_a_browser_is_given_a_file_of_this_user_alone_that_leads_on_and_goes_once_it_did(browser: Path) -> None:
    with opened(browser, "file") as process:
        until = time.monotonic() + TIME_LIMIT
        while not browser.with_name("given").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        assert "secret" not in given(browser)
        place = url2pathname(urlsplit(given(browser)).path)
        assert [stat.S_IMODE(os.stat(one).st_mode) for one in (place, os.path.dirname(place))] == [0o600, 0o700]
        with open(place, encoding="utf-8") as file:
            assert f'content="0; url={ADDRESS}"' in file.read()
        process.communicate(timeout=TIME_LIMIT)
    assert not os.path.exists(os.path.dirname(place))


def test_where_the_key_serves_nobody_else_a_browser_that_reads_no_files_is_given_the_address(browser: Path) -> None:
    with opened(browser, "address") as process:
        process.communicate(timeout=TIME_LIMIT)
    assert given(browser) == ADDRESS
