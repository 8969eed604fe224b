"""A backup: all that Git does not hold, in one file that either engine's database takes back."""

import base64
import gzip
import json
import os
import tarfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple

from sqlalchemy import Connection, MetaData, Table, func, insert, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from gto.exceptions import BadFile, GTOException, UsageError
from gto.fs import atomic_write
from gto.studio.index.database import Database, reason_of
from gto.studio.index.postgresql_database import LASTING
from gto.studio.team import migrate
from gto.studio.team.team_tables import metadata
from gto.version import __version__

FORMAT = 1
"""Raised whenever an older release could not read a backup."""

_MANIFEST, _CATALOGUE, _SECRET = "manifest.json", "catalog.yaml", "secret"
_IN_MEMORY = 16 << 20  # bytes; a larger one waits in a file
_PIECE = 1 << 20
_ROWS = 500
_LARGEST = 4 << 30  # bytes of one member
_BYTES = "$bytes"
_ANOTHER = "nothing was restored; take another copy of it, or an older one"


class BackupManifest(NamedTuple):
    """What a backup says of itself."""

    format: int
    release: str
    revision: str
    """Of the tables."""
    created_at: int
    tables: Mapping[str, int]
    """How many rows of each."""


def write_backup(database: Database, path: str, catalogue: str | None, secret: str | None) -> BackupManifest:
    """Write a backup, whole or not at all; with the catalogue's file, and the secret's where they are given."""
    migrate.require_made(database)
    with SpooledTemporaryFile(_IN_MEMORY) as made:
        with tarfile.open(fileobj=made, mode="w:gz") as archive, database.read() as connection:
            counts = {name: _dump(archive, connection, table) for name, table in sorted(metadata.tables.items())}
            revision = migrate.current(connection) or migrate.newest()
            manifest = BackupManifest(FORMAT, __version__, revision, int(time.time()), counts)
            _add(archive, _MANIFEST, json.dumps(manifest._asdict(), indent=2).encode())
            for name, place in ((_CATALOGUE, catalogue), (_SECRET, secret)):
                data = atomic_write.read(place) if place else None
                if data is not None:
                    _add(archive, name, data)
        made.seek(0)
        atomic_write.replace(os.path.abspath(path), iter(lambda: made.read(_PIECE), b""), 0o600)
    return manifest


def restore(database: Database, path: str, catalogue: str | None, secret: str | None) -> BackupManifest:
    """Take a backup into a database that holds nobody yet, all of it or nothing; files only where there are none.

    Tables of an older release are brought up to date. UsageError where something is there that would be lost.
    """
    _refuse_full(database)
    _check_whole(path)
    with _opened(path) as archive, ExitStack() as written:
        manifest = _read_manifest(archive, path)
        with database.record() as connection:
            migrate.rebuild(connection, manifest.revision)
            tables = MetaData()
            tables.reflect(connection, only=sorted(manifest.tables))
            for table in tables.sorted_tables:
                _load(archive, connection, table)
                _check_count(connection, table, manifest, path)
            migrate.upgrade(connection)
            _go_on_counting(connection)
            for name, place in ((_CATALOGUE, catalogue), (_SECRET, secret)):
                if place and name in archive.getnames() and not os.path.lexists(place):
                    atomic_write.replace(os.path.abspath(place), _content(archive, name).read(), 0o600)
                    written.callback(os.remove, place)
        written.pop_all()
    return manifest


def _check_whole(path: str) -> None:
    """Raise BadFile where the checksum in the end is of something else than what is before it."""
    try:
        with gzip.open(path) as content:
            while content.read(_PIECE):
                pass
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadFile(path, "a backup of Studio was expected, and this is none, or damaged", hint=_ANOTHER) from error


def _check_count(connection: Connection, table: Table, manifest: BackupManifest, path: str) -> None:
    count = connection.execute(select(func.count()).select_from(table)).scalar_one()
    if count != manifest.tables[table.name]:
        said = f"'{table.name}' has {count} rows, and {manifest.tables[table.name]} by its manifest"
        raise BadFile(path, said, hint=_ANOTHER)


def _refuse_full(database: Database) -> None:
    with database.read() as connection:
        full = [name for name, table in metadata.tables.items() if connection.execute(select(table).limit(1)).first()]
    if full:
        hint = "restore into a new one, and let Studio use that"
        raise UsageError(f"The database is in use: there are rows in {', '.join(sorted(full))}", hint)


def _dump(archive: tarfile.TarFile, connection: Connection, table: Table) -> int:
    count = 0
    with SpooledTemporaryFile(_IN_MEMORY) as lines:
        for row in connection.execute(select(table)).mappings():
            lines.write(json.dumps({key: _plain(value) for key, value in row.items()}).encode() + b"\n")
            count += 1
        size = lines.tell()
        lines.seek(0)
        _add(archive, f"tables/{table.name}.jsonl", lines, size)
    return count


def _add(archive: tarfile.TarFile, name: str, data: bytes | IO[bytes], size: int = 0) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(data) if isinstance(data, bytes) else size
    about.mode, about.mtime = 0o600, int(time.time())
    archive.addfile(about, BytesIO(data) if isinstance(data, bytes) else data)


def _plain(value: object) -> object:
    return {_BYTES: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _opened(path: str) -> tarfile.TarFile:
    try:
        return tarfile.open(path, "r:gz")
    except (tarfile.TarError, EOFError) as error:
        raise BadFile(path, "a backup of Studio was expected") from error


def _content(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Return what a member holds; nothing is ever unpacked to where its name says."""
    try:
        member = archive.getmember(name)
        content = archive.extractfile(member) if member.isfile() and member.size <= _LARGEST else None
    except (KeyError, tarfile.TarError, EOFError) as error:
        raise BadFile(str(archive.name), f"'{name}' was expected in it") from error
    if content is None:
        raise BadFile(str(archive.name), f"'{name}' in it is no file")
    return content


def _read_manifest(archive: tarfile.TarFile, path: str) -> BackupManifest:
    try:
        told: dict[str, Any] = json.loads(_content(archive, _MANIFEST).read(_PIECE))
        manifest = BackupManifest(**told)
        unknown = manifest.tables.keys() - metadata.tables.keys()
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadFile(path, "its manifest cannot be read") from error
    if not isinstance(manifest.revision, str):
        raise BadFile(path, "its manifest cannot be read")
    if manifest.format != FORMAT:
        hint = "take the release that wrote it, or a newer one"
        raise GTOException(f"The backup is of format {manifest.format}, this release reads {FORMAT}", hint)
    if unknown:
        raise GTOException("The backup holds tables that this release does not know", "take a newer release")
    return manifest


def _load(archive: tarfile.TarFile, connection: Connection, table: Table) -> None:
    rows: list[dict[str, object]] = []
    for row in _read_rows(archive, table):
        rows.append(row)
        if len(rows) == _ROWS:
            _insert(archive, connection, table, rows)
            rows = []
    if rows:
        _insert(archive, connection, table, rows)


def _insert(archive: tarfile.TarFile, connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    try:
        connection.execute(insert(table), rows)
    except (SQLAlchemyError, OverflowError) as error:
        if isinstance(error, OperationalError):  # of the database, as it has no room
            raise
        said = f"rows of '{table.name}' do not fit its table: {reason_of(error)}"
        raise BadFile(str(archive.name), said, hint=_ANOTHER) from error


def _read_rows(archive: tarfile.TarFile, table: Table) -> Iterator[dict[str, object]]:
    for number, line in enumerate(_content(archive, f"tables/{table.name}.jsonl"), 1):
        try:
            told: dict[str, object] = {key: _given(value) for key, value in json.loads(line).items()}
        except (ValueError, AttributeError, RecursionError) as error:
            raise BadFile(str(archive.name), f"a row of '{table.name}' as JSON was expected", number) from error
        yield told


def _given(value: object) -> object:
    if isinstance(value, dict) and value.keys() == {_BYTES}:
        return base64.b64decode(str(value[_BYTES]))
    return value


def _go_on_counting(connection: Connection) -> None:
    """Have PostgreSQL number new rows after those that came with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for name, table in metadata.tables.items():
        if "id" in table.c and table.c.id.autoincrement is not False and table.c.id.type.python_type is int:
            highest = connection.execute(select(func.max(table.c.id))).scalar_one()
            if highest is not None:
                sequence = func.pg_get_serial_sequence(f"{LASTING}.{name}", "id")
                connection.execute(select(func.setval(sequence, highest)))
