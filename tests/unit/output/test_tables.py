from __future__ import annotations

from datetime import UTC, datetime

from gto.core import view
from gto.core.commit_facts import Commit
from gto.core.snapshot import VersionState
from gto.core.view import Choice, Row, VersionRow
from gto.output import published
from gto.output.tables import Table, history_table, overview_table, short, version_table
from tests.factories import event, oid, tags

MINUTE = datetime(2022, 1, 1, tzinfo=UTC)


def test_a_table_answers_by_column_and_by_row() -> None:
    table = Table(("a", "b"), (("1", None), ("2", "x")))
    assert table.column("b") == [None, "x"]
    assert table.dicts() == [{"a": "1", "b": None}, {"a": "2", "b": "x"}]


def test_only_whole_hashes_are_cut() -> None:
    assert short("v10.20.30", cut=True) == "v10.20.30"
    assert short("a" * 40, cut=True) == "a" * 7
    assert short("A" * 64, cut=True) == "A" * 7
    assert short("a" * 39 + "g", cut=True) == "a" * 39 + "g"
    assert short("a" * 39, cut=True) == "a" * 39
    assert short("a" * 40, cut=False) == "a" * 40


def test_the_registry_is_sorted_by_name_and_stars_what_only_an_annotation_knows() -> None:
    rows = [
        Row("n", None, {"prod": (), "dev": ()}, registered=False, active=True),
        Row("m", "v10.20.30", {"prod": ("v10.20.30", oid(1)), "dev": ()}, registered=True, active=True),
    ]
    assert overview_table(rows, ["prod", "dev"]) == Table(
        ("name", "latest", "#prod", "#dev"),
        (("m", "v10.20.30", "v10.20.30, 1111111", None), ("*n", None, None, None)),
    )
    assert overview_table(rows, ["prod"], cut=False).rows[0][2] == f"v10.20.30, {oid(1)}"


def test_an_artifact_shows_a_row_a_version() -> None:
    state = tags("m@v1.0.0 1 0", "m#prod#1 1 0", "m#dev#2 1 0", "m#prod#3 2 0").state()
    rows = view.versions(state, Choice(versions_per_stage=-1))
    assert version_table("m", rows, {}, known=True) == Table(
        ("artifact", "version", "stage", "created_at", "ref"),
        (("m", "v1.0.0", "prod, dev", MINUTE, "m@v1.0.0"), ("m", "2222222", "prod", MINUTE, "m#prod#3")),
    )


def test_a_version_in_no_stage_has_an_empty_cell() -> None:
    rows = view.versions(tags("m@v1.0.0 1 0").state(), Choice())
    assert version_table("m", rows, {}, known=True).column("stage") == [""]


def test_an_artifact_that_only_an_annotation_knows_has_a_star_and_its_commit() -> None:
    rows = [VersionRow(VersionState(oid(7), oid(7), None), ())]
    commit = Commit(oid(7), "Ann", "ann@x", "Cy", "cy@x", MINUTE, "work")
    assert version_table("m", rows, {oid(7): commit}, known=False).rows == (("*m", "7777777", "", MINUTE, "7777777"),)
    assert version_table("m", rows, {}, known=False, cut=False).rows == (("*m", oid(7), "", None, oid(7)),)


def test_the_history_shows_a_row_an_event() -> None:
    events = [
        published.published(event("m#prod#1", 2), oid(2)),
        published.published(event("m@deprecated", 2), None),
    ]
    assert history_table(events) == Table(
        ("timestamp", "artifact", "event", "version", "stage", "commit", "ref"),
        (
            (MINUTE, "m", "assignment", "2222222", "prod", "2222222", "m#prod#1"),
            (MINUTE, "m", "deprecation", None, None, "2222222", "m@deprecated"),
        ),
    )
    assert history_table(events, cut=False).column("commit") == [oid(2), oid(2)]
