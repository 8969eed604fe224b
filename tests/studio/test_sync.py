from __future__ import annotations

import os
import resource
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gto.catalog.parallel import open_place
from gto.studio.index.schema import metadata
from gto.studio.sync import fact_rows
from gto.studio.sync.repository import sync_tags
from gto.studio.sync.repository_row import row_of
from tests.conftest import copied
from tests.examples import examples
from tests.repo import run
from tests.studio import killed
from tests.studio_app import Studio, studio_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gto.studio.index.database import Database
    from tests.repo import Repo

ROOT = Path(__file__).parents[2]
NAMES = (
    "churn@v1.0.0",
    "churn@v1.1.0",
    "churn@v1.0.0!",
    "churn#prod#1",
    "churn#prod#2",
    "churn#prod!#3",
    "churn@deprecated",
    "ranking@v0.1.0",
    "ranking#dev",
    "churn@v1",
    "release",
)

TIMES = {
    "examined_at",
    "examined",
    "judged",
    "id",
    "artifact_id",
    "repository_id",
    "read_at",
    "changed_at_",
    "tags",
    "heads",
}


def contents(database: Database) -> dict[str, list[str]]:
    """All rows of the index, without what differs by the time of the reading."""
    found = {}
    with database.read() as connection:
        for table in metadata.sorted_tables:
            left_out = TIMES | ({"changed_at"} if table.name == "repository" else set())
            columns = [column for column in table.columns if column.name not in left_out]
            found[table.name] = sorted(str(tuple(row)) for row in connection.execute(select(*columns)))
    return found


def test_an_index_that_grew_equals_one_made_anew(repo: Repo, tmp_path: Path) -> None:
    commands = (
        ("register", "churn"),
        ("assign", "churn", "--stage", "prod", "--version", "v0.0.1"),
        ("register", "ranking", "--version", "v2.0.0"),
        ("assign", "churn", "--stage", "dev", "--version", "v0.0.1"),
        ("deprecate", "ranking"),
        ("deprecate", "churn", "v0.0.1", "prod"),
        ("register", "ranking", "--version", "v3.0.0"),
    )
    with studio_of({"team": repo.path}, tmp_path / "grown.db") as grown:
        for number, words in enumerate(commands):
            files = {"metrics.json": f'{{"auc": 0.{number}}}', "dvc.yaml": "metrics: [metrics.json]\n"}
            repo.commit(f"commit {number}", files)
            result = repo.gto(*words)
            assert result.code == 0, result.stderr
            grown.sync()
        repo.tag("churn#prod#99", "HEAD", annotated=False)  # set aside
        repo.git("tag", "--delete", "ranking@v2.0.0")
        grown.sync()
        with studio_of({"team": repo.path}, tmp_path / "new.db") as new:
            assert contents(grown.database) == contents(new.database)


def test_commits_that_came_and_went_leave_what_a_new_index_holds(repo: Repo, tmp_path: Path) -> None:
    def work(message: str, value: int) -> str:
        return repo.commit(message, {"metrics.json": f'{{"auc": 0.{value}}}', "dvc.yaml": "metrics: [metrics.json]\n"})

    with studio_of({"team": repo.path}, tmp_path / "grown.db") as grown:
        base = work("first", 1)
        repo.git("branch", "main-line")
        grown.sync()
        repo.git("switch", "--quiet", "--create", "try")
        made = work("try", 2)
        repo.git("update-ref", f"refs/exps/{base[:2]}/{base[2:]}/shy-elm", made)
        grown.sync()
        repo.git("commit", "--quiet", "--amend", "--message", "tried [skip studio]")
        assert repo.gto("assign", "churn", "--stage", "prod").code == 0
        grown.sync()
        repo.git("switch", "--quiet", "-")
        repo.git("branch", "--delete", "--force", "try")
        work("second", 3)
        grown.sync()
        repo.git("update-ref", "-d", f"refs/exps/{base[:2]}/{base[2:]}/shy-elm")
        work("as the first one", 1)
        grown.sync()
        with studio_of({"team": repo.path}, tmp_path / "new.db") as new:
            held = contents(grown.database)
            assert held == contents(new.database)
            # The commit of the stage is on no branch any more, and still read; equal values are held once.
            assert (len(held["commit"]), len(held["value_set"]), len(held["experiment"])) == (5, 4, 0)


def test_a_repository_that_cannot_be_read_keeps_its_rows_and_says_why(studio: Studio, registry: Repo) -> None:
    before = studio.json("/models")
    registry.path.rename(registry.path.with_name("away"))
    studio.sync()
    assert studio.json("/models") == before
    repositories = studio.json("/repos")["repositories"]
    assert isinstance(repositories, list)
    assert "No Git repo" in repositories[0]["error"]


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("tag"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just(0)),
        st.tuples(st.sampled_from(["commit", "back", "sync", "lose"]), st.just(""), st.integers(0, 3)),
    ),
    min_size=6,
    max_size=14,
)


@settings(examples(4), phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_an_index_that_grew_through_anything_equals_one_made_anew(
    repo: Repo, tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, str, int]]
) -> None:
    home = tmp_path_factory.mktemp("random")
    repo = copied(repo, home)
    seen: set[str] = set()
    with studio_of({"team": repo.path}, home / "grown.db") as grown:
        for number, operation in enumerate(operations):
            happen(repo, number, *operation, seen)
            if operation[0] == "sync":
                grown.sync()
                seen |= set(tag_objects(repo))
        grown.sync()
        with studio_of({"team": repo.path}, home / "new.db") as new:
            assert contents(grown.database) == contents(new.database)


def tag_objects(repo: Repo) -> list[str]:
    """The objects that tags name, in the order of the tags."""
    return repo.git("for-each-ref", "--format=%(objectname)", "refs/tags").splitlines()


def happen(repo: Repo, number: int, what: str, name: str, place: int, seen: set[str]) -> None:
    """Do one thing that happens to a repository; a clock may run back.

    No object is lost that the index has `seen`: of one that its ref still names, the index knows what it held.
    """
    commits = repo.git("rev-list", "HEAD").splitlines()
    match what:
        case "tag":  # made, or moved
            date = f"{1640995200 + (number * 7 % 5 - 2) * 3600} +0000"
            repo.git(
                "tag", "--force", "-a", "-m", f"event {number}", name, commits[place % len(commits)], **repo.dated(date)
            )
        case "delete" if name in repo.git("tag").split():
            repo.git("tag", "--delete", name)
        case "commit":
            text = f"artifacts:\n  churn:\n    path: m\n    labels: [l{place}]\n  a{place}:\n    path: n\n"
            repo.commit(f"commit {number}", {"metrics.json": f'{{"auc": {number}}}', "dvc.yaml": text})
        case "back":
            repo.git("reset", "--quiet", "--hard", commits[min(place, len(commits) - 1)])
        case "lose":  # the object of a tag, or the commit that it names
            oids = [oid for oid in tag_objects(repo) if oid not in seen]
            if oids:
                oid = oids[place % len(oids)]
                (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink(missing_ok=True)
        case _:
            pass


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_a_sync_that_is_killed_at_any_moment_loses_and_doubles_nothing(
    registry: Repo, tmp_path: Path, kills: int
) -> None:
    index = tmp_path / "killed.db"
    done = run(
        sys.executable,
        "-P",
        killed.__file__,
        str(registry.path),
        str(index),
        str(kills),
        cwd=ROOT,
        env=registry.dated(),
    )
    assert done.code == 0, done.stderr
    with (
        studio_of({"team": registry.path}, index) as after,
        studio_of({"team": registry.path}, tmp_path / "new.db") as new,
    ):
        assert contents(after.database) == contents(new.database)


def test_two_studios_on_one_index_do_not_disturb_each_other_or_their_readers(registry: Repo, tmp_path: Path) -> None:
    places = {"team": registry.path}
    with studio_of(places, tmp_path / "one.db", synced=False) as one, studio_of(places, tmp_path / "one.db") as two:
        errors: list[BaseException] = []

        def often(studio: Studio, work: Callable[[Studio], object]) -> None:
            try:
                for _ in range(8):
                    work(studio)
            except BaseException as error:  # noqa: BLE001  the test tells of it
                errors.append(error)

        readers = [Thread(target=often, args=(one, lambda studio: studio.json("/models"))) for _ in range(4)]
        writers = [Thread(target=often, args=(each, Studio.sync)) for each in (one, two)]
        for thread in (*readers, *writers):
            thread.start()
        for number in range(6):
            registry.tag(f"churn@v2.{number}.0")
        for thread in (*readers, *writers):
            thread.join()
        assert not errors
        two.sync()
        with studio_of(places, tmp_path / "new.db") as new:
            assert contents(one.database) == contents(new.database)


@pytest.mark.parametrize("damage", ["nothing in it", "no database", "cut", "of another Studio"])
def test_a_file_that_is_no_index_of_ours_is_made_anew(
    studio: Studio, registry: Repo, tmp_path: Path, damage: str
) -> None:
    expected, index = studio.json("/models"), tmp_path / "damaged.db"
    with studio_of({"team": registry.path}, index):
        pass
    match damage:
        case "nothing in it":
            index.write_bytes(b"")
        case "no database":
            index.write_bytes(b"no database at all" * 1000)
        case "cut":
            os.truncate(index, 20000)
        case _:
            with closing(sqlite3.connect(index)) as connection:
                connection.executescript("DROP TABLE standing; PRAGMA user_version = 77")
    with studio_of({"team": registry.path}, index, synced=False) as again:
        worker = again.context.worker
        worker.start()
        assert worker.wait({"": 1}, 30)
        assert not worker.trouble or worker.wait({"": 2}, 30)
        assert (again.json("/models"), worker.trouble) == (expected, "")
        worker.close()
        worker.join(30)


def test_what_cannot_be_written_is_told_on_every_page_until_it_can(studio: Studio, registry: Repo) -> None:
    worker, limits = studio.context.worker, resource.getrlimit(resource.RLIMIT_FSIZE)
    worker.start()
    assert worker.wait({"": 1}, 30)
    registry.tag("churn@v9.0.0")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))  # as a full disk
    try:
        assert worker.wait(worker.ask(), 30)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "The index is not up to date: " in studio.page("/models")
    assert "v9.0.0" not in str(studio.json("/models"))
    assert worker.wait(worker.ask(), 30)
    assert "The index is not up to date" not in studio.page("/models")
    assert "v9.0.0" in str(studio.json("/models"))
    worker.close()
    worker.join(30)


def test_a_tag_whose_object_comes_later_is_read_then_and_not_lost(
    studio: Studio, registry: Repo, tmp_path: Path
) -> None:
    oid = registry.tag("churn@v5.0.0")
    place = registry.path / ".git" / "objects" / oid[:2] / oid[2:]
    place.rename(tmp_path / "object")
    studio.sync()
    assert "v5.0.0" not in str(studio.json("/models"))
    (tmp_path / "object").rename(place)
    studio.sync()
    assert "v5.0.0" in str(studio.json("/models"))


def test_a_version_that_lacks_a_file_is_read_again_only_while_dvc_may_bring_it(repo: Repo, tmp_path: Path) -> None:
    lock = f"stages: {{train: {{cmd: x, outs: [{{path: kept.json, md5: {'0' * 32}, size: 9}}]}}}}\n"
    for number, (name, is_kept) in enumerate((("never", False), ("kept", True))):
        metric = f"{name}.json: {{cache: {str(is_kept).lower()}}}"
        stages = f"stages: {{train: {{cmd: x, metrics: [{metric}]}}}}\n"
        files = {"dvc.yaml": f"{stages}artifacts: {{churn: {{path: m}}}}\n"}
        repo.commit("train", files | ({"dvc.lock": f"schema: '2.0'\n{lock}"} if is_kept else {}))
        repo.tag(f"churn@v{number}.0.0")
    with studio_of({"team": repo.path}, tmp_path / "index.db") as studio, studio.database.read() as connection:
        assert [one.version for one in fact_rows.missing(connection, 1, again=True)] == ["v1.0.0"]


def test_versions_of_one_commit_are_read_together_those_that_are_looked_at_first_before(
    registry: Repo, tmp_path: Path
) -> None:
    for number in (1, 2):
        registry.commit(f"train {number}")
        for name in ("a", "b", "churn"):
            registry.tag(f"{name}@v{number}.0.0")
    with studio_of({"team": registry.path}, tmp_path / "new.db", synced=False) as new:
        place = new.context.worker.places[0]
        sync_tags(new.database, "team", open_place(place, new.context.way))
        with new.database.read() as connection:
            wanted = fact_rows.missing(connection, row_of(connection, "team").id)
    names = [f"{one.artifact} {one.version}" for one in wanted]
    assert names[0].startswith("churn v0.0.")  # in a stage
    assert sorted(names[-3:]) == ["a v1.0.0", "b v1.0.0", "churn v1.0.0"]
    assert {"a v2.0.0", "b v2.0.0", "churn v2.0.0"} <= set(names[:-3])
