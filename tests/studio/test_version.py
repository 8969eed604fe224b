from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from gto.studio.draw.card_html import render_card
from gto.studio.draw.lineage_graph import draw
from tests.studio.conftest import wrote
from tests.studio_app import studio_of
from tests.studio_offers import ways_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.repo import Repo
    from tests.studio_app import Studio

CARD = """\
---
license: mit
---
# Churn

Scores *customers*. <script>alert(1)</script> ![pixel](https://example.com/pixel.png)

[docs](https://example.com/docs) [bad](javascript:alert(1)) [here](../dvc.yaml)
"""


@pytest.fixture
def carded(registry: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over the registry, of which a fourth version of `churn` has a card."""
    registry.commit("describe", {"models/README.md": CARD, "models/churn.txt": "model 4\n"})
    wrote(registry, "register", "churn")
    with studio_of({"team": registry.path}, tmp_path / "index.db") as running:
        yield running


def test_what_is_offered_of_an_own_studio_names_its_token_and_goes_without_tls(carded: Studio) -> None:
    offered = ways_on(carded.page("/m/team/churn"))
    first = "export GTO_TOKEN=...  # the GTO_STUDIO_TOKEN that Studio was started with\n"
    named = {name for name, code in offered.items() if first in code}
    assert named == {"HTTP", "MLflow", "Hugging Face", "OCI"}
    assert 'skopeo copy --src-tls-verify=false --src-creds "x:$GTO_TOKEN" docker://' in offered["OCI"]
    assert "DVC through Studio" not in offered


def test_the_card_of_a_version_is_shown_and_found(carded: Studio) -> None:
    html = carded.page("/m/team/churn")
    assert "models/README.md" in html
    assert "<em>customers</em>" in html
    assert "license" not in html.partition('id="card"')[2]
    assert 'id="card"' not in carded.page("/m/team/churn", version="v0.0.1")
    found = cast("list[dict[str, object]]", carded.json("/models", q="scores")["artifacts"])
    assert [one["artifact"] for one in found] == ["churn"]


def test_a_card_loads_nothing_and_runs_nothing() -> None:
    html = str(render_card(CARD))
    assert "<script" not in html
    assert "<img" not in html
    assert "pixel" in html
    assert 'href="https://example.com/docs" rel="nofollow noopener noreferrer"' in html
    assert html.count("href=") == 1
    assert (
        str(render_card("# One\n\n<b onclick=x>raw</b>")) == "<h3>One</h3>\n<p>&lt;b onclick=x&gt;raw&lt;/b&gt;</p>\n"
    )


def test_what_is_long_is_cut_on_the_page_and_whole_on_pages_of_its_own(registry: Repo, tmp_path: Path) -> None:
    words = " ".join(f"word-{number}" for number in range(30_000))
    card = f"# Card\n\n{'<' * 60_000}\n"
    annotated = f"artifacts: {{churn: {{path: models $(x)/churn.txt, desc: {words}}}}}\n"
    registry.commit(
        "describe", {"models $(x)/README.md": card, "models $(x)/churn.txt": "model 4\n", "dvc.yaml": annotated}
    )
    wrote(registry, "register", "churn", "-m", words)
    page = "/m/team/churn"
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        pages = [studio.page(path) for path in (page, f"{page}/-/card", f"{page}/-/history", "/history", "/models")]
        parts = [studio.page(f"{page}/-/description", page=str(number)) for number in range(1, 10)]
        assert max(len(one.encode()) for one in (*pages, *parts)) < 300_000
        for text in (f'href="{page}/-/description"', f'href="{page}/-/card?version=v0.0.4"', "The whole message"):
            assert text in pages[0]
        assert "git show &#39;" in pages[1]  # who pastes it into a shell runs nothing of a name
        assert all(any(f"word-{number}" in part for part in parts) for number in (0, 15_000, 29_999))
        assert studio.json(f"{page}/-/description")["text"] == words
        assert studio.json(f"{page}/-/card")["text"] == card


def test_files_of_git_have_their_size_and_hash(studio: Studio, registry: Repo) -> None:
    chosen = cast("dict[str, object]", studio.json("/m/team/churn", version="v0.0.3")["chosen"])
    oid = registry.git("rev-parse", "churn@v0.0.3:models/churn.txt").strip()
    assert chosen["files"] == [{"path": "models/churn.txt", "kept_in": "git", "size": 8, "hash": oid}]


def test_metrics_and_params_are_chosen_by_the_address(studio: Studio) -> None:
    html = studio.page("/m/team/churn", metrics="loss")
    assert '<th class="r">loss</th>' in html
    assert '<th class="r">auc</th>' not in html
    assert "<dt>auc</dt>" not in html
    assert 'name="metrics" value="loss" checked' in html
    assert "<dt title" not in studio.page("/m/team/churn", params="nothing").partition('id="params"')[2][:4000]


def test_what_the_page_tells_to_run_brings_the_file(studio: Studio, tmp_path: Path) -> None:
    html = studio.page("/m/team/churn", version="v0.0.2")
    told = [
        unescape(part.partition("<button")[0]) for part in html.partition('id="use"')[2].split('<div class="code">')
    ]
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name, code in (("shell", told[1]), ("python", told[2])):
        place = tmp_path / name
        place.mkdir()
        argv = shlex.split(code) if name == "shell" else [sys.executable, "-c", code]
        subprocess.run(argv, cwd=place, env=env, check=True, capture_output=True)
        assert (place / "churn.txt").read_text() == "model 1\n"


def datum(path: str, md5: str, **more: object) -> dict[str, object]:
    """A file of a lineage."""
    return {"path": path, "md5": md5, "size": 9, "files": None, "kept_in": "dvc", "made_by": None, **more}


def lineage(raw: str, rate: float) -> dict[str, object]:
    """Two stages: raw data to features, features to a model."""
    code = datum("src/train.py", "c", kept_in="git")
    return {
        **datum("m.pkl", f"{raw}{rate}"),
        "stages": [
            {
                "stage": "train", "command": "python train.py", "deps": [datum("features.csv", "f"), code],
                "outs": [datum("m.pkl", f"{raw}{rate}"), datum("metrics.json", "x")],
                "params": {"params.yaml": {"train": {"rate": rate}}},
            },
            {
                "stage": "prepare", "command": "python p.py", "deps": [datum("raw", raw)],
                "outs": [datum("features.csv", "f")], "params": {},
            },
        ],
    }  # fmt: skip


def test_the_graph_goes_from_data_to_the_artifact_and_marks_what_changed() -> None:
    graph = draw(lineage("b", 0.2), lineage("a", 0.1), "v2")
    assert graph is not None
    places = {box.name: box for box in graph.boxes}
    order = ["raw", "prepare", "features.csv", "train", "m.pkl"]
    assert sorted(order, key=lambda name: places[name].x) == order
    assert {box.name for box in graph.boxes if box.is_changed} == {"raw", "params.yaml", "m.pkl"}
    assert [box.name for box in graph.changed] == ["raw"]
    assert places["train"].sub == "train.py"
    assert len(graph.lines) == 6
    assert "prepare takes raw and makes features.csv." in graph.title
    assert graph.title.endswith(" Changed: raw, params.yaml, m.pkl.")


def test_a_circle_of_stages_and_a_thousand_of_them_are_drawn() -> None:
    circle = lineage("a", 0.1)
    steps = cast("list[dict[str, object]]", circle["stages"])
    steps[1]["deps"] = [datum("metrics.json", "x")]
    assert draw(circle, None, "v1") is not None
    chain = [
        {
            "stage": f"s{n}",
            "command": "c",
            "deps": [datum(f"f{n}", "a")],
            "outs": [datum(f"f{n + 1}", "a")],
            "params": {},
        }
        for n in range(1000)
    ]
    graph = draw({**datum("f1000", "a"), "stages": chain[::-1]}, None, "v1")
    assert graph is not None
    assert (len(graph.boxes), graph.hidden) == (60, 1941)
    assert json.dumps(graph.title)
