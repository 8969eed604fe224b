"""The page on `gto serve`, run where the libraries of its model are."""

from __future__ import annotations

import shlex
import socket
from typing import TYPE_CHECKING

import pytest

from scripts import pages, sample
from tests.environment import serving_python

if TYPE_CHECKING:
    from pathlib import Path

MARK = "<!-- not run: needs scikit-learn -->"


@pytest.mark.models
def test_the_commands_of_the_page_print_what_it_says(tmp_path: Path) -> None:
    python = str(serving_python())
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, words in (("gto", [python, "-m", "gto"]), ("python", [python])):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        (programs / name).chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    page = (pages.ROOT / "docs/serving/serve.md").read_text()
    assert page.count(MARK) > 4
    text = (
        page.replace(MARK, "")
        .replace("8080", port)
        .replace("gto serve churn#prod", f"gto serve churn#prod --port {port}")
    )
    work = tmp_path / "work"
    work.mkdir()
    name, mail = sample.AUTHOR
    who = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail}
    env = sample.environment(str(programs)) | {"HOME": str(work), **who}
    assert pages.replay(text, work, env, tmp_path) == text
