"""The commands that keep a team's Studio well: backup, restore, doctor, support-bundle."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gto.cli import options, render
from gto.cli.studio_options import catalog, needing, of_database
from gto.exceptions import GTOException

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.studio.team.self_check import CheckedStudio


@contextmanager
def _opened(
    data: str, database: str | None, secrets: tuple[str, ...], url: str | None, catalog: str | None
) -> Iterator[CheckedStudio]:
    """Open what the options name, whatever state it is in."""
    with needing("team"):
        from sqlalchemy.exc import SQLAlchemyError

        from gto.studio.index.database import reason_of
        from gto.studio.team import serve
        from gto.studio.team.self_check import CheckedStudio
    chosen = serve.ServeOptions(data, database, url, catalog=catalog, secrets=secrets)
    team = serve.open_team(chosen, is_whole=False)
    try:
        yield CheckedStudio(team.database, team.settings, team.box, data, catalog)
    except SQLAlchemyError as error:
        raise GTOException(f"The database refuses: {reason_of(error)}", "`gto studio doctor` looks at it") from error
    finally:
        team.database.close()


@click.command(
    "backup",
    cls=options.Command,
    short_help="Write what Git does not hold into a file.",
    examples="""
    gto studio backup studio.backup
    gto studio backup studio.backup --with-secret --catalog team.yaml
    """,
)
@options.argument("file", help="The file to write", metavar="FILE")
@of_database
@catalog
@click.option(
    "--with-secret", is_flag=True, help="The secret, too: whoever has the file can then read all that is encrypted"
)
@options.as_json
def backup(
    file: str,
    data: str,
    database: str | None,
    secrets: tuple[str, ...],
    url: str | None,
    catalog: str | None,
    with_secret: bool,
    as_json: bool,
) -> None:
    """Write people, roles, tokens, webhooks, settings and the audit log into a file, and the catalogue beside them.

    The index is not in it: it is read from Git again. Studio may run meanwhile.
    """
    with _opened(data, database, secrets, url, catalog) as studio:
        from gto.studio.team import backup as room

        secret = os.path.join(data, "secret") if with_secret and not secrets else None
        made = room.write_backup(studio.database, file, catalog, secret)
    rows = sum(made.tables.values())
    if as_json:
        render.as_json({"file": file, **made._asdict()})
    else:
        render.say(f"{file}: {rows} rows of {len(made.tables)} tables, revision {made.revision}")
        if not with_secret:
            render.note("note: the secret is not in it; without it, tokens and webhooks' secrets cannot be read again")


@click.command(
    "restore",
    cls=options.Command,
    short_help="Take a backup into an empty database.",
    examples="""
    gto studio restore studio.backup
    gto studio restore studio.backup --database postgresql://gto@db/gto
    """,
)
@options.argument("file", help="The file of the backup", metavar="FILE")
@of_database
@catalog
@options.as_json
def restore(
    file: str,
    data: str,
    database: str | None,
    secrets: tuple[str, ...],
    url: str | None,
    catalog: str | None,
    as_json: bool,
) -> None:
    """Take a backup back, also one of an older release or from the other engine; nothing where somebody is there.

    Catalogue and secret are written only where there are none.
    """
    with needing("team"):
        from gto.studio.team import backup as room
        from gto.studio.team import serve

    opened = serve.open_team_database(serve.ServeOptions(data, database, url))
    try:
        made = room.restore(opened, file, catalog, None if secrets else os.path.join(data, "secret"))
    finally:
        opened.close()
    if as_json:
        render.as_json({"file": file, **made._asdict()})
    else:
        render.say(f"{sum(made.tables.values())} rows of {len(made.tables)} tables, written by {made.release}")


@click.command(
    "doctor",
    cls=options.Command,
    short_help="Look at what a team's Studio needs.",
    examples="""
    gto studio doctor --catalog team.yaml
    """,
)
@of_database
@catalog
@options.as_json
def doctor(
    data: str, database: str | None, secrets: tuple[str, ...], url: str | None, catalog: str | None, as_json: bool
) -> None:
    """Look at database, secret, people, address, catalogue, repositories, room and git; exit code 1 for a finding."""
    with _opened(data, database, secrets, url, catalog) as studio:
        from gto.studio.team.self_check import check

        found = list(check(studio))
    if as_json:
        render.as_json([one.as_dict() for one in found])
    else:
        for one in found:
            render.say(f"{'ok  ' if one.is_fine else 'FAIL'} {one.name}: {one.said}")
            if one.hint:
                render.say(f"     {one.hint}")
    if not all(one.is_fine for one in found):
        raise click.exceptions.Exit(1)


@click.command(
    "support-bundle",
    cls=options.Command,
    short_help="Write what somebody who helps has to know.",
    examples="""
    gto studio support-bundle studio-support.tar.gz
    """,
)
@options.argument("file", help="The file to write", metavar="FILE")
@of_database
@catalog
@options.as_json
def support_bundle(
    file: str,
    data: str,
    database: str | None,
    secrets: tuple[str, ...],
    url: str | None,
    catalog: str | None,
    as_json: bool,
) -> None:
    """Write versions, options, checks and how many rows there are into a file; no secret, and nobody's name."""
    with _opened(data, database, secrets, url, catalog) as studio:
        from gto.studio.team.self_check import write_bundle

        chosen = {"data": data, "database": database, "url": url, "catalog": catalog}
        files = write_bundle(file, studio, chosen)
    if as_json:
        render.as_json({"file": file, "files": list(files)})
    else:
        render.say(f"{file}: {', '.join(files)}. Look into it before you send it: names of repositories are in it.")


COMMANDS = (backup, restore, doctor, support_bundle)
