from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gto.studio.index.schema import metadata
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from pathlib import Path

    from gto.studio.index.database import Database
    from tests.repo import Repo
    from tests.studio_app import Studio

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
            assert contents(grown.context.database) == contents(new.context.database)


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
            held = contents(grown.context.database)
            assert held == contents(new.context.database)
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
