"""`gto studio worker` and `gto studio migrate`: what a team's Studio needs beside its web server."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from gto.cli import options, render, signals, studio_options
from gto.cli.studio_options import database_errors, needing, of_database, setting
from gto.studio.team.serve_options import read_options

Function = TypeVar("Function", bound=Callable[..., Any])


def of_reading(function: Function) -> Function:
    """Declare the options that say how much of Git a process reads."""
    often = setting(
        "--every",
        "reading_every",
        type=click.FloatRange(min=1),
        metavar="SECONDS",
        help="How often each repository is looked at, beside its webhooks",
    )
    many = setting("--jobs", "reading_jobs", type=click.IntRange(1, 64), help="How many repositories it reads at once")
    private = setting(
        "--allow-private-webhooks", is_flag=True, help="Let webhooks go to its private network, where an admin says so"
    )
    kept = setting(
        "--audit-days",
        type=click.FloatRange(min=1),
        metavar="DAYS",
        help="How long entries of the audit log are kept",
    )
    trusted = setting(
        "--ca-file",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="Certificate authorities of your own, for OpenID Connect and webhooks",
    )
    return often(many(private(kept(trusted(function)))))


@click.command(
    "worker",
    cls=options.Command,
    short_help="Read Git for a team's Studio, in a process of its own.",
    examples="""
    gto studio worker --catalog team.yaml --database postgresql://gto@db/gto
    """,
)
@of_database
@studio_options.catalog
@studio_options.groups
@studio_options.timeout
@of_reading
def worker(**values: object) -> None:
    """Read the repositories of a catalogue into the index, beside any number of others that do the same.

    All name the same catalogue, groups and database, which is PostgreSQL's, and see the same directory of --data.
    """
    import gc

    with needing("team"):
        from gto.studio.team.serve import TeamReader

    gc.enable()
    reader = TeamReader(read_options(values))
    with signals.by_signals(reader.end), database_errors():
        reader.run(render.say)


@click.command(
    "migrate",
    cls=options.Command,
    short_help="Bring the database of a team's Studio up to date.",
    examples="""
    gto studio migrate --database postgresql://gto@db/gto
    """,
)
@of_database
def migrate(**values: object) -> None:
    """Bring a team's tables to the form that this release reads; a backup by the release before keeps what is there."""
    with needing("team"):
        from gto.studio.team import serve as team

    with database_errors():
        before, after = team.migrate_database(read_options(values))
    render.say(
        f"The database is up to date: revision {after}" + (f", before {before}" if before not in {None, after} else "")
    )


COMMANDS = (worker, migrate)
