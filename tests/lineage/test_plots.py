from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from gto import api
from tests.lineage.pipeline import write
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.lineage.pipeline import Pipeline

pytestmark = pytest.mark.dvc

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TEMPLATES = ("linear", "simple", "smooth", "scatter", "scatter_jitter", "confusion", "confusion_normalized",
             "bar_horizontal", "bar_horizontal_sorted")  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"needs {CHROMIUM}")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(autouse=True)
def shared_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache for all tests of this file: the program that draws takes seconds to make."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "plots-cache"))


class Seen:
    """What a page does in the browser, without a network."""

    def __init__(self, browser: Browser, page: Path) -> None:
        self.told: list[str] = []
        self.asked: list[str] = []
        context = browser.new_context(offline=True)
        tab = context.new_page()
        tab.on("console", lambda message: self.told.append(message.text))
        tab.on("pageerror", lambda error: self.told.append(str(error)))
        tab.on("request", lambda request: self.asked.append(request.url.partition(":")[0]))
        tab.goto(page.as_uri())
        tab.wait_for_selector("body[data-drawn]", timeout=60_000)
        self.failed = tab.locator(".failed").all_text_contents()
        self.charts = tab.locator("section canvas").count()
        self.headings = tab.locator("h2").all_text_contents()
        self.legend = tab.locator("ul.legend li").all_text_contents()
        self.images = tab.eval_on_selector_all("img", "all => all.map(one => [one.alt, one.naturalWidth])")
        self.ran = tab.evaluate("window.hacked === undefined")
        context.close()


def test_the_page_of_three_versions_opens_without_network_and_without_a_word(
    pipeline: Pipeline, browser: Browser
) -> None:
    words = ("plots", "churn@v1.0.0", "churn#prod", "churn@latest", "-o", "page.html", "--json")
    found = json.loads(done(pipeline.repo.gto(*words)))
    assert (found["page"], found["not_in_git"], found["problems"]) == ("page.html", [], [])
    versions = ["churn@v1.0.0", "churn#prod (v2.0.0)", "churn@latest (v3.0.0)"]
    drawn = {plot["id"]: plot for plot in found["plots"]}
    assert {plot["template"] for plot in found["plots"]} == {"linear", "smooth", "confusion", "mine"}
    assert drawn["out/eu/curves/loss.tsv"]["points"] == 5 + 5 + 8
    assert drawn["ROC"]["versions"] == versions
    seen = Seen(browser, pipeline.repo.path / "page.html")
    assert (seen.told, seen.failed) == ([], [])
    assert set(seen.asked) <= {"file", "data"}
    assert seen.charts == len(found["plots"])
    assert "Loss <b>per</b> epoch" in seen.headings
    assert seen.legend == versions
    assert sorted(seen.images) == sorted([f"out/{r}/map.png of {v}", 8] for r in ("eu", "us") for v in versions)


def test_every_template_of_dvc_is_drawn(pipeline: Pipeline, browser: Browser) -> None:
    repo = pipeline.repo
    plots: list[object] = [{f"plots/{name}.csv": {"template": name, "x": "x", "y": "y"}} for name in TEMPLATES]
    plots += [{"two": {"x": "x", "y": {"plots/linear.csv": ["y", "z"]}, "template": name}} for name in ("scatter",)]
    plots += [{"jitter": {"x": "x", "y": {"plots/linear.csv": ["y", "z"]}, "template": "scatter_jitter"}}]
    plots += [{"words": {"x": "x", "y": {"plots/bar_horizontal.csv": "y"}, "template": "scatter_jitter"}}]
    numbers = "x,y,z\n" + "".join(f"{k},{k * k % 7},{k}\n" for k in range(20))
    classes = "x,y\n" + "".join(f"{'ab'[k % 2]},{'abc'[k % 3]}\n" for k in range(20))
    bars = "x,y\n3,cat\n5,dog\n"
    texts = {
        "confusion": classes,
        "confusion_normalized": classes,
        "bar_horizontal": bars,
        "bar_horizontal_sorted": bars,
    }
    repo.commit(
        "plots of all kinds",
        {"dvc.yaml": json.dumps({"plots": plots})}
        | {f"plots/{name}.csv": texts.get(name, numbers) for name in TEMPLATES},
    )
    found = api.plots(repo.path, ["HEAD"], str(repo.path / "all.html"))
    assert found["problems"] == []
    seen = Seen(browser, repo.path / "all.html")
    assert (seen.told, seen.failed, seen.charts) == ([], [], len(TEMPLATES) + 3)


def test_nothing_that_a_stranger_wrote_runs_or_leads_out(pipeline: Pipeline, browser: Browser) -> None:
    repo = pipeline.repo
    evil = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
    custom = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "usermeta": {"embedOptions": {"ast": False, "patch": "https://example.com/patch.json"}},
        "data": {"url": "https://example.com/data.json", "values": "<DVC_METRIC_DATA>"},
        "transform": [
            {"lookup": "x", "from": {"data": {"URL": "file:///etc/passwd", "values": []}, "key": "x", "fields": ["z"]}}
        ],
        "mark": {"type": "point", "href": "javascript:window.hacked=1"},
        "encoding": {
            "x": {"field": "<DVC_METRIC_X>", "type": "quantitative", "title": "<DVC_METRIC_X_LABEL>"},
            "y": {"field": "<DVC_METRIC_Y>", "type": "quantitative"},
            "url": {"value": "https://example.com/x.png"},
        },
    }
    spy = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>parent.hacked=1</script>'
        '<image href="https://example.com/spy.png"/></svg>'
    )
    plots = [
        {f"{evil}": {"y": {"a.csv": "y"}, "x": "x", "title": evil, "x_label": evil, "template": "evil"}},
        "spy.svg",
    ]
    repo.commit(
        "evil",
        {"dvc.yaml": json.dumps({"plots": plots}), "a.csv": "x,y\n1,2\n2,3\n", "spy.svg": spy,
         ".dvc/plots/evil.json": json.dumps(custom)},
    )  # fmt: skip
    repo.git("branch", "<b>evil&branch")
    found = json.loads(done(repo.gto("plots", "<b>evil&branch", "-o", "evil.html", "--json")))
    assert (found["plots"][0]["id"], found["problems"]) == (evil, [])
    text = (repo.path / "evil.html").read_text(encoding="utf-8")
    assert "example.com" not in re.sub(r"data:image[^\"]*", "", text)
    assert "/etc/passwd" not in text
    assert "usermeta" not in text.partition('id="charts">')[2].partition("</script>")[0]
    assert "'unsafe-eval'" not in text
    seen = Seen(browser, repo.path / "evil.html")
    assert (seen.told, seen.failed, seen.charts, seen.ran) == ([], [], 1, True)
    assert seen.legend == ["<b>evil&branch"]
    assert set(seen.asked) <= {"file", "data"}


def test_long_names_stay_whole_one_point_is_drawn_and_no_input_leaves_its_chart(
    pipeline: Pipeline, browser: Browser
) -> None:
    repo = pipeline.repo
    files = [f"evaluation/plots/metrics/{part}/loss.tsv" for part in ("train", "eval")]
    bind = {"input": "range", "min": 0, "max": 1, "element": "h1", "class": "moved"}
    bound = {"params": [{"name": "p", "value": 1, "bind": bind}], "mark": "point",
             "data": {"values": "<DVC_METRIC_DATA>"}}  # fmt: skip
    plots = [
        {"two": {"x": "step", "y": dict.fromkeys(files, "loss")}},
        {"one": {"x": "step", "y": {"one.tsv": "acc"}}},
        {"bound": {"x": "step", "y": {"one.tsv": "acc"}, "template": "bound"}},
    ]
    repo.commit(
        "legend",
        {"dvc.yaml": json.dumps({"plots": plots}), "one.tsv": "step\tacc\n0\t0.7\n",
         ".dvc/plots/bound.json": json.dumps(bound)}
        | dict.fromkeys(files, "step\tloss\n0\t3\n1\t2\n"),
    )  # fmt: skip
    api.plots(repo.path, "HEAD", str(repo.path / "legend.html"))
    tab = browser.new_page()
    tab.add_init_script(
        "window.said = []; const say = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text) {"
        " window.said.push(text); return say.apply(this, arguments); }"
    )
    tab.goto((repo.path / "legend.html").as_uri())
    tab.wait_for_selector("body[data-drawn]", timeout=60_000)
    assert {*files, "0.7"} <= set(tab.evaluate("window.said"))
    coloured = tab.evaluate(
        "(() => { const one = document.querySelector('#chart-1 canvas');"
        " const all = one.getContext('2d').getImageData(0, 0, one.width, one.height).data; let found = 0;"
        " for (let k = 0; k < all.length; k += 4)"
        " if (all[k + 3] && Math.max(all[k], all[k + 1], all[k + 2]) - Math.min(all[k], all[k + 1], all[k + 2]) > 60)"
        " found++; return found; })()"
    )
    assert coloured > 5
    assert (tab.locator("h1 input").count(), tab.locator("#chart-2 input").count()) == (0, 1)
    tab.close()


def test_a_chart_that_cannot_be_drawn_says_so_in_its_place(pipeline: Pipeline, browser: Browser) -> None:
    repo = pipeline.repo
    broken = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "<DVC_METRIC_TITLE>", "data": {}}
    repo.commit(
        "broken",
        {"dvc.yaml": json.dumps({"plots": [{"a.csv": {"template": "broken.json"}}]}), "a.csv": "x,y\n1,2\n",
         ".dvc/plots/broken.json": json.dumps(broken)},
    )  # fmt: skip
    api.plots(repo.path, "HEAD", str(repo.path / "page.html"))
    seen = Seen(browser, repo.path / "page.html")
    assert [text.partition(":")[0] for text in seen.failed] == ["This chart cannot be drawn"]


def test_what_is_not_there_is_told_beside_what_is(pipeline: Pipeline) -> None:
    repo = pipeline.repo
    plots = {
        "gone.csv": None,
        "raw.png": None,
        "words.txt": None,
        "broken.json": None,
        "good.csv": {"template": "nowhere"},
        "badly.csv": {"template": "bad"},
        "mixed": {"x": "no", "y": {"good.csv": "y"}},
        "uneven": {"x": {"good.csv": "x"}, "y": {"badly.csv": "y"}},
        "empty.csv": None,
    }
    write(repo.path, "raw.png", "not tracked by Git")
    assert pipeline.dvc("add", "--quiet", "raw.png").code == 0
    files = {
        "words.txt": "x",
        "broken.json": "{",
        "good.csv": "x,y\n1,2\n",
        "badly.csv": "x,y\n1,2\n2,3\n",
        "empty.csv": "",
    }
    shutil.rmtree(repo.path / ".dvc" / "cache")  # what is there would be read
    repo.git("add", "raw.png.dvc")
    repo.commit("some", {"dvc.yaml": json.dumps({"plots": plots}), ".dvc/plots/bad.json": "[]", **files})
    result = repo.gto("plots", "HEAD", "--json")
    found = json.loads(done(result))
    assert [(plot["id"], plot["points"]) for plot in found["plots"]] == [("good.csv", 1), ("badly.csv", 2)]
    assert [(one["path"], one["kept_in"]) for one in found["not_in_git"]] == [("gone.csv", None), ("raw.png", "dvc")]
    problems = {(problem["code"], problem["subject"]) for problem in found["problems"]}
    assert problems == {
        ("lineage-file", "words.txt"),
        ("lineage-file", "broken.json"),
        ("lineage-file", ".dvc/plots/bad.json"),
        ("lineage-plot", "good.csv"),
        ("lineage-plot", "badly.csv"),
        ("lineage-plot", "mixed"),
        ("lineage-plot", "uneven"),
    }
    told = repo.gto("plots", "HEAD", "-o", "other.html")
    assert (told.code, told.stdout) == (0, "other.html\n")
    assert "gone.csv of HEAD: it is not in the commit" in told.stderr
    page = (repo.path / "other.html").read_text(encoding="utf-8")
    assert "Not shown" in page
    printed = repo.gto("plots", "HEAD", "-o", "-")
    assert (printed.code, printed.stdout, printed.stderr) == (0, page, told.stderr)
    said(repo.gto("plots", "HEAD", "-o", "-", "--json"), "--json")
