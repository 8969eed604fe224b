"""What is wrong with a team's Studio, and what somebody who helps has to know of it."""

import json
import os
import platform
import shutil
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import distributions
from io import BytesIO
from typing import NamedTuple

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from gto.catalog import file as catalog_file
from gto.catalog.store_lists import EVERY_GROUP
from gto.exceptions import GTOException
from gto.fs import atomic_write
from gto.git.command import Git
from gto.studio.index import schema
from gto.studio.index.database import Database, reason_of
from gto.studio.index.postgresql_database import INDEX, LASTING
from gto.studio.team import accounts, migrate, team_tables
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.serve_options import TeamSettings, is_here
from gto.studio.webhooks import webhook_tables
from gto.version import __version__

_ROOM = 1 << 30  # bytes that ought to be free
_STALE = 3600.0  # seconds without a reading


class Checked(NamedTuple):
    """What one check found."""

    name: str
    is_fine: bool
    said: str
    hint: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"check": self.name, "ok": self.is_fine, "detail": self.said, "hint": self.hint or None}


class CheckedStudio(NamedTuple):
    """What is looked at."""

    database: Database
    settings: TeamSettings
    box: SecretsBox
    data: str
    catalog: str | None


def check(studio: CheckedStudio) -> Iterator[Checked]:
    """Look at everything, one after the other; what cannot be looked at is a finding, too."""
    every: Mapping[str, Callable[[CheckedStudio], Checked]] = {
        "database": _database,
        "secret": _secret,
        "people": _people,
        "address": _address,
        "catalogue": _catalogue,
        "stores": _stores,
        "repositories": _repositories,
        "room": _room,
        "git": _git,
    }
    for name, look in every.items():
        try:
            yield look(studio)._replace(name=name)
        except GTOException as error:
            yield Checked(name, is_fine=False, said=error.message, hint=error.hint or "")
        except (SQLAlchemyError, OSError) as error:
            yield Checked(name, is_fine=False, said=reason_of(error))


def _database(studio: CheckedStudio) -> Checked:
    with studio.database.read() as connection:
        revision, dialect = migrate.current(connection), connection.dialect
    version = ".".join(str(one) for one in dialect.server_version_info or ())
    is_current = revision == migrate.newest()
    hint = "" if is_current else "`gto studio migrate`"
    return Checked("", is_current, f"{dialect.name} {version}, revision {revision}", hint)


def _secret(studio: CheckedStudio) -> Checked:
    kept = (
        team_tables.forge_token.c.secret,
        webhook_tables.target.c.secret,
        team_tables.repository_setting.c.hook_secret,
    )
    with studio.database.read() as connection:
        found = [connection.execute(select(one).where(one.is_not(None)).limit(1)).scalar() for one in kept]
    for one in found:
        if one is not None:
            studio.box.decrypt(one)
    return Checked("", is_fine=True, said="it reads what is encrypted in the database")


def _people(studio: CheckedStudio) -> Checked:
    with studio.database.read() as connection:
        has_admin = accounts.expects_admin(connection)
        count = connection.execute(select(func.count()).select_from(team_tables.person)).scalar_one()
    hint = "" if has_admin else studio.settings.first_admin
    return Checked("", has_admin, f"{count} people{'' if has_admin else ', and no admin'}", hint)


def _address(studio: CheckedStudio) -> Checked:
    is_fine = studio.settings.is_secure or is_here(studio.settings.url)
    hint = "" if is_fine else "passwords and sessions pass in the clear: let a proxy speak TLS, and name it with --url"
    return Checked("", is_fine, studio.settings.url, hint)


def _catalogue(studio: CheckedStudio) -> Checked:
    found = catalog_file.find_all(studio.catalog)
    said = f"{len(found.places)} repositories in {found.catalogue}"
    if found.failures:
        first = found.failures[0]
        return Checked("", is_fine=False, said=f"{said}; {first.repo}: {first.error}", hint=first.hint)
    return Checked("", is_fine=True, said=said)


def _stores(studio: CheckedStudio) -> Checked:
    lists = catalog_file.load_existing(studio.catalog).stores
    groups = {group for place in catalog_file.find_all(studio.catalog).places for group in place.entry.groups or ("",)}
    if lists is None and len(groups) > 1:
        said = "groups are not isolated: a repository of one may name any store that this server can read"
        return Checked(
            "",
            is_fine=True,  # all may trust one another
            said=said,
            hint="list the stores of each group below `stores:` in the catalogue; none where Git holds all files",
        )
    if lists is None:
        return Checked("", is_fine=True, said="any that this server can read; all repositories are of one group")
    unused = sorted(lists.keys() - groups - {EVERY_GROUP})
    if unused:
        hint = "mend the name in the catalogue, or remove it there"
        return Checked("", is_fine=False, said=f"no repository is of the group '{unused[0]}' of `stores`", hint=hint)
    return Checked("", is_fine=True, said=f"{sum(map(len, lists.values()))} are listed, and no other is read")


def _repositories(studio: CheckedStudio) -> Checked:
    one = schema.repository
    with studio.database.read() as connection:
        rows = connection.execute(select(one.c.name, one.c.error, one.c.hint, one.c.read_at)).all()
    wrong = [row for row in rows if row.error]
    if wrong:
        said = f"{len(wrong)} of {len(rows)} cannot be read; {wrong[0].name}: {wrong[0].error}"
        return Checked("", is_fine=False, said=said, hint=wrong[0].hint or "")
    late = [row.name for row in rows if (row.read_at or 0.0) < time.time() - _STALE]
    if late:
        hint = "does `gto studio serve`, or `gto studio worker`, run?"
        return Checked("", is_fine=False, said=f"{len(late)} were not read for an hour: {late[0]}", hint=hint)
    return Checked("", is_fine=True, said=f"{len(rows)} are read")


def _room(studio: CheckedStudio) -> Checked:
    free = shutil.disk_usage(studio.data).free
    is_fine = free >= _ROOM and os.access(studio.data, os.W_OK)
    hint = "" if is_fine else "mirrors of repositories grow there: make room, or name another with --data"
    return Checked("", is_fine, f"{free / _ROOM:.1f} GiB are free in {studio.data}", hint)


def _git(studio: CheckedStudio) -> Checked:
    return Checked("", is_fine=True, said=Git(studio.data).run(["version"]).decode().strip())


def write_bundle(path: str, studio: CheckedStudio, chosen: Mapping[str, object]) -> tuple[str, ...]:
    """Write what somebody who helps has to know, without secrets and without people; return the files in it."""
    with studio.database.read() as connection:
        known = {*inspect(connection).get_table_names(), *_names_of(connection, INDEX), *_names_of(connection, LASTING)}
        tables = [*team_tables.metadata.sorted_tables, *schema.metadata.sorted_tables]
        there = [one for one in tables if one.name in known]
        rows = {one.name: connection.execute(select(func.count()).select_from(one)).scalar_one() for one in there}
    packages = sorted(f"{one.metadata['Name']}=={one.version}" for one in distributions())
    system = {"gto": __version__, "python": sys.version, "system": platform.platform()}
    files = {
        "checks.json": json.dumps([one.as_dict() for one in check(studio)], indent=2),
        "rows.json": json.dumps(rows, indent=2),
        "options.json": json.dumps({key: _shown(key, value) for key, value in chosen.items()}, indent=2, default=str),
        "system.json": json.dumps(system, indent=2),
        "packages.txt": "\n".join(packages) + "\n",
    }
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            data = text.encode("utf-8", "replace")
            about = tarfile.TarInfo(f"gto-studio-support/{name}")
            about.size, about.mtime = len(data), int(time.time())
            archive.addfile(about, BytesIO(data))
    atomic_write.replace(os.path.abspath(path), made.getvalue(), 0o600)
    return tuple(files)


def _names_of(connection: Connection, place: str) -> list[str]:
    """Return the tables of a schema; none where the engine has no such place."""
    is_there = place in inspect(connection).get_schema_names()
    return inspect(connection).get_table_names(place) if is_there else []


def _shown(key: str, value: object) -> object:
    """Return an option as it may be shown; of what may hold a secret only whether it is set."""
    return bool(value) if {"secret", "database", "password", "token"} & set(key.split("_")) else value
