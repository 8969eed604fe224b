"""The table of experiments says what `gto describe` and `gto diff` say, and shows of it what is asked for."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import shutil
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.conftest import copied
from tests.studio_app import OWN, studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [data/raw]
    params: [train]
    metrics: [metrics.json: {cache: false}, kept.json]
    outs: [model.bin]
artifacts:
  churn:
    path: model.bin
"""
LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - {path: data/raw, md5: RAW.dir, size: 10, nfiles: 2}
    outs:
    - {path: model.bin, md5: MODEL, size: 10}
"""
TABLE = "/r/team/experiments"


def files(auc: float, loss: float, trees: int, raw: int = 1) -> dict[str, str]:
    """What a training leaves behind."""
    lock = LOCK.replace("RAW", f"{raw:032x}").replace("MODEL", f"{trees:032x}")
    metrics = json.dumps({"auc": auc, "test": {"loss": loss}, "name": "x"})
    return {"metrics.json": metrics, "params.yaml": f"train: {{trees: {trees}, deep: [1, 2]}}\n", "dvc.lock": lock}


def built(repo: Repo) -> Repo:
    """Main with a version in prod, two branches, one that is merged, experiments, commits that change nothing."""
    repo.commit("Begin", {"dvc.yaml": DVC_YAML, **files(0.8, 0.5, 100)})
    assert repo.gto("register", "churn").code == 0
    repo.commit("Write a page", {"README.md": "read\n"})
    repo.commit("More trees", files(0.85, 0.45, 200))
    repo.commit("Try out, for nobody\n\n[skip studio]", files(0.1, 0.9, 1))
    repo.commit("New data", files(0.9, 0.4, 200, raw=2))
    assert repo.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod").code == 0
    repo.git("branch", "old", "HEAD~1")
    for name, values in (("quiet-oak", files(0.95, 0.6, 300, raw=2)), ("shy-elm", files(0.7, 0.3, 200, raw=2))):
        experiment(repo, name, values)
    repo.git("update-ref", "refs/exps/stash", "HEAD")
    repo.git("update-ref", "refs/exps/exec/EXEC_HEAD", "HEAD")
    repo.git("switch", "--quiet", "--create", "boost", "HEAD~2")
    repo.commit("Boosted", files(0.88, 0.35, 50), date="2023-01-01T00:00:00+00:00")
    repo.git("switch", "--quiet", "main")
    return repo


def experiment(repo: Repo, name: str, values: dict[str, str]) -> str:
    """A commit on no branch, as `dvc exp run` leaves it behind."""
    base = repo.git("rev-parse", "HEAD")
    repo.git("switch", "--quiet", "--detach")
    made = repo.commit(f"dvc: commit experiment {name}", values)
    repo.git("switch", "--quiet", "main")
    repo.git("update-ref", f"refs/exps/{base[:2]}/{base[2:]}/{name}", made)
    return made


@pytest.fixture
def team(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The repository that `built` makes, made once."""
    if "experiments" not in templates:
        templates["experiments"] = built(copied(repo, tmp_path_factory.mktemp("template")))
    shutil.rmtree(repo.path)
    return copied(templates["experiments"], tmp_path)


@pytest.fixture
def studio(team: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over it, which it calls `team`."""
    with studio_of({"team": team.path}, tmp_path / "index.db") as running:
        yield running


def branches(studio: Studio, **query: str | list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows that a table shows, by branch."""
    found = cast("list[dict[str, Any]]", studio.json(TABLE, **query)["branches"])
    return {one["name"]: one["commits"] for one in found}


def called(studio: Studio, **query: str | list[str]) -> list[str]:
    """The experiments and the subjects of the commits that a table shows, in its order."""
    return [str(row["experiment"] or row["subject"]) for rows in branches(studio, **query).values() for row in rows]


def test_each_commit_holds_what_describe_says_of_it(studio: Studio, team: Repo) -> None:
    rows = [row for some in branches(studio, unchanged="1", hidden="1").values() for row in some]
    assert len(rows) == 9
    for row in rows:
        said = json.loads(team.gto("describe", "churn", "--all", "--json", "--rev", row["commit"]).stdout)
        assert {key: row[key] for key in ("metrics", "params")} == {key: said[key] for key in ("metrics", "params")}
        keys = ("path", "reason", "hint")
        assert row["not_in_git"] == [{key: one[key] for key in keys} for one in said["not_in_git"]]
        commit = said["commit"]
        assert (row["author"], row["author_email"], row["subject"]) == (
            commit["author"],
            commit["author_email"],
            commit["subject"],
        )
        assert row["created_at"].removesuffix("Z") == commit["created_at"].removesuffix("+00:00")


def test_two_commits_differ_by_what_diff_says(studio: Studio, team: Repo) -> None:
    rows = branches(studio)
    old, new = rows["main"][-2], rows["boost"][0]
    said = json.loads(team.gto("diff", old["commit"], new["commit"], "--json").stdout)
    for kind in ("metrics", "params"):
        for file, changes in said[kind].items():
            for key, change in changes.items():
                assert (old[kind][file].get(key), new[kind][file].get(key)) == (change["old"], change["new"])
    assert {one["path"]: (one["old"], one["new"]) for one in said["data"]} == {
        path: (old["data"][path], new["data"][path]) for path in old["data"] if old["data"][path] != new["data"][path]
    }


def test_branches_stand_beside_the_default_one_and_dvc_s_own_refs_are_no_experiments(studio: Studio) -> None:
    page = studio.json(TABLE)
    found = cast("list[dict[str, Any]]", page["branches"])
    assert [(one["name"], one["ahead"], one["behind"]) for one in found] == [("main", 6, 0), ("boost", 1, 2)]
    assert page["merged"] == ["old"]
    assert called(studio, branch="main") == ["New data", "shy-elm", "quiet-oak", "More trees", "Begin", "first"]
    assert "1 merged branch is not listed" in studio.page(TABLE)


def test_commits_that_change_nothing_and_those_that_ask_for_it_are_folded(studio: Studio) -> None:
    page = studio.json(TABLE)
    assert (page["unchanged"], page["hidden"]) == (1, 1)
    assert "Write a page" in called(studio, unchanged="1")
    assert "Try out, for nobody" in called(studio, hidden="1")


def test_branches_fold_to_their_names_and_leave_what_is_best_and_the_csv_as_they_are(studio: Studio) -> None:
    whole, page = branches(studio), studio.page(TABLE)
    assert called(studio, fold="main") == [str(row["subject"]) for row in whole["boost"]]
    folded = studio.page(TABLE, fold="main", delta="1")
    assert "More trees" not in folded
    name = whole["boost"][0]["commit"][:7]
    rows = [row_of(text, name).partition("</tr>")[0] for text in (folded, studio.page(TABLE, delta="1"))]
    assert rows[0] == rows[1]
    links = {html.unescape(one) for one in re.findall('href="([^"]*)" title="[A-Z][a-z]*old main"', folded)}
    assert links == {f"{TABLE}?delta=1#branch-1"}
    assert f'href="{TABLE}?fold=boost#branch-2" title="Fold boost" aria-expanded="true"' in page
    assert f'href="{TABLE}?fold=main&amp;fold=boost">Fold all' in page
    assert branches(studio, fold=["main", "boost"], branch="main") == {"main": []}
    csv_of = [studio.client.get(f"{TABLE}.csv", params=query).text for query in ({}, {"fold": "main"})]
    assert csv_of[0] == csv_of[1]


def test_the_head_offers_to_read_git_now_and_other_baselines(studio: Studio, team: Repo) -> None:
    page = studio.page(TABLE, q="loss<9", sort="auc")
    sync = page.partition('<form method="post" action="/sync">')[2].partition("</form>")[0]
    assert 'name="repo" value="team"' in sync
    assert f'name="back" value="{TABLE}?q=loss%3C9&amp;sort=auc"' in sync
    menu = page.partition('id="baselines"')[2].partition("</form>")[0]
    offered = [html.unescape(one) for one in re.findall('href="([^"]*)"', menu)]
    named = [re.search("baseline=([0-9a-f]*)", one) for one in offered]
    staged = team.git("rev-parse", "HEAD~4")
    assert [one[1] for one in named if one] == [staged, *team.git("rev-parse", "main", "boost").split()]
    assert all("q=loss%3C9" in one for one in offered)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("auc>0.89", ["New data", "quiet-oak"]),
        ("is:experiment", ["shy-elm", "quiet-oak"]),
        ("-is:experiment branch:main", ["New data", "More trees", "Begin", "first"]),
        ("branch:boost", ["Boosted"]),
        ("loss<=0.4 auc<0.9", ["shy-elm", "Boosted"]),
        ("metrics.json:test.loss>0.5", ["quiet-oak"]),
        ("trees=200 is:commit", ["New data", "More trees"]),
        ("delta.auc>0.09", ["New data", "quiet-oak"]),
        ("stage:prod", ["Begin"]),
        ("artifact:churn version:v0.0.1", ["Begin"]),
        ("is:unchanged branch:main", ["Write a page"]),
        ("message:trees author:ada", ["More trees"]),
        ("oak", ["quiet-oak"]),
        ("nothing", []),
    ],
)
def test_a_query_finds_rows(studio: Studio, query: str, found: list[str]) -> None:
    assert called(studio, q=query) == found


def test_a_query_of_another_page_is_refused_beside_the_field(studio: Studio) -> None:
    answer = studio.client.get(TABLE, params={"q": "label:weekly"})
    assert answer.status_code == 400
    assert "is no key of a query" in answer.text


def test_rows_are_sorted_by_a_column_the_best_first(studio: Studio) -> None:
    assert called(studio, sort="auc", branch="main")[:3] == ["quiet-oak", "New data", "More trees"]
    assert called(studio, sort="auc", order="asc", branch="main")[:2] == ["shy-elm", "Begin"]


def test_the_commit_of_the_last_stage_is_the_baseline_until_another_is_named(studio: Studio, team: Repo) -> None:
    assert studio.json(TABLE)["baseline"] == team.git("rev-parse", "HEAD~4")
    head = team.git("rev-parse", "HEAD")
    for name in (head[:7], "main"):
        assert studio.json(TABLE, baseline=name)["baseline"] == head
    experiments = team.refs("refs/exps")
    assert studio.json(TABLE, baseline="shy-elm")["baseline"] in experiments.values()
    assert studio.client.get(TABLE, params={"baseline": "0123456"}).status_code == 400


def row_of(page: str, name: str) -> str:
    """The row of a commit or an experiment in a page."""
    return next(row for row in page.split("<tr")[1:] if f"<code>{name}</code>" in row)


def test_the_best_is_marked_and_goals_can_be_turned_round(studio: Studio) -> None:
    row = row_of(studio.page(TABLE), "quiet-oak")
    assert 'class="first r better best">0.9500' in row
    assert 'class="r worse">0.6000' in row
    assert '<td class="r best">0.6000' not in row
    turned = row_of(studio.page(TABLE, up="test.loss", down="auc"), "quiet-oak")
    assert 'class="first r worse">0.9500' in turned
    assert 'class="r better best">0.6000' in turned
    goals = {one["id"]: one["goal"] for one in cast("list[dict[str, Any]]", studio.json(TABLE, up="loss")["columns"])}
    assert (goals["auc"], goals["name"], goals["train.trees"]) == ("up", None, None)


def test_differences_to_the_baseline_take_the_place_of_values(studio: Studio) -> None:
    row = row_of(studio.page(TABLE, delta="1"), "quiet-oak")
    assert ">+0.1500</td>" in row
    assert ">+200</td>" in row


def test_columns_are_those_that_are_asked_for_in_that_order(studio: Studio) -> None:
    assert studio.json(TABLE)["shown"] == ["auc", "test.loss", "name", "train.trees", "data/raw", "model.bin"]
    assert studio.json(TABLE, columns="train.deep,auc,gone")["shown"] == ["train.deep", "auc"]
    assert studio.json(TABLE, columns=["data/raw", "auc"])["shown"] == ["data/raw", "auc"]


def test_csv_has_the_rows_that_fit_and_numbers_as_they_are(studio: Studio) -> None:
    text = studio.client.get(f"{TABLE}.csv", params={"q": "is:experiment", "columns": "auc,train.trees"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["experiment"], row["auc"], row["train.trees"]) for row in rows] == [
        ("shy-elm", "0.7", "200"),
        ("quiet-oak", "0.95", "300"),
    ]


def test_chosen_rows_lead_on(studio: Studio, team: Repo) -> None:
    one, two = team.git("rev-parse", "HEAD"), team.git("rev-parse", "HEAD~2")

    def led(**query: str | list[str]) -> str:
        return studio.client.get("/r/team/chosen", params=query).headers["location"]

    assert led(c=[one, two], do="compare") == f"/r/team/compare?c={one}&c={two}"
    assert led(c=one, do="compare", baseline=two) == f"/r/team/compare?c={one}&baseline={two}"
    assert led(c=[one, two], do="plots", baseline="0" * 40) == f"/r/team/plots?c={one}&c={two}"
    assert led(c=one, do="register:churn") == f"/m/team/churn/-/register?commit={one}"
    assert led(c=one, do="baseline", _q="auc>0.5") == f"{TABLE}?q=auc%3E0.5&baseline={one}"
    assert led(do="compare", _sort="auc") == f"{TABLE}?sort=auc"


def test_experiments_lead_to_the_only_repository_or_to_all(studio: Studio, team: Repo, tmp_path: Path) -> None:
    assert studio.client.get("/experiments").headers["location"] == TABLE
    with studio_of({"a": team.path, "b": team.path}, tmp_path / "two.db", synced=False) as two:
        found = cast("list[dict[str, object]]", two.json("/experiments")["repositories"])
        assert [(one["name"], one["commits"]) for one in found] == [("a", 0), ("b", 0)]
        assert 'href="/r/b/experiments"' in two.page("/experiments")
        assert "Reading from Git" in two.page("/r/a/experiments")


def test_older_commits_are_left_out_until_somebody_asks_for_them(team: Repo, tmp_path: Path) -> None:
    with studio_of({"team": team.path}, tmp_path / "few.db", synced=False) as studio:
        with studio.database.write() as connection:
            connection.exec_driver_sql("UPDATE repository SET commits = 2")
        studio.sync()
        page = studio.page(TABLE)
        assert "4 older commits are not read" in page
        assert "Begin" not in called(studio)
        assert studio.json(TABLE)["baseline"] == team.git("rev-parse", "HEAD~4")  # which a stage shows
        token = page.partition('name="form_token" value="')[2].partition('"')[0]
        studio.context.worker.start()
        assert studio.context.worker.wait({"": 1}, 60)
        form = {"form_token": token, "since": "2022-01-01", "back": TABLE}
        assert studio.client.post("/r/team/commits", data=form, headers=OWN).headers["location"] == TABLE
        assert "Begin" in called(studio)
        studio.context.worker.close()
        studio.context.worker.join(10.0)


def test_values_that_dvc_keeps_are_there_once_its_cache_has_them(repo: Repo, tmp_path: Path) -> None:
    text = '{"auc": 0.75}'
    mark = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    out = f"{{path: m.json, md5: {mark}, hash: md5, size: 13}}"
    lock = f"schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n    - {out}\n"
    files = {"dvc.yaml": "stages: {train: {cmd: x, metrics: [m.json]}}\n", "dvc.lock": lock, ".dvc/config": ""}
    repo.commit("Train", files)
    with studio_of({"team": repo.path}, tmp_path / "index.db") as studio:
        page = studio.page(TABLE)
        assert "<code>m.json</code> was not read in 1 of these rows" in page
        place = repo.path / ".dvc/cache/files/md5" / mark[:2] / mark[2:]
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
        token = page.partition('name="form_token" value="')[2].partition('"')[0]
        studio.context.worker.start()
        assert studio.context.worker.wait({"": 1}, 60)
        assert (
            studio.client.post("/r/team/commits", data={"form_token": token, "again": "1"}, headers=OWN).status_code
            == 303
        )
        studio.context.worker.close()
        studio.context.worker.join(10.0)
        assert next(iter(branches(studio).values()))[0]["metrics"] == {"m.json": {"auc": 0.75}}


def test_projects_of_a_repository_have_tables_of_their_own(repo: Repo, tmp_path: Path) -> None:
    inner = {f"services/eu/{name}": text for name, text in {"dvc.yaml": DVC_YAML, **files(0.7, 0.3, 5)}.items()}
    deeper = {f"lib/{name}": text for name, text in {"dvc.yaml": DVC_YAML, **files(0.6, 0.2, 6)}.items()}
    outer = {"dvc.yaml": DVC_YAML, **files(0.9, 0.1, 7)}
    repo.commit("All of them", {**outer, **inner, **deeper, "services/eu/.dvc/config": "", ".dvc/config": ""})
    with studio_of({"team": repo.path}, tmp_path / "index.db") as studio:
        assert studio.json(TABLE)["projects"] == ["", "lib", "services/eu"]
        for project, auc in (("/", 0.9), ("services/eu", 0.7), ("lib", 0.6)):
            row = branches(studio, project=project)["main"][0]
            found = [keyed["auc"] for file, keyed in row["metrics"].items() if project != "/" or "/" not in file]
            assert found == [auc]
        name = "services/eu:churn"
        said = json.loads(repo.gto("describe", name, "--all", "--json", "--rev", "HEAD").stdout)
        assert branches(studio, project="services/eu")["main"][0]["metrics"] == said["metrics"]
        assert studio.client.get(TABLE, params={"project": "nowhere"}).status_code == 400


def test_what_a_repository_says_is_text_on_the_page(repo: Repo, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    repo.git("branch", "--move", "main")
    values = {
        "dvc.yaml": f"metrics: ['{evil.replace('/', '')}.json']\n",
        f"{evil.replace('/', '')}.json": json.dumps({evil: 1}),
    }
    repo.commit(evil, {**values, "params.yaml": json.dumps({evil: evil})})
    experiment(repo, "<script>", {"params.yaml": json.dumps({evil: "x" * 500})})
    with studio_of({"team": repo.path}, tmp_path / "index.db") as studio:
        page = studio.page(TABLE)
        assert "<script>alert" not in page
        assert "<script>" not in page.replace("<script src", "")
        assert "x" * 100 not in page.replace(f'title="{"x" * 500}"', "")


def test_a_repository_without_branches_shows_what_is_checked_out(team: Repo, tmp_path: Path) -> None:
    head = team.git("rev-parse", "HEAD")
    team.git("switch", "--quiet", "--detach")
    for name in ("main", "boost", "old"):
        team.git("branch", "--delete", "--force", name)
    with studio_of({"team": team.path}, tmp_path / "detached.db") as studio:
        rows = branches(studio)
        assert list(rows) == ["HEAD"]
        assert rows["HEAD"][0]["commit"] == head


def test_a_repository_without_commits_says_so(tmp_path: Path, repo: Repo) -> None:
    (tmp_path / "empty").mkdir()
    repo.git("init", "--quiet", str(tmp_path / "empty"))
    with studio_of({"team": tmp_path / "empty"}, tmp_path / "index.db") as studio:
        assert "No commits yet" in studio.page(TABLE)
    with studio_of({"team": repo.path}, tmp_path / "other.db") as studio:
        assert "<code>" in studio.page(TABLE)  # of a commit without a value


def test_a_date_leaves_older_commits_out(studio: Studio) -> None:
    assert called(studio, since="2022-12-31") == ["Boosted"]
    assert studio.client.get(TABLE, params={"since": "never"}).status_code == 400


def test_every_address_on_the_page_is_one_that_answers(studio: Studio) -> None:
    page = studio.page(TABLE, sort="auc", delta="1", up="loss", columns=["auc", "name", "train.trees"])
    links = {html.unescape(one.partition('"')[0]) for one in page.split('href="/r/')[1:]}
    assert len(links) > 15
    for link in links:
        assert studio.client.get(f"/r/{link}").status_code == 200, link


def test_a_repository_whose_name_is_not_ascii_is_saved_under_it(repo: Repo, tmp_path: Path) -> None:
    repo.commit("Begin", {"dvc.yaml": DVC_YAML, **files(0.8, 0.5, 100)})
    with studio_of({"m\u00f6del\u0435": repo.path}, tmp_path / "index.db") as running:
        answer = running.client.get("/r/m\u00f6del\u0435/experiments.csv")
    assert answer.status_code == 200
    assert "filename*=UTF-8''m%C3%B6del%D0%B5-experiments.csv" in answer.headers["content-disposition"]
