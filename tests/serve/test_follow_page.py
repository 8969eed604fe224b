from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from gto.cli.commands.serve import command

PAGE = Path(__file__).parent.parent.parent / "docs/serving/follow.md"
COMMANDS = re.findall(r"^\$ gto serve (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("words", COMMANDS)
def test_the_command_takes_the_words_that_the_page_on_following_shows(words: str) -> None:
    assert command.make_context("serve", shlex.split(words)).params["follow"]


def test_the_page_names_the_metrics_that_there_are() -> None:
    prometheus = pytest.importorskip("gto.serve.server.follow_metrics")
    told = set(re.findall(r"`(gto_[a-z_]+)", PAGE.read_text(encoding="utf-8")))
    kinds = {"counter": "_total", "gauge": ""}
    assert told == {one.name + kinds[one.type] for one in prometheus.FollowMetrics().collect()}
