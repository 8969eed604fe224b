"""Numbers of MLflow's versions: given once, in a table that outlasts the index."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.core import tag
from gto.core.event import event
from gto.core.snapshot import ArtifactState, fold_artifact
from gto.exceptions import UsageError
from gto.export.mlflow.version_numbers import give_numbers
from gto.studio.index.events import artifact_state
from gto.studio.index.lookup import find_repository
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.lasting.model_numbers import (
    NumberedVersion,
    export_numbers,
    import_numbers,
    read_numbers,
)
from tests.repo import Result, gto
from tests.studio_app import open_database
from tests.team_app import team_studio

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.repo import Repo
    from tests.team_app import TeamStudio


def state_of(*registered: tuple[str, int] | tuple[str, int, str]) -> ArtifactState:
    """An artifact with these versions, each with its second and its message."""
    events = []
    for place, (version, seconds, *message) in enumerate(registered):
        ref, commit = f"churn@{version}", f"{place + 1:040x}"
        text = "\n\n".join(message) or "registered"
        body = (f"object {commit}\ntype commit\ntag {ref}\ntagger A <a@b.c> {seconds} +0000\n\n{text}\n").encode()
        name = tag.find(ref)
        assert name is not None
        events.append(event(name, ref, commit, seconds, body, f"{place + 1:040x}"))
    return fold_artifact("churn", events)


def numbers(studio: TeamStudio) -> Mapping[str, int]:
    """The numbers of `churn` as the index is now."""
    with studio.team.database.read() as connection:
        state = artifact_state(connection, find_repository(connection, "team").id, "churn")
    return read_numbers(studio.team.database.lasting, "team", state)


def test_a_number_stays_when_an_older_tag_arrives_a_version_goes_and_the_index_is_made_anew(
    registry: Repo, tmp_path: Path
) -> None:
    with team_studio({"team": (registry.path, [])}, tmp_path / "studio.db") as studio:
        first = numbers(studio)
        assert first == {"v0.0.1": 1, "v0.0.2": 2, "v0.0.3": 3}
        older = {"GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"}
        commit = registry.commit("late", {"late.txt": "late"})
        assert registry.gto("register", "churn", commit, "--version", "v0.0.0", "--force", env=older).code == 0
        assert registry.gto("deprecate", "churn", "v0.0.2").code == 0
        registry.git("tag", "-d", "churn@v0.0.1")
        studio.team.database.make_anew()
        studio.context.worker.enter()
        studio.sync()
        assert numbers(studio) == {**first, "v0.0.0": 4}


def test_the_file_of_one_person_lasts_when_the_index_is_made_anew(tmp_path: Path) -> None:
    database = open_database(tmp_path / "index.db")
    given_first = read_numbers(database.lasting, "/models", state_of(("v1.0.0", 1), ("v2.0.0", 2)))
    database.make_anew()
    later = state_of(("v0.1.0", 0), ("v1.0.0", 1), ("v2.0.0", 2))
    assert read_numbers(database.lasting, "/models", later) == {**given_first, "v0.1.0": 3}
    assert read_numbers(database.lasting, "/elsewhere", later) == {"v0.1.0": 1, "v1.0.0": 2, "v2.0.0": 3}
    database.close()


def test_the_order_is_that_of_registration_then_of_semver() -> None:
    found = give_numbers(state_of(("v2.0.0", 5), ("v1.10.0", 9), ("v1.9.0", 9)).versions, frozenset({1, 7}))
    assert found == {"v2.0.0": 8, "v1.9.0": 9, "v1.10.0": 10}


def test_a_trailer_fixes_the_number_unless_it_is_taken() -> None:
    said = "Imported\n\nMLflow-Version: {}\nMLflow-Run: 1".format
    state = state_of(
        ("v1.0.0", 1, said(2)),
        ("v2.0.0", 2, said(9)),
        ("v3.0.0", 3, said(9)),
        ("v4.0.0", 4),
        ("v5.0.0", 5, "MLflow-Version: 3\n\nis said of no trailer"),
        ("v6.0.0", 6, said(10**12)),
        ("v7.0.0", 7, said(4)),
    )
    found = give_numbers(state.versions, frozenset({4}))
    assert found == {"v1.0.0": 2, "v2.0.0": 9, "v3.0.0": 10, "v4.0.0": 11, "v5.0.0": 12, "v6.0.0": 13, "v7.0.0": 14}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), min_size=1, max_size=8), st.integers(0, 8))
def test_whatever_comes_when_no_number_is_given_twice(told: list[tuple[int, int]], cut: int) -> None:
    rows = [(f"v1.0.{n}", at, f"x\n\nMLflow-Version: {want}") for n, (at, want) in enumerate(told)]
    first = give_numbers(state_of(*rows[:cut]).versions, frozenset())
    rest = give_numbers(state_of(*rows[cut:]).versions, frozenset(first.values()))
    every = [*first.values(), *rest.values()]
    assert len(set(every)) == len(every) == len(rows)
    assert min(every) > 0


def _give_in_file(path: str, start: int) -> list[int]:
    """Give numbers to versions that others give some to at the same time, as another process would."""
    database = SqliteDatabase(path)
    found = [
        read_numbers(database.lasting, "team", state_of((f"v{start}.0.{n}", n)))[f"v{start}.0.{n}"] for n in range(20)
    ]
    database.close()
    return found


def test_processes_that_give_numbers_at_once_give_none_twice(tmp_path: Path) -> None:
    path = str(tmp_path / "index.db")
    SqliteDatabase(path).close()
    with ProcessPoolExecutor(3) as pool:
        found = [one for each in pool.map(_give_in_file, [path] * 3, range(3)) for one in each]
    assert sorted(found) == list(range(1, 61))


def test_connections_that_give_numbers_at_once_give_none_twice(registry: Repo, tmp_path: Path) -> None:
    with team_studio({"team": (registry.path, [])}, tmp_path / "studio.db", synced=False) as studio:
        same = state_of(*((f"v1.0.{n}", n) for n in range(10)))

        def give(start: int) -> Mapping[str, int]:
            read_numbers(studio.team.database.lasting, "team", state_of(*((f"v{start}.1.{n}", n) for n in range(10))))
            return read_numbers(studio.team.database.lasting, "team", same)

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(give, range(2, 6)))
        assert all(answer[name] == answers[0][name] for answer in answers for name in answers[0].keys() & answer.keys())
        with studio.team.database.read() as connection:
            every = [one.number for one in export_numbers(connection)]
        assert sorted(every) == list(range(1, 51))


def test_the_command_takes_a_list_prints_it_again_and_refuses_what_is_none(tmp_path: Path) -> None:
    told = [NumberedVersion("team", "churn", "v1.0.0", 3)._asdict()]
    (tmp_path / "list.json").write_text(json.dumps(told), "utf-8")
    (tmp_path / "other.json").write_text('[{"repository": "team"}]', "utf-8")

    def numbers(*words: str) -> Result:
        return gto("studio", "numbers", *words, cwd=tmp_path, env={"XDG_DATA_HOME": str(tmp_path / "own")})

    for where in (("--own",), ("--data", "team")):
        assert numbers(*where).stdout == "[]\n"
        assert numbers("list.json", *where).stdout == "1 numbers written down\n"
        assert json.loads(numbers(*where).stdout) == told
    refused = numbers("other.json", "--own")
    assert (refused.code, "other.json: it is no list of numbers" in refused.stderr) == (1, True)


def test_an_exported_list_brings_the_numbers_back(tmp_path: Path) -> None:
    database = open_database(tmp_path / "index.db")
    told = [NumberedVersion("team", "churn", "v1.0.0", 3), NumberedVersion("team", "churn", "v2.0.0", 1)]
    text = json.dumps([one._asdict() for one in told])
    read = [NumberedVersion(**one) for one in json.loads(text)]
    assert import_numbers(database.lasting, read) == 2
    assert import_numbers(database.lasting, read) == 0
    with database.lasting.read() as connection:
        assert export_numbers(connection) == told
    state = state_of(("v1.0.0", 1), ("v2.0.0", 2), ("v3.0.0", 3))
    assert read_numbers(database.lasting, "team", state) == {"v1.0.0": 3, "v2.0.0": 1, "v3.0.0": 4}
    for wrong in (told[0]._replace(number=8), told[0]._replace(version="v9.0.0")):
        with pytest.raises(UsageError, match="has number 3"):
            import_numbers(database.lasting, [wrong])
    database.close()
