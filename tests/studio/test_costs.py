"""What a request costs: no process, and a number of queries that does not grow with what is shown."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, event, insert

from gto.studio.index.database import kept
from gto.studio.index.list_counts import totals
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.schema import repository
from tests.studio_app import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from gto.studio.index.database import Database
    from tests.postgresql import Server
    from tests.repo import Repo
    from tests.studio_app import Studio

LARGEST_ROW = 1200
"""Bytes of HTML."""

MOST = 20
"""Queries of a list, its frame and its filters."""


def queries(studio: Studio, path: str) -> tuple[list[str], str]:
    """What the index is asked for one page, and the page."""
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        return asked, studio.page(path)
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_list_asks_the_index_as_often_whatever_its_rows(studio: Studio, registry: Repo) -> None:
    few, _ = queries(studio, "/models")
    for number in range(30):
        registry.tag(f"model-{number}@v1.0.0")
        registry.tag(f"model-{number}#prod#1")
    studio.sync()
    many, _ = queries(studio, "/models")
    assert studio.json("/models")["total"] == 32
    assert len(many) == len(few) <= MOST


@pytest.mark.parametrize("path", ["/models.json", "/models.json?q=churn"])
def test_a_list_with_its_stages_is_one_query_once_the_whole_index_was_counted(studio: Studio, path: str) -> None:
    queries(studio, "/models.json")
    asked, text = queries(studio, path)
    assert [query for query in asked if "FROM artifact" in query or "FROM standing" in query] == [asked[-1]]
    assert '"stages":{"' in text


def test_a_connection_that_the_server_ended_a_moment_ago_is_not_used(postgresql: Server) -> None:
    database = PostgresqlDatabase(postgresql.new())

    def ask() -> object:
        with database.read() as connection:
            return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()

    before = ask()
    assert ask() == before
    postgresql.run(f"SELECT pg_terminate_backend({before}, 10000)")
    assert ask() != before
    database.close()


def test_a_row_of_fifty_is_small_with_its_share_of_the_page(studio: Studio) -> None:
    page = studio.page("/models", q="churn")  # one row, with two stages, two labels, a metric and its past
    before, _, rest = page.partition("<tbody>")
    row, _, after = rest.partition("</tbody>")
    assert row.count("<tr") == 1
    assert len(row.encode()) + len((before + after).encode()) / 50 <= LARGEST_ROW


def test_no_page_that_is_read_starts_a_process(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    for module, name in ((subprocess, "Popen"), (os, "fork"), (os, "posix_spawn")):
        monkeypatch.setattr(module, name, refuse)
    for path in ("/models", "/m/team/churn", "/history", "/repos"):
        studio.page(path)


def test_what_is_counted_over_the_whole_index_is_read_again_once_somebody_wrote(studio: Studio, tmp_path: Path) -> None:
    database = studio.database
    other = open_database(tmp_path / "index.db")

    def add(writer: Database, name: str) -> int:
        with writer.write() as connection:
            connection.execute(insert(repository).values(name=name, address="", is_remote=False, groups=[], position=9))
        with database.read() as connection:
            return kept(connection, totals).repositories

    before = add(database, "one")
    assert [add(database, "two"), add(other, "three")] == [before + 1, before + 2]
    other.close()
    queries(studio, "/models")
    assert not [query for query in queries(studio, "/models")[0] if "sum(" in query or "GROUP BY" in query]


def test_a_filter_offers_a_hundred_stages_and_those_that_are_chosen(studio: Studio, registry: Repo) -> None:
    for number in range(120):
        registry.tag(f"team/churn#s{number:03}#{number + 1}")
    studio.sync()
    page = studio.page("/models", stage="s119")
    assert page.count('<input type="checkbox" name="stage"') == 101
    assert '<input type="checkbox" name="stage" value="s119" checked>' in page
    assert '"s119"' in studio.client.get("/models.json").text
