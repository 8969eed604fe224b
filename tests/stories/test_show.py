"""`gto show`, and its old names `latest` and `which`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.repo import Repo


@pytest.fixture
def filled(repo: Repo) -> Repo:
    """churn: v0.0.1 (prod, dev, of 2023), v1.0.0 (prod, of 2024); rf: v0.0.1, a dataset; *plan: annotated alone."""
    files = {
        "artifacts.yaml": (
            "churn:\n  type: model\n  labels: [nlp, eu]\nplan:\n  type: doc\nrf:\n  type: dataset\n  labels: [eu]\n"
        )
    }
    repo.commit("annotations", files)
    year = {"GIT_COMMITTER_DATE": "2023-06-01T12:00:00Z"}
    for args in (
        ("register", "churn"),
        *(("assign", "churn", "--version", "v0.0.1", "--stage", s) for s in ("prod", "dev")),
    ):
        done(repo.gto(*args, env=year))
    done(repo.gto("register", "rf", env=year))
    repo.commit()
    for args in (("register", "churn", "--bump-major"), ("assign", "churn", "--version", "v1.0.0", "--stage", "prod")):
        done(repo.gto(*args, env={"GIT_COMMITTER_DATE": "2024-06-01T12:00:00Z"}))
    return repo


def names(repo: Repo, *args: str) -> list[str]:
    return done(repo.gto("show", "--name", *args)).splitlines()


def test_the_overview_is_a_table(filled: Repo) -> None:
    assert done(filled.gto("show")) == (
        "╒════════╤══════════╤════════╤═════════╕\n"
        "│ name   │ latest   │ #dev   │ #prod   │\n"
        "╞════════╪══════════╪════════╪═════════╡\n"
        "│ churn  │ v1.0.0   │ v0.0.1 │ v1.0.0  │\n"
        "│ rf     │ v0.0.1   │ -      │ -       │\n"
        "│ *plan  │ -        │ -      │ -       │\n"
        "╘════════╧══════════╧════════╧═════════╛\n"
    ) or "│ *plan  │" in done(filled.gto("show"))
    assert done(filled.gto("show", "--plain")).splitlines()[0].split() == ["name", "latest", "#dev", "#prod"]


def test_the_overview_in_json_says_what_is_registered(filled: Repo) -> None:
    found = json.loads(done(filled.gto("show", "--json")))
    assert found["churn"] == {
        "version": "v1.0.0",
        "stage": {"dev": "v0.0.1", "prod": "v1.0.0"},
        "registered": True,
        "active": True,
    }
    assert found["plan"]["registered"] is False
    assert list(found)[-1] == "plan"


def test_an_artifact_s_versions_are_a_table(filled: Repo) -> None:
    lines = done(filled.gto("show", "rf", "--plain")).splitlines()
    assert lines[0].split() == ["artifact", "version", "stage", "created_at", "ref"]
    assert lines[1].split() == ["rf", "v0.0.1", "2023-06-01", "12:00:00+00:00", "rf@v0.0.1"]


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (("churn@latest", "--version"), ["v1.0.0"]),
        (("churn@greatest", "--ref"), ["churn@v1.0.0"]),
        (("churn@v0.0.1", "--ref"), ["churn@v0.0.1"]),
        (("churn#prod", "--version"), ["v1.0.0"]),
        (("churn#prod", "--version", "--vs", "-1"), ["v1.0.0", "v0.0.1"]),
        (("churn#dev", "--stage"), ["dev"]),
        (("churn", "--in-stage", "dev", "--version"), ["v0.0.1"]),
        (("churn", "--at", "2023-12-31", "--version"), ["v0.0.1"]),
        (("churn@latest", "--at", "2023-12-31T00:00:00+02:00", "--version"), ["v0.0.1"]),
    ],
)
def test_a_field_prints_alone(args: tuple[str, ...], lines: list[str], filled: Repo) -> None:
    result = filled.gto("show", *args)
    assert done(result).splitlines() == lines
    assert result.stderr == ""


def test_how_many_stages_and_versions_is_a_choice(filled: Repo) -> None:
    def stages(*args: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(done(filled.gto("show", "--json", *args)))["churn"]["stage"]
        return found

    assert stages("--vs", "-1") == {"dev": "v0.0.1", "prod": "v1.0.0, v0.0.1"}
    assert stages("--av", "1", "--vs", "-1") == {"dev": "v0.0.1", "prod": "v1.0.0"}
    assert stages("--vs", "0") == {"dev": None, "prod": None}
    assert stages("--av", "0") == {"dev": None, "prod": None}
    said(filled.gto("show", "--av", "-2"), "'assignments_per_version' must be >= -1")
    later = {"GIT_COMMITTER_DATE": "2024-06-02T12:00:00Z"}
    done(filled.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod", env=later))
    assert stages()["prod"] == "v0.0.1"
    assert stages("--sort", "semver")["prod"] == "v1.0.0"
    assert filled.gto("show", "--sort", "size").code == 2


def test_filters_choose_by_annotation_and_stage(filled: Repo) -> None:
    assert names(filled, "--type", "model") == ["churn"]
    assert names(filled, "--label", "eu") == ["churn", "rf"]
    assert names(filled, "--label", "eu", "--label", "nlp") == ["churn"]
    assert names(filled, "--type", "doc") == ["*plan"] or names(filled, "--type", "doc") == ["plan"]
    assert names(filled, "--in-stage", "prod") == ["churn"]
    assert names(filled, "--in-stage", "prod", "--type", "dataset") == []
    assert json.loads(done(filled.gto("show", "--type", "dataset", "--json"))).keys() == {"rf"}
    for args in (("--type", "model"), ("--label", "eu"), ("-a",), ("-A",)):
        said(filled.gto("show", "churn", *args), "is for the whole registry")


def test_the_registry_as_it_was(filled: Repo) -> None:
    def at(date: str) -> dict[str, str]:
        found = json.loads(done(filled.gto("show", "--json", "--at", date)))
        return {name: row["version"] for name, row in found.items()}

    assert at("2022-12-31") == {}
    assert at("2023-06-01") == {"churn": "v0.0.1", "rf": "v0.0.1"}
    assert at("2023-06-01T11:59:59Z") == {}
    assert at("2024-06-01T12:00:00+00:00") == {"churn": "v1.0.0", "rf": "v0.0.1"}
    said(filled.gto("show", "churn", "--at", "2022-01-01"), "Cannot find artifact 'churn'")
    for wrong in ("rubbish", "2023-13-01", "", "2023-06-01T99", "9" * 50):
        said(filled.gto("show", "--at", wrong), "no date", "2026-01-31")


def test_annotations_of_other_branches_and_commits_are_found_when_asked(filled: Repo) -> None:
    filled.git("checkout", "--quiet", "-b", "side")
    filled.commit("side", {"artifacts.yaml": "sided: {type: model}\n"})
    filled.commit("side", {"artifacts.yaml": "{}\n"})
    filled.git("checkout", "--quiet", "-b", "tip")
    filled.commit("tip", {"artifacts.yaml": "tipped: {type: model}\n"})
    filled.git("checkout", "--quiet", "main")
    assert not {"*sided", "*tipped"} & set(names(filled))
    assert "tipped" in done(filled.gto("show", "-a"))
    assert "sided" not in done(filled.gto("show", "-a"))
    assert "sided" in done(filled.gto("show", "-A"))


@pytest.mark.parametrize("name", ["churn#nothing", "churn@v9.9.9"])
def test_what_is_not_found_is_empty_and_said(name: str, filled: Repo) -> None:
    for flag, out in (((), "Nothing found in the current workspace\n"), (("--version",), ""), (("--json",), "[]\n")):
        result = filled.gto("show", name, *flag)
        assert done(result) == out
        assert result.stderr.startswith("note: ")
        assert len(result.stderr.splitlines()) == 1
        again = filled.gto("show", name, *flag, "-e")
        assert (again.stdout, again.code) == (out, 1)
    assert filled.gto("show", "churn", "-e").code == 0


def test_an_artifact_that_nobody_knows_is_an_error(filled: Repo) -> None:
    for name in ("nope", "nope@latest", "nope#prod", "churn#prod#1", "churn@", "churn@V1.0.0"):
        said(filled.gto("show", name), "Cannot find artifact", "gto show")
    said(filled.gto("show", "--version"), "Cannot apply --version")
    said(filled.gto("show", "churn", "--name"), "Cannot apply --name")


def test_an_empty_registry_is_no_error_unless_expected(repo: Repo) -> None:
    assert done(repo.gto("show")) == "Nothing found in the current workspace\n"
    assert done(repo.gto("show", "--json")) == "{}\n"
    assert repo.gto("show", "--expected").code == 1


def test_configured_stages_are_the_columns_and_others_in_use_follow(filled: Repo) -> None:
    (filled.path / ".gto").write_text("stages: [qa, prod]\n", encoding="utf-8")
    assert done(filled.gto("show", "--plain")).splitlines()[0].split() == ["name", "latest", "#qa", "#prod", "#dev"]


def test_a_version_that_is_a_hash_is_cut_as_text(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD")
    done(repo.gto("assign", "nn", "--stage", "dev", "--sr"))
    assert done(repo.gto("show", "--plain")).split()[-1] == head[:7]
    done(repo.gto("register", "mm", "--version", "v10.20.30"))
    assert "v10.20.30" in done(repo.gto("show"))
    assert "v10.20.30" in done(repo.gto("show", "--plain"))


def test_old_names_answer_briefly(filled: Repo) -> None:
    assert done(filled.gto("latest", "churn")) == "v1.0.0\n"
    assert done(filled.gto("latest", "churn", "--ref")) == "churn@v1.0.0\n"
    assert done(filled.gto("which", "churn", "prod")) == "v1.0.0\n"
    assert done(filled.gto("which", "churn", "prod", "--vs", "-1", "--ref")) == "churn@v1.0.0\nchurn@v0.0.1\n"
    assert done(filled.gto("which", "churn", "nothing")) == ""
    said(filled.gto("latest", "nope"), "Cannot find artifact 'nope'")
    said(filled.gto("which", "nope", "prod"), "Cannot find artifact 'nope'")
