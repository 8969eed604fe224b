"""The file `.gto` and the variables `GTO_*`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

WRITE = ("assign", "nn", "--stage", "prod")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stages: [dev\n", (".gto, line ",)),
        ("types: [a]\nstage: [dev]\n", (".gto, line 2: unknown setting 'stage'", "the settings are")),
        ("types: [a]\nstages: dev\n", (".gto, line 2: stages: a list of names was expected",)),
        ("stages: [1]\n", (".gto, line 1: stages: a list of names",)),
        ("stages: [de v]\n", (".gto, line 1: stages: Invalid name 'de v'",)),
        ("emojis: perhaps\n", (".gto, line 1: emojis: true or false was expected",)),
        ("log_level: LOUD\n", (".gto, line 1: log_level: unknown log level 'LOUD'",)),
        ("index: ../out.yaml\n", (".gto, line 1: index: '../out.yaml' is no file in the repository",)),
        ("index: [a]\n", (".gto, line 1: index: a text was expected",)),
        ("- a\n", (".gto: it must hold settings",)),
        ("stages: [a]\nstages: [b]\n", (".gto, line 2: key 'stages' stands twice",)),
        ("[" * 100_000, (".gto",)),
    ],
)
def test_a_wrong_file_is_named_with_line_and_reason(text: str, words: tuple[str, ...], repo: Repo) -> None:
    (repo.path / ".gto").write_text(text, encoding="utf-8")
    for args in (("show",), WRITE, ("stages",)):
        said(repo.gto(*args), *words)
    out = done(repo.gto("doctor"), 1)
    assert "[config-wrong]" in out
    assert json.loads(repo.gto("doctor", "--json").stdout)["problems"][0]["code"] == "config-wrong"
    assert repo.refs("refs/tags") == {}


def test_bytes_that_are_no_text_are_named(repo: Repo) -> None:
    (repo.path / ".gto").write_bytes(b"stages: [\xff]\n")
    said(repo.gto("show"), ".gto, line 1: not UTF-8")


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "{}\n", "null\n", "STAGES: [prod]\ntypes: null\n", "\ufeffstages: [prod]\n"]
)
def test_a_file_that_says_little_is_no_error(text: str, repo: Repo) -> None:
    (repo.path / ".gto").write_text(text, encoding="utf-8")
    done(repo.gto(*WRITE))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GTO_STAGES", "de v", "GTO_STAGES: Invalid name 'de v'"),
        ("GTO_STAGES", '["dev"', "GTO_STAGES: '[\"dev\"' is no JSON list"),
        ("GTO_LOG_LEVEL", "LOUD", "GTO_LOG_LEVEL: unknown log level 'LOUD'"),
        ("GTO_EMOJIS", "maybe", "GTO_EMOJIS: true or false was expected"),
        ("GTO_DEBUG", "maybe", "GTO_DEBUG: true or false was expected"),
        ("GTO_INDEX", "/etc/passwd", "GTO_INDEX: '/etc/passwd' is no file in the repository"),
        ("GTO_CACHE", "maybe", "GTO_CACHE: true or false was expected"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, words: str, repo: Repo) -> None:
    said(repo.gto("show", env={name: value}), words)
    said(repo.gto(*WRITE, env={name: value}), words)
    assert "GTO Version" in done(repo.gto("--version", env={name: value}))


@pytest.mark.parametrize("value", ["dev,prod", " dev , prod ", '["dev", "prod"]'])
def test_a_list_is_json_or_comma_separated_and_stands_over_the_file(value: str, repo: Repo) -> None:
    (repo.path / ".gto").write_text("stages: [other]\n", encoding="utf-8")
    assert done(repo.gto("stages", "--allowed", env={"GTO_STAGES": value})) == "dev\nprod\n"
    said(repo.gto("assign", "nn", "--stage", "other", env={"GTO_STAGES": value}), "Allowed stages are")


@pytest.mark.parametrize("value", ["false", "0", "no", "OFF"])
def test_emojis_go_when_they_are_not_wanted(value: str, repo: Repo) -> None:
    env = {"GTO_EMOJIS": value}
    done(repo.gto(*WRITE))
    assert repo.gto("check-ref", "nn@v0.0.1", env=env).stdout.strip().startswith("Version")
    for args in (("--version",), ("doctor",), ("show", "nope")):
        result = repo.gto(*args, env=env)
        assert (result.stdout + result.stderr).isascii(), args


def test_the_index_may_have_another_name(repo: Repo) -> None:
    env = {"GTO_INDEX": "meta/index.yaml"}
    assert done(repo.gto("annotate", "nn", "--type", "model", env=env)) == "Updated `meta/index.yaml`\n"
    assert done(repo.gto("describe", "nn", "--type", env=env)) == "model\n"


def test_settings_come_from_the_work_tree_as_it_is(repo: Repo) -> None:
    repo.commit("config", {".gto": "stages: [dev]\n"})
    (repo.path / ".gto").write_text("stages: [prod]\n", encoding="utf-8")
    assert done(repo.gto("stages", "--allowed")) == "prod\n"
    (repo.path / ".gto").unlink()
    assert done(repo.gto("stages", "--allowed")) == ""
    (repo.path / ".gto").mkdir()
    done(repo.gto("show"))


def test_files_that_are_links_are_read_alike_in_a_clone_and_in_a_bare_repository(repo: Repo, tmp_path: Path) -> None:
    for name, target in ((".gto", "conf/gto"), ("artifacts.yaml", "conf/all.yaml")):
        (repo.path / name).symlink_to(target)
        repo.git("add", name)
    repo.commit("links", {"conf/gto": "stages: [prod]\n", "conf/all.yaml": "nn: {type: model}\n"})
    repo.git("tag", "-a", "nn@v1.0.0", "-m", "v")
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    for place in (".", str(tmp_path / "bare.git")):
        assert done(repo.gto("stages", "--allowed", "--repo", place)) == "prod\n"
        (version,) = json.loads(done(repo.gto("show", "nn", "--repo", place, "--json")))
        assert version["enrichments"][0]["enrichments"][0]["artifact"]["type"] == "model"
