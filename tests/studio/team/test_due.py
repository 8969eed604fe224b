"""Due work of a team: who reads which repository when, and what a page that waits is told."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import yaml
from sqlalchemy import select, update
from sqlalchemy.event import listen
from sqlalchemy.exc import SQLAlchemyError

from gto.catalog.parallel import Way
from gto.catalog.repositories import Failure
from gto.studio.index.postgresql_database import PostgresqlDatabase
from gto.studio.index.repository_rows import SyncProgress
from gto.studio.index.schema import event, repository
from gto.studio.sync.index_keeper import Ended
from gto.studio.team import due, migrate
from gto.studio.team.announced import Announcer
from gto.studio.team.serve_options import WorkerSettings
from gto.studio.team.team_tables import due as table
from gto.studio.team.team_worker import LOG, TeamWorker
from gto.studio.team.watched_catalogue import WatchedCatalogue
from tests.repo import Repo
from tests.studio_app import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection, Row

    from gto.catalog.repositories import CatalogRepository
    from gto.registry.registry import Registry
    from gto.studio.index.database import Database, IndexWriter
    from gto.studio.sync.repository import Announce
    from tests.postgresql import Server

SOON = 60.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A team's database."""
    made = open_database(tmp_path / "studio.db", is_lasting=True)
    migrate.require_current(made)
    yield made
    made.close()


def listed(catalogue: Path, **places: Path) -> None:
    """Write a catalogue."""
    text = yaml.safe_dump({"repos": [{"name": name, "path": str(path)} for name, path in places.items()]})
    catalogue.with_suffix(".new").write_text(text, encoding="utf-8")
    os.replace(catalogue.with_suffix(".new"), catalogue)


@contextmanager
def working(
    database: Database, catalogue: Path, jobs: int = 2, every: float = 1000.0, announce: Announce | None = None
) -> Iterator[TeamWorker]:
    """A process's worker, for a while."""
    found, settings = WatchedCatalogue(str(catalogue)), WorkerSettings(jobs, every)
    worker = TeamWorker(database, found, Way(60.0), settings, announce=announce)
    worker.start()
    try:
        yield worker
    finally:
        worker.close()
        worker.join(SOON)


def rows(database: Database) -> dict[str, Row[Any]]:
    """The table of due work."""
    with database.read() as connection:
        return {row.repository: row for row in connection.execute(select(table))}


def versions(database: Database) -> set[str | None]:
    """The versions that the index holds."""
    with database.read() as connection:
        return set(connection.scalars(select(event.c.version)))


def test_what_is_asked_for_in_one_process_is_read_by_another_and_waited_for(
    database: Database, registry: Repo, tmp_path: Path
) -> None:
    catalogue = tmp_path / "team.yaml"
    listed(catalogue, churn=registry.path)
    with working(database, catalogue, jobs=0) as web:
        assert not web.wait(web.ask("churn"), 0.1)  # nobody is there who reads
        with working(database, catalogue) as reader:
            assert web.wait_for_tags(SOON)
            assert web.wait(web.ask(), SOON)
            assert "v0.0.3" in versions(database)
            registry.tag("churn@v7.0.0")
            assert web.wait(web.ask("churn", again=True), SOON)
            assert "v7.0.0" in versions(database)
            assert (web.trouble, reader.trouble, web.progress()) == ("", "", {})
    row = rows(database)["churn"]
    assert (row.asked, row.done, row.tries, row.worker, row.again) == (3, 3, 0, None, False)
    assert row.not_before > time.time() + 900


def test_a_catalogue_that_changes_is_taken_up_by_all_processes(
    database: Database, registry: Repo, tmp_path: Path
) -> None:
    catalogue = tmp_path / "team.yaml"
    listed(catalogue, churn=registry.path)
    with working(database, catalogue, jobs=0) as web, working(database, catalogue) as reader:
        listed(catalogue, other=registry.path)
        end = time.monotonic() + SOON
        while {one.name for one in (*web.places, *reader.places)} != {"other"} and time.monotonic() < end:
            time.sleep(0.05)
        assert web.wait_for_tags(SOON)
        catalogue.write_text("repos: [", encoding="utf-8")
        while not reader.trouble and time.monotonic() < end:
            time.sleep(0.05)
        assert "team.yaml" in reader.trouble
        assert [one.name for one in reader.places] == ["other"]  # what it said before counts on
    assert rows(database).keys() == {due.HOUSEKEEPING, "other"}


def test_a_catalogue_that_is_being_written_is_not_taken_up_half(registry: Repo, tmp_path: Path) -> None:
    catalogue = tmp_path / "team.yaml"
    listed(catalogue, churn=registry.path)
    found = WatchedCatalogue(str(catalogue))
    text = catalogue.read_text(encoding="utf-8").replace("churn", "other")
    with open(catalogue, "w", encoding="utf-8") as file:  # it is empty now
        assert found.look() is None
        file.write(text)
    assert found.look() is None
    looked = found.look()
    assert looked is not None
    assert [one.name for one in looked.places] == ["other"]
    assert found.look() is None


def test_a_catalogue_that_changes_while_the_database_is_away_is_taken_up_once_it_is_there(
    database: Database, registry: Repo, tmp_path: Path
) -> None:
    catalogue, end = tmp_path / "team.yaml", time.monotonic() + SOON
    listed(catalogue, churn=registry.path)
    with working(database, catalogue, jobs=0) as worker:
        with database.record() as connection:
            connection.exec_driver_sql("ALTER TABLE due RENAME TO away")
        listed(catalogue, other=registry.path)
        while not (worker.places[0].name == "other" and worker.trouble) and time.monotonic() < end:
            time.sleep(0.05)
        with database.record() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO due")
        while "other" not in rows(database) and time.monotonic() < end:
            time.sleep(0.05)
    assert rows(database).keys() == {due.HOUSEKEEPING, "other"}


def test_a_process_that_is_given_no_thread_goes_on_once_it_is(
    database: Database,
    registry: Repo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    start = Thread.start
    refused: list[str] = []

    def starts(self: Thread) -> None:
        if self.name == "studio-reading" and len(refused) < 2:
            refused.append(self.name)
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(Thread, "start", starts)
    monkeypatch.setattr(LOG, "handlers", [caplog.handler])
    listed(tmp_path / "team.yaml", churn=registry.path)
    with working(database, tmp_path / "team.yaml") as worker:
        while len(refused) < 2:
            time.sleep(0.05)
        assert worker.wait(worker.ask("churn"), SOON)
    assert "can't start new thread" in caplog.text


def test_a_repository_that_cannot_be_read_is_tried_more_and_more_seldom_and_at_once_when_asked_for(
    database: Database, registry: Repo, tmp_path: Path
) -> None:
    catalogue = tmp_path / "team.yaml"
    listed(catalogue, churn=registry.path, gone=tmp_path / "nothing")
    with working(database, catalogue, every=1.0) as worker:
        for _ in range(2):
            assert worker.wait(worker.ask("gone"), SOON)
    row = rows(database)["gone"]
    assert row.tries >= 2
    waits = []
    for tries in (1, 5, 30):
        with database.record() as connection:
            connection.execute(update(table).where(table.c.repository == "gone").values(tries=tries, not_before=0))
            begun = due.begin(connection, "gone", "me")
            assert begun is not None
            assert due.begin(connection, "gone", "another") is None
            due.finish(connection, begun, 1.0, is_fine=False)
        waits.append(rows(database)["gone"].not_before - time.time())
    assert waits[0] < waits[1] < waits[2] <= due.HOUR


def test_how_far_readings_are_is_asked_once_for_many_pages(database: Database, registry: Repo, tmp_path: Path) -> None:
    listed(tmp_path / "team.yaml", churn=registry.path)
    worker = TeamWorker(database, WatchedCatalogue(str(tmp_path / "team.yaml")), Way(), WorkerSettings(0))
    with database.record() as connection:
        begun = due.begin(connection, "churn", "another")
        assert begun is not None
        due.tell(connection, begun, 1, 3)
    asked: list[str] = []
    listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    for _ in range(50):
        assert worker.progress() == {"churn": SyncProgress(1, 3)}
    assert len(asked) <= 3


def test_what_was_wrong_with_the_database_is_told_until_it_answers_again(
    database: Database, registry: Repo, tmp_path: Path
) -> None:
    listed(tmp_path / "team.yaml", churn=registry.path)
    with working(database, tmp_path / "team.yaml", jobs=0) as web:
        web.complain(SQLAlchemyError("the server is being started again"))
        end = time.monotonic() + SOON
        while web.trouble and time.monotonic() < end:
            time.sleep(0.02)
        assert web.trouble == ""


def test_a_file_serves_one_process_and_the_second_is_told_so_in_a_line(
    engine: str, database: Database, registry: Repo, tmp_path: Path
) -> None:
    listed(tmp_path / "team.yaml", churn=registry.path)
    words = ["--data", str(tmp_path), "--catalog", str(tmp_path / "team.yaml")]
    if engine == "sqlite":
        with database.used_by_process():
            second = registry.gto("studio", "worker", *words)
        assert (second.code, second.stdout) == (1, "")
        assert f"'{tmp_path / 'studio.db'}' is in use by another process of Studio" in second.stderr
        alone = registry.gto("studio", "serve", "--port", "0", "--no-worker", *words)
        assert "Nobody would read Git: SQLite serves one process" in alone.stderr
    else:
        with database.used_by_process(), database.used_by_process():
            pass


def test_what_is_due_once_an_hour_is_done_by_one_process(database: Database, registry: Repo, tmp_path: Path) -> None:
    listed(tmp_path / "team.yaml", churn=registry.path)
    done: list[Database] = []
    catalogue, settings = WatchedCatalogue(str(tmp_path / "team.yaml")), WorkerSettings()
    workers = [TeamWorker(database, catalogue, Way(), settings, housekeeping=[done.append]) for _ in range(2)]
    for one in workers:
        one.start()
    assert workers[0].wait(workers[0].ask(), SOON)
    end = time.monotonic() + SOON
    while rows(database)[due.HOUSEKEEPING].not_before < time.time() + 3000 and time.monotonic() < end:
        time.sleep(0.02)
    for one in workers:
        one.close()
        one.join(SOON)
    assert done == [database]


def test_what_is_asked_for_goes_first_and_what_waits_long_before_it(database: Database) -> None:
    now = time.time()
    with database.record() as connection:
        due.enter(connection, ["a", "b", "c", "later"])
        for name, at in (("a", now - 300), ("b", now - 5), ("c", now + 500), ("later", now + 500), ("", now + 500)):
            connection.execute(update(table).where(table.c.repository == name).values(not_before=at))
        due.ask(connection, ["c"])
        assert due.find_due(connection) == ["a", "c", "b"]


def test_what_is_asked_for_while_it_is_read_is_read_once_more(database: Database) -> None:
    with database.record() as connection:
        due.enter(connection, ["a"])
        first = due.ask(connection, ["a"])
        begun = due.begin(connection, "a", "me")
        assert begun is not None
        second = due.ask(connection, ["a"])
        due.finish(connection, begun, 60.0, is_fine=True)
        assert (due.is_done(connection, first), due.is_done(connection, second)) == (True, False)
        assert "a" in due.find_due(connection)


def test_one_name_is_claimed_once_and_again_when_it_is_let_go(database: Database) -> None:
    one = database.claim("a")
    other = database.claim("b")
    assert one is not None
    assert other is not None
    assert one.is_held()
    assert database.claim("a") is None
    one.release()
    again = database.claim("a")
    assert again is not None
    again.release()
    other.release()


def test_a_claim_that_was_given_back_takes_nothing_from_who_has_it_now(database: Database) -> None:
    one = database.claim("a")
    assert one is not None
    one.release()
    other = database.claim("a")
    assert other is not None
    one.release()
    assert (one.is_held(), other.is_held(), database.claim("a")) == (False, True, None)
    other.release()


def test_a_reading_writes_nothing_once_another_one_began(database: Database, registry: Repo, tmp_path: Path) -> None:
    listed(tmp_path / "team.yaml", churn=registry.path)
    worker = TeamWorker(database, WatchedCatalogue(str(tmp_path / "team.yaml")), Way(60.0), WorkerSettings())
    begun = []
    for reader in ("first", "second"):
        with database.record() as connection:
            due.ask(connection, ["churn"])
            begun.append(due.begin(connection, "churn", reader))
    first, second = begun
    assert first is not None
    assert second is not None
    with pytest.raises(Ended):
        worker.read_tags(worker.places[0], index=due.IndexOfReader(database, first))
    worker.note(Failure("churn", "it was lost"), due.IndexOfReader(database, first))
    with database.record() as connection:
        due.finish(connection, first, 60.0, is_fine=True)
        due.tell(connection, first, 1, 2)
        due.put_off(connection, first)
    row = rows(database)["churn"]
    assert (versions(database), row.worker, row.done, row.facts_wanted) == (set(), "second", 0, None)
    with database.read() as connection:
        assert connection.execute(select(repository.c.error)).scalar_one() is None
    worker.read_tags(worker.places[0], index=due.IndexOfReader(database, second))
    assert "v0.0.3" in versions(database)


def test_a_reading_that_lost_its_claim_midway_is_not_done_and_is_read_again(
    postgresql: Server, registry: Repo, tmp_path: Path
) -> None:
    base = PostgresqlDatabase(postgresql.new())
    migrate.require_current(base)
    listed(tmp_path / "team.yaml", churn=registry.path)
    cuts: list[int] = []
    claims = "FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE "
    claims += "datname = current_database()) AND pid <> pg_backend_pid()"

    def cut(_connection: Connection, _id: int, _name: str) -> None:
        """End the connections that have claims; more is to be read by then."""
        if registry.git("tag", "--list", "churn@v7.0.0") and not cuts:
            registry.tag("churn@v8.0.0")
            with base.engine.connect() as other:
                cuts.append(len(other.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {claims}").all()))

    with working(base, tmp_path / "team.yaml", announce=cut) as worker:
        assert worker.wait(worker.ask(), SOON)
        registry.tag("churn@v7.0.0")
        asked = worker.ask("churn")
        assert worker.wait(asked, SOON)
        assert cuts == [1]
        assert {"v7.0.0", "v8.0.0"} <= versions(base)
    base.close()


def test_readings_that_are_stuck_keep_no_claim_and_no_place_and_are_not_begun_twice(
    database: Database, registry: Repo, tmp_path: Path
) -> None:
    gate, stuck = Event(), list[str]()

    class DeadDisk(TeamWorker):
        """Some repositories are on a disk that does not answer, as no signal reaches who waits for it."""

        def read_tags(
            self, place: CatalogRepository, way: Way | None = None, index: IndexWriter | None = None
        ) -> Registry:
            if place.name != "fine" and not gate.is_set():
                stuck.append(place.name)
                gate.wait(SOON)
            return super().read_tags(place, way, index)

    listed(tmp_path / "team.yaml", a=registry.path, b=registry.path, fine=registry.path)
    found = WatchedCatalogue(str(tmp_path / "team.yaml"))
    worker = DeadDisk(database, found, Way(0.01), WorkerSettings(2, 1000.0))
    worker.start()
    end = time.monotonic() + SOON
    while len(stuck) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert worker.wait(worker.ask("fine"), SOON)
    worker.ask("a", "b")
    time.sleep(0.6)  # some looks at what is due
    assert sorted(stuck) == ["a", "b"]
    claims = [database.claim(name) for name in ("a", "b")]
    for one in claims:
        assert one is not None
        one.release()
    gate.set()
    assert worker.wait(worker.ask("a", "b"), SOON)
    worker.close()
    worker.join(SOON)


def test_a_shorter_interval_counts_from_the_start(database: Database) -> None:
    now, names = time.time(), ["soon", "late", "failed", "hopeless", due.HOUSEKEEPING]
    with database.record() as connection:
        due.enter(connection, names[:-1])
        for name, at, tries in zip(names, (10, 9000, 90, 90_000, 3000), (0, 0, 3, 9, 0), strict=True):
            same = table.c.repository == name
            connection.execute(update(table).where(same).values(not_before=now + at, tries=tries))
        due.hasten(connection, 60.0)
    found = rows(database)
    assert [round((found[name].not_before - now) / 10) for name in names] == [1, 6, 9, 360, 300]


def test_new_events_are_told_once_in_the_transaction_that_brings_them(
    database: Database, registry: Repo, tmp_path: Path
) -> None:
    told: list[str] = []

    def tell(_connection: Connection, name: str, events: Sequence[Row[Any]]) -> None:
        told.extend(f"{name} {one.ref}" for one in events)
        if "churn@v9.9.9" in told[-1]:
            raise OSError("no room for it")

    catalogue = tmp_path / "team.yaml"
    listed(catalogue, churn=registry.path)
    found = WatchedCatalogue(str(catalogue))
    worker = TeamWorker(database, found, Way(60.0), WorkerSettings(), announce=Announcer(tell))
    place = worker.places[0]
    worker.read_tags(place)
    assert told == []  # what was there is no news
    registry.tag("churn@v7.0.0")
    registry.tag("churn#prod#100")
    worker.read_tags(place)
    assert sorted(told) == ["churn churn#prod#100", "churn churn@v7.0.0"]
    database.make_anew()
    worker.enter()
    registry.git("tag", "--delete", "churn#prod#100")
    worker.read_tags(place)
    assert len(told) == 2
    registry.tag("churn#prod#100")  # another object
    worker.read_tags(place)
    assert told[2:] == ["churn churn#prod#100"]
    registry.tag("churn@v9.9.9")
    with pytest.raises(OSError, match="no room"):
        worker.read_tags(place)
    assert "v9.9.9" not in versions(database)
    other = Repo(tmp_path / "other")
    registry.git("clone", "--quiet", str(registry.path), str(other.path))
    listed(catalogue, churn=other.path)
    assert found.look() is None  # it may still be being written
    looked = found.look()
    assert looked is not None
    worker.take_up(looked)
    told.clear()
    worker.read_tags(worker.places[0])
    assert told == []  # another repository under the name
