from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent.parent / "docs/serving/follow.md"


def test_the_page_names_the_metrics_that_there_are() -> None:
    prometheus = pytest.importorskip("gto.serve.server.follow_metrics")
    told = set(re.findall(r"`(gto_[a-z_]+)", PAGE.read_text(encoding="utf-8")))
    kinds = {"counter": "_total", "gauge": ""}
    assert told == {one.name + kinds[one.type] for one in prometheus.FollowMetrics().collect()}
