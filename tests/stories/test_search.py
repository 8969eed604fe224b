"""Artifacts found by a text, in one repository and in all of a catalogue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.repo import Repo
from tests.stories.healthy import done, make_healthy, said

if TYPE_CHECKING:
    from pathlib import Path

LONG = "A long story of many words. " * 5 + "Here is the Needle in it. " + "And it goes on and on. " * 5
DVC_YAML = f"""\
artifacts:
  churn: {{path: churn.pkl, type: Model, labels: [Tabular, weekly], desc: "Who leaves,\\n and when"}}
  data: {{path: data.csv, type: dataset, desc: "{LONG}"}}
"""


@pytest.fixture
def found(tmp_path: Path) -> Repo:
    """A repository with annotations, and a version in a stage."""
    repo = make_healthy(tmp_path / "one")
    repo.commit("annotate", {"dvc.yaml": DVC_YAML})
    done(repo.gto("register", "churn"))
    return repo


def hits(repo: Repo, *words: str) -> list[tuple[str, str, str]]:
    """Artifact, field and text of every hit."""
    answer = json.loads(done(repo.gto("search", *words, "--json")))
    assert answer["problems"] == []
    return [(hit["artifact"], hit["field"], hit["text"]) for hit in answer["hits"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CHUR", [("churn", "name", "churn")]),
        ("tabular", [("churn", "label", "Tabular")]),
        ("week", [("churn", "label", "weekly")]),
        ("model", [("churn", "type", "Model")]),
        ("WHO LEAVES", [("churn", "description", "Who leaves,\n and when")]),
        ("Prod", [("ok", "stage", "prod")]),
        ("dat", [("data", "name", "data"), ("data", "type", "dataset")]),
        ("nothing of the kind", []),
        ("[a-z]", []),
    ],
)
def test_each_field_is_searched_and_named(found: Repo, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert hits(found, text) == expected


def test_the_table_has_the_field_and_a_long_text_cut_around_the_word(found: Repo) -> None:
    lines = done(found.gto("search", "needle", "--plain")).splitlines()
    assert lines[0].split() == ["artifact", "latest", "field", "text"]
    assert lines[1].split()[:3] == ["data", "-", "description"]
    assert "...ords. Here is the Needle" not in lines[1]
    assert "the Needle in it" in lines[1]
    assert lines[1].count("...") == 2
    assert len(lines[1]) < 120
    assert done(found.gto("search", "leaves", "--plain")).splitlines()[1].endswith("Who leaves, and when")
    assert done(found.gto("search", "nowhere")) == "Nothing found in the current workspace\n"


def test_deprecated_artifacts_are_found_where_they_are_wanted(found: Repo) -> None:
    done(found.gto("deprecate", "churn"))
    assert hits(found, "churn") == []
    assert hits(found, "churn", "-d") == [("churn", "name", "churn")]


def test_an_annotation_of_the_latest_version_counts_where_head_has_none(found: Repo) -> None:
    found.commit("no annotations any more", {"dvc.yaml": "{}\n"})
    assert hits(found, "tabular") == [("churn", "label", "Tabular")]


def test_all_repositories_are_searched_in_the_catalogues_order(found: Repo, tmp_path: Path) -> None:
    make_healthy(tmp_path / "two")
    home = Repo(tmp_path)
    done(home.gto("repos", "add", "two", "one", "--catalog", "c.yaml"))
    answer = json.loads(done(home.gto("search", "PROD", "--catalog", "c.yaml", "--json")))
    hit = {"artifact": "ok", "version": "v0.0.1", "field": "stage", "text": "prod"}
    assert answer == {"hits": [{"repo": "two", **hit}, {"repo": "one", **hit}], "problems": []}
    rows = done(home.gto("search", "chur", "--catalog", "c.yaml", "--plain")).splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["one/churn"]
    here = json.loads(done(found.gto("search", "prod", "--json")))
    assert here["hits"] == [{"repo": None, **hit}]
    assert json.loads(done(home.gto("search", "prod", "-r", "two", "--json")))["hits"] == here["hits"]


def test_an_empty_text_is_refused(found: Repo) -> None:
    said(found.gto("search", " "), "An empty text is found everywhere", "name a word")
    assert found.gto("search").code == 2
