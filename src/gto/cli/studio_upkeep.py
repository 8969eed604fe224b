"""The commands that keep a Studio well: backup, restore, numbers, doctor, support-bundle."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from gto.cli import options, render
from gto.cli.studio_options import catalog, database_errors, needing, no_passwords, of_database, opened_team
from gto.studio.team.serve_options import read_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gto.studio.lasting.lasting_file import Lasting
    from gto.studio.team.self_check import CheckedStudio
    from gto.studio.team.serve_options import ServeOptions


@contextmanager
def _opened(chosen: ServeOptions) -> Iterator[CheckedStudio]:
    """Open what the options name, whatever state it is in."""
    with opened_team(chosen, is_whole=False) as team:
        from gto.studio.team.self_check import CheckedStudio

        yield CheckedStudio(team.database, team.settings, team.box, chosen.data, chosen.catalog)


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
def backup(file: str, with_secret: bool, as_json: bool, **values: object) -> None:
    """Write people, roles, tokens, webhooks, settings and the audit log into a file, and the catalogue beside them.

    The index is not in it: it is read from Git again. Studio may run meanwhile.
    """
    chosen = read_options(values)
    with _opened(chosen) as studio:
        from gto.studio.team import backup as room

        secret = os.path.join(chosen.data, "secret") if with_secret and not chosen.secrets else None
        made = room.write_backup(studio.database, file, chosen.catalog, secret)
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
def restore(file: str, as_json: bool, **values: object) -> None:
    """Take a backup back, also one of an older release or from the other engine; nothing where somebody is there.

    Catalogue and secret are written only where there are none.
    """
    with needing("team"):
        from gto.studio.team import backup as room
        from gto.studio.team import serve

    chosen = read_options(values)
    with database_errors(), closing(serve.open_team_database(chosen)) as opened:
        secret = None if chosen.secrets else os.path.join(chosen.data, "secret")
        made = room.restore(opened, file, chosen.catalog, secret)
    if as_json:
        render.as_json({"file": file, **made._asdict()})
    else:
        render.say(f"{sum(made.tables.values())} rows of {len(made.tables)} tables, written by {made.release}")
        if secret and not os.path.exists(secret):
            render.note(f"note: the secret was not in it: put the one that Studio had into {secret} before it starts")


@click.command(
    "numbers",
    cls=options.Command,
    short_help="Print the numbers that MLflow's clients know versions by, or take them back.",
    examples="""
    gto studio numbers > numbers.json
    gto studio numbers --own > numbers.json           of `gto studio`, not of a team's
    gto studio numbers numbers.json --own
    """,
)
@options.argument("file", help="A list that it printed: its numbers are written down", required=False)
@click.option("--own", is_flag=True, help="Of your own Studio, which `gto studio` opens")
@of_database
def numbers(file: str | None, own: bool, **values: object) -> None:
    """Print the number of each version as JSON, or take a list that was printed.

    Numbers that were given stay: a list that says otherwise is refused. A backup of a team's Studio holds them, too.
    """
    with _lasting(own, values) as lasting:
        from gto.studio.lasting import model_numbers as room

        if file is not None:
            render.say(f"{room.import_numbers(lasting, room.read_exported(file))} numbers written down")
            return
        with lasting.read() as connection:
            render.as_json([one._asdict() for one in room.export_numbers(connection)])


@contextmanager
def _lasting(own: bool, values: Mapping[str, object]) -> Iterator[Lasting]:
    """Open what lasts: of one's own Studio, or of the team's that the options name."""
    if not own:
        with opened_team(read_options(values)) as team:
            yield team.database.lasting
        return
    with needing("studio"):
        from gto.studio.index.sqlite_database import lasting_path, open_lasting
    with database_errors(), closing(open_lasting(lasting_path())) as opened:
        yield opened


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
@no_passwords
@options.as_json
def doctor(as_json: bool, **values: object) -> None:
    """Look at database, secret, people, address, catalogue, repositories, room and git; exit code 1 for a finding."""
    with _opened(read_options(values)) as studio:
        from gto.studio.team.self_check import check

        found = list(check(studio))
    if as_json:
        render.as_json([one.as_dict() for one in found])
    else:
        for one in found:
            word = "FAIL" if not one.is_fine else "note" if one.hint else "ok  "
            render.say(f"{word} {one.name}: {one.said}")
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
@no_passwords
@options.as_json
def support_bundle(file: str, as_json: bool, **values: object) -> None:
    """Write versions, options, checks and how many rows there are into a file; no secret, and nobody's name."""
    with _opened(read_options(values)) as studio:
        from gto.studio.team.self_check import write_bundle

        told = {name: values[name] for name in ("data", "database", "url", "catalog")}
        files = write_bundle(file, studio, told)
    if as_json:
        render.as_json({"file": file, "files": list(files)})
    else:
        render.say(f"{file}: {', '.join(files)}. Look into it before you send it: names of repositories are in it.")


COMMANDS = (backup, restore, numbers, doctor, support_bundle)
