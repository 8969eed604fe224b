from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, cast

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import copied
from tests.studio.conftest import wrote
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.repo import Repo
    from tests.studio_app import Studio

PLOTS = "/m/team/churn/-/plots"
CHROMIUM = "/usr/bin/chromium"
EVIL = "</script><script>hacked()</script>"
DVC_YAML = f"""\
plots:
  - loss.csv:
      x: step
      y: loss
      title: "{EVIL}"
  - tree.svg
artifacts:
  churn:
    path: churn.txt
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>hacked()</script></svg>'


@pytest.fixture
def plotted(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Two versions of `churn` with a curve and an image each."""
    if "plotted" not in templates:
        made = copied(repo, tmp_path_factory.mktemp("template"))
        for number in (1, 2):
            points = "".join(f"{step},{1 / (step + number)}\n" for step in range(9))
            files = {"loss.csv": f"step,loss\n{points}", "tree.svg": SVG, "dvc.yaml": DVC_YAML}
            made.commit(f"train {number}", {**files, "churn.txt": f"{number}\n"})
            wrote(made, "register", "churn")
        templates["plotted"] = made
    shutil.rmtree(repo.path)
    return copied(templates["plotted"], tmp_path)


@pytest.fixture
def shown(plotted: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over it."""
    with studio_of({"team": plotted.path}, tmp_path / "index.db") as running:
        yield running


def test_the_plots_are_those_of_the_command(shown: Studio, plotted: Repo) -> None:
    versions = ["v0.0.1", "v0.0.2"]
    page = shown.json(PLOTS, v=versions)
    words = [f"churn@{one}" for one in versions]
    said = json.loads(plotted.gto("plots", *words, "-o", str(plotted.path / "page.html"), "--json").stdout)
    assert {**page, "page": ""} == {**said, "page": ""}


def test_the_frame_has_no_rights_and_shows_its_points_without_a_script(shown: Studio) -> None:
    answer = shown.client.get(f"{PLOTS}/frame", params={"v": "v0.0.1"})
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "unsafe-eval" not in policy
    assert EVIL not in answer.text
    assert "<td>0.5</td>" in answer.text
    assert "data:image/svg+xml" in answer.text
    page = shown.client.get(PLOTS, params={"v": "v0.0.1"})
    assert 'sandbox="allow-scripts"' in page.text
    assert "sandbox" not in page.headers["content-security-policy"]


def test_of_many_points_the_frame_draws_some_and_names_the_command_that_draws_all(repo: Repo, tmp_path: Path) -> None:
    points = "".join(f"{step},{step % 7}\n" for step in range(50_000))
    classes = "".join(f"{'cat' if step % 2 else 'dog'},cat\n" for step in range(20_000))
    axes = "x: step, y: loss"
    plots = f"[large.csv: {{{axes}}}, small.csv: {{{axes}}}, classes.csv: {{x: was, y: said, template: confusion}}]"
    files = {
        "large.csv": f"step,loss\n{points}",
        "small.csv": "step,loss\n1,2\n",
        "classes.csv": f"was,said\n{classes}",
    }
    repo.commit("train", {**files, "dvc.yaml": f"plots: {plots}\nartifacts: {{churn: {{path: churn.txt}}}}\n"})
    wrote(repo, "register", "churn")
    with studio_of({"team": repo.path}, tmp_path / "index.db") as studio:
        frame = studio.page(f"{PLOTS}/frame", v="v0.0.1")
    assert len(frame.encode()) < 300_000
    charts = json.loads(frame.partition('id="charts">')[2].partition("</script>")[0])
    large, small, counted = (one["data"]["values"] for one in charts)
    every = -(-50_000 // len(large))
    assert [(row["x"], row["y"]) for row in large] == [(step, step % 7) for step in range(0, 50_000, every)]
    assert f"One point of {every} is drawn. All of them: <code>gto plots churn@v0.0.1 -r {repo.path}</code>" in frame
    assert frame.count(" is drawn. ") == 1
    assert [len(small), *(one["count"] for one in counted)] == [1, 10_000, 10_000]


def test_a_version_without_plots_says_how_to_declare_some(studio: Studio) -> None:
    assert "declares some" in studio.page("/m/team/churn/-/plots/frame")
    assert studio.client.get("/m/team/churn/-/plots.json").status_code == 400


def test_the_program_that_draws_is_made_apart_and_open_to_the_frame(
    shown: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "plots-cache"))
    held = set(sys.modules)
    shown.client.cookies.clear()
    answer = shown.client.get("/static/vega.js", headers={"origin": "null"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "vegaEmbed" in answer.text
    assert "vl_convert" not in set(sys.modules) - held


@pytest.fixture
def opened(plotted: Repo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a `gto studio` that runs."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"needs {CHROMIUM}")
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.getbasetemp() / "plots-cache")}
    command = [sys.executable, "-m", "gto", "studio", "--no-open", "--port", "0"]
    with subprocess.Popen(command, cwd=plotted.path, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_charts_draw_in_silence_and_reach_neither_parent_nor_cookies(opened: str) -> None:
    told: list[str] = []
    hosts: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        tab.on("console", lambda message: told.append(message.text))
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.on("request", lambda request: hosts.add(request.url.split("/")[2] if "://" in request.url else "data"))
        tab.goto(opened)
        base, name = (
            tab.url.rpartition("/")[0],
            os.path.basename(cast("str", tab.evaluate("document.location.pathname"))),
        )
        assert name == "models"
        repo = cast("str", tab.locator("a[href^='/m/']").first.get_attribute("href")).split("/")[2]
        tab.goto(f"{base}/m/{repo}/churn/-/plots?v=v0.0.1&v=v0.0.2")
        _check_frame(tab)
        tab.goto(f"{base}/m/{repo}/churn/-/compare?v=v0.0.1&v=v0.0.2")
        assert tab.frames[1:] == [] or tab.frames[1].url in {"", "about:blank"}  # nothing is drawn before it is opened
        tab.locator("summary h2").click()
        _check_frame(tab)
        browser.close()
    assert told == []
    assert len(hosts - {"data"}) == 1


def _check_frame(tab: Page) -> None:
    tab.wait_for_selector("iframe.plots[height]", timeout=60_000)
    frame = tab.frames[1]
    frame.wait_for_selector("body[data-drawn]", timeout=60_000)
    assert frame.locator("canvas").count() == 1
    assert frame.locator(".failed").count() == 0
    assert frame.evaluate("self.origin") == "null"
    for reach in ("document.cookie", "parent.document.title", "localStorage.length"):
        assert frame.evaluate(f"(() => {{ try {{ return {reach}; }} catch (error) {{ return error.name; }} }})()") == (
            "SecurityError"
        )
