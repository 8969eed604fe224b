"""The facts of models on pages: what a side-car says is shown, and what is of another file is said to be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from gto.inspect.facts import Method, Schema, Tensor
from scripts import sample_models
from tests.conftest import copied
from tests.studio.conftest import wrote
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

PAGE, PATH = "/m/team/churn", "models/churn.txt"


@pytest.fixture
def described(
    registry: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Repo:
    """Three versions more: of XGBoost; of scikit-learn with a step of one's own; another file with that side-car."""
    if "described" not in templates:
        made = copied(registry, tmp_path_factory.mktemp("template"))
        for model in (sample_models.read("xgboost/table.json"), sample_models.saved("skops/own.skops")):
            made.commit(model.facts.framework, model.beside(PATH))
            (made.path / PATH).write_bytes(model.data)
            made.git("commit", "--quiet", "--all", "--amend", "--no-edit")
            wrote(made, "register", "churn")
        made.commit("train anew", {PATH: "another file\n"})
        wrote(made, "register", "churn")
        templates["described"] = made
    place = tmp_path / "described"
    place.mkdir()
    made = copied(templates["described"], place)
    made.git("update-index", "--refresh")
    return made


@pytest.fixture
def studio(described: Repo, tmp_path: Path) -> Iterator[Studio]:
    with studio_of({"team": described.path}, tmp_path / "described.db") as running:
        yield running


def said(repo: Repo, *words: str) -> Any:  # noqa: ANN401  whatever JSON holds
    """What a command prints as JSON."""
    result = repo.gto(*words)
    assert result.code == 0, result.stderr
    return json.loads(result.stdout)


def tab(studio: Studio, version: str) -> str:
    """The section of facts, as text without elements."""
    html = studio.page(PAGE, version=version).partition('id="facts"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", " ", html)))


def names(studio: Studio, **query: str | list[str]) -> list[str]:
    """The artifacts of the list."""
    found: Any = studio.json("/models", **query)["artifacts"]
    return [one["artifact"] for one in found]


def test_what_a_side_car_says_is_on_the_page_and_what_describe_says_in_its_json(
    studio: Studio, described: Repo
) -> None:
    text = tab(studio, "v0.0.5")
    for word in (
        "scikit-learn 1.9.1", f"{PATH}.model.yaml", "skops.io.load", "sklearn.pipeline.Pipeline", "2.0 kB", "3.12",
        "pandas==3.1.1",
        "Loading it may run anything. 1 of its 7 imports is not on GTO\N{RIGHT SINGLE QUOTATION MARK}s list.",
        "__main__.double not on the list", "predict()", "country BYTES category n",
        "output FP64 n \N{MULTIPLICATION SIGN} 2",
        "functiontransformer sklearn.preprocessing._function_transformer.FunctionTransformer 8 parameters",
    ):  # fmt: skip
        assert word in text, word
    assert "Loading it runs no code." in tab(studio, "v0.0.4")
    chosen: Any = studio.json(PAGE, version="v0.0.5")["chosen"]
    page = unescape(studio.page(PAGE, version="v0.0.5"))
    assert "gto serve churn@v0.0.5 -r " in page
    assert "docker build --tag churn:v0.0.5 churn-image" in page
    assert "gto serve" not in studio.page(PAGE, version="v0.0.1")  # nothing is known of its model
    told = said(described, "describe", "churn@v0.0.5", "--all", "--json")
    assert chosen["facts"]["model"] == told["model"]


@pytest.mark.parametrize("form", ["json-schema", "mlflow", "oip"])
def test_a_schema_is_copied_and_downloaded_as_inspect_prints_it(studio: Studio, described: Repo, form: str) -> None:
    told = said(described, "inspect", "churn@v0.0.4", "--schema", form)
    answer = studio.client.get(f"{PAGE}/-/schema.json", params={"version": "v0.0.4", "form": form})
    assert answer.headers["content-disposition"] == f'attachment; filename="{form}.json"'
    assert answer.json() == told
    menu = studio.page(PAGE, version="v0.0.4").partition(f'id="schema-1-{form}"')[2].partition("<button")[0]
    assert json.loads(unescape(menu.partition('">')[2])) == told


def test_a_schema_that_is_not_there_is_refused_with_a_reason(studio: Studio) -> None:
    for query, status, why in (
        ({"version": "v0.0.1"}, 404, "has no side-car"),
        ({"version": "v0.0.4", "method": "transform"}, 404, "nothing says what transform() takes"),
        ({"version": "v0.0.4", "form": "avro"}, 400, "is no form of a schema"),
        ({"version": "v9.9.9"}, 404, "has no version"),
    ):
        answer = studio.client.get(f"{PAGE}/-/schema.json", params=query)
        assert answer.status_code == status
        assert why in unescape(answer.text)


def test_a_side_car_of_another_file_is_called_stale_wherever_it_is_shown(studio: Studio) -> None:
    assert f"Stale: {PATH}.model.yaml is of another file" in tab(studio, "v0.0.6")
    assert "Stale" not in tab(studio, "v0.0.5")
    page = studio.page("/models")
    assert "<title>stale facts: the side-car is of another file than the latest version&#39;s</title>" in page
    assert "<title>loading it may run anything</title>" in page
    assert names(studio, q="is:stale") == names(studio, q="is:code") == names(studio, **{"is": "code"}) == ["churn"]
    assert names(studio, q="-is:stale") == ["features"]
    compared = studio.page(f"{PAGE}/-/compare", v=["v0.0.4", "v0.0.6"])
    assert "Facts of v0.0.6 are not compared: the side-car is of another file." in compared
    assert "breaking" not in compared
    assert "Facts of the model" not in compared  # that nothing is known of one side is no difference


def test_a_version_without_a_side_car_says_how_to_write_one(studio: Studio) -> None:
    text = tab(studio, "v0.0.1")
    assert "gto annotate churn --inspect" in text
    assert f'gto.save(model, "{PATH}", sample_data=table, name="churn")' in text
    assert "opens no model\N{RIGHT SINGLE QUOTATION MARK}s file" in text


def test_a_data_set_has_no_facts_of_a_model(registry: Repo, tmp_path: Path) -> None:
    wrote(registry, "register", "features")
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        assert 'id="facts"' not in studio.page("/m/team/features")
        assert 'id="facts"' in studio.page("/m/team/churn")


def test_the_list_is_filtered_and_sorted_by_framework_and_has_columns_of_facts(studio: Studio) -> None:
    for query in (
        {"q": "framework:Scikit-Learn"},
        {"framework": "scikit-learn"},
        {"q": "-framework:xgboost type:model"},
    ):
        assert names(studio, **query) == ["churn"]
    assert names(studio, q="framework:xgboost") == []
    assert names(studio, sort="framework") == names(studio, sort="size") == ["churn", "features"]
    html = studio.page("/models", columns=["framework", "size"])
    assert '<a href="?framework=scikit-learn">scikit-learn</a><small>1.9.1</small>' in html
    assert '<td class="other r">13 B' in html
    assert '<input type="checkbox" name="framework" value="scikit-learn">scikit-learn<span class="note">1' in html
    line = studio.client.get("/models.csv", params={"q": "name:churn"}).text.splitlines()
    row = dict(zip(line[0].split(","), line[1].split(","), strict=True))
    keys = ("framework", "framework_version", "code_on_load", "stale", "size")
    assert [row[key] for key in keys] == ["scikit-learn", "1.9.1", "unknown", "true", "13"]
    api = studio.client.get("/api/v1/artifacts", params={"q": "framework:scikit-learn is:stale"}).json()["items"]
    framework = {"name": "scikit-learn", "version": "1.9.1"}
    assert [(one["model"], one["size"]) for one in api] == [
        ({"framework": framework, "code_on_load": "unknown", "stale": True}, 13)
    ]


def test_a_comparison_marks_what_breaks_as_diff_does(studio: Studio, described: Repo) -> None:
    told = said(described, "diff", "churn@v0.0.4", "churn@v0.0.5", "--json")
    page: Any = studio.json(f"{PAGE}/-/compare", v=["v0.0.4", "v0.0.5"], baseline="v0.0.4")
    assert page["comparisons"] == [told]
    group = next(one["rows"] for one in page["groups"] if one["title"] == "Facts of the model")
    marked = {row["key"] for row in group if row["breaking"][1]}
    assert marked == {f"{one['fact']} {one['name']}".strip() for one in told["model"] if one["breaking"]}
    assert {"framework", "format", "code on load", "input predict.tenure"} <= marked
    html = studio.page(f"{PAGE}/-/compare", v=["v0.0.4", "v0.0.5"], baseline="v0.0.4")
    assert html.count('<span class="behind">breaking</span>') == len(marked)
    assert f"changes {len(marked)} facts of the model" in html
    text = studio.client.get(f"{PAGE}/-/compare.md", params={"v": ["v0.0.4", "v0.0.5"]}).text
    assert text.count("(breaking)") == len(marked)


def test_the_columns_of_an_array_stand_under_it_in_their_order(registry: Repo, tmp_path: Path) -> None:
    model = sample_models.read("skops/own.skops")
    gives = Schema((Tensor("probabilities", "FP64", (-1, 3), columns=("leaves", "stays", "<b>unsure")),), "np")
    facts = replace(model.facts, methods={"predict_proba": Method(None, gives)})
    registry.commit("classes", model._replace(facts=facts, data=b"classes\n").beside(PATH) | {PATH: "classes\n"})
    wrote(registry, "register", "churn")
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        text = tab(studio, "v0.0.4")
        assert "probabilities FP64 n \N{MULTIPLICATION SIGN} 3" in text
        assert "Columns, in this order: leaves , stays , <b>unsure" in text


def test_a_strangers_side_car_of_thousands_of_rows_leaves_the_page_small(registry: Repo, tmp_path: Path) -> None:
    model = sample_models.read("skops/own.skops")
    names = tuple(f"<p>{number}" for number in range(60))
    wide = Schema(tuple(Tensor(f"<b>{number}" * 9, "INT999999999", columns=names) for number in range(400)), "pd")
    methods = {f"<i>{number}": Method(wide if number < 1 else None) for number in range(60)}
    steps = [replace_step(model, number) for number in range(110)]
    many = [f"<script>{number}.{'x' * 300}" for number in range(150)]
    facts = replace(model.facts, methods=methods, steps=steps, imports=many, unlisted=many[:120], requirements=many,
                    params=dict.fromkeys(many, "x" * 500), details=dict.fromkeys(many, "x" * 500))  # fmt: skip
    registry.commit("wide", model._replace(facts=facts, data=b"wide\n").beside(PATH) | {PATH: "wide\n"})
    wrote(registry, "register", "churn")
    with studio_of({"team": registry.path}, tmp_path / "index.db") as studio:
        html = studio.page(PAGE)
        assert len(html.encode()) < 200_000
        for word in ("<script>0.", "<b>0<b>", "<i>0"):
            assert word not in html
        assert len(studio.page(f"{PAGE}/-/compare", v=["v0.0.4", "v0.0.1"]).encode()) < 300_000
        assert studio.client.get(f"{PAGE}/-/schema.json", params={"method": "<i>0"}).status_code == 200


def replace_step(model: sample_models.SampleModel, number: int) -> Any:  # noqa: ANN401  a Step
    """A step with a name of its own and many parameters."""
    return model.facts.steps[0]._replace(name=f"<u>{number}", params={f"p{n}": "y" * 300 for n in range(6)})
