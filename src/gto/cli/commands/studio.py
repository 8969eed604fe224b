"""`gto studio`: the registry as a web app, of one person on this machine or of a team."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from gto.cli import catalog_options, options, render, signals
from gto.exceptions import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])

_PREFIX = "GTO_STUDIO_"


@contextmanager
def _needing(extra: str) -> Iterator[None]:
    """Import what an extra brings; UsageError names what is lacking."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        raise UsageError(f"Studio needs '{name}'", f"pip install 'gto[{extra}]'") from error


@click.group(
    "studio",
    cls=options.CommandGroup,
    invoke_without_command=True,
    short_help="Open the registry as a web app, for yourself or a team.",
    examples="""
    gto studio
    gto studio -r ../churn -r https://example.com/team/models.git
    gto studio --catalog team.yaml --read-only
    """,
)
@click.option(
    "-r",
    "--repo",
    "repos",
    metavar="REPO",
    multiple=True,
    help="A repository, path or URL (repeatable); default: this one",
)
@catalog_options.file
@catalog_options.groups
@catalog_options.timeout
@click.option("--port", type=click.IntRange(0, 65535), help="The port on 127.0.0.1; default: 8765, or any free one")
@click.option("--socket", metavar="PATH", help="Serve a Unix socket that only you may open, instead of a port")
@click.option("--no-open", is_flag=True, help="Print the address, and open no browser")
@click.option("--read-only", is_flag=True, help="Offer nothing that writes")
@click.option("--push", is_flag=True, help="Suggest in forms to push what they write")
@click.pass_context
def command(
    ctx: click.Context,
    repos: tuple[str, ...],
    catalog: str | None,
    groups: tuple[str, ...],
    timeout: float,
    port: int | None,
    socket: str | None,
    no_open: bool,
    read_only: bool,
    push: bool,
) -> None:
    """Show every model of the repositories in hand in a browser; what it writes are the same tags.

    The address that is printed holds a key and serves once. Ctrl-C ends it. `gto studio serve` is for a team.
    """
    if ctx.invoked_subcommand is not None:
        return
    import gc

    from gto.catalog.in_hand import find
    from gto.catalog.parallel import Way
    from gto.cli.download_progress import Bar

    with _needing("studio"):
        from gto.studio import server
        from gto.studio.context import StudioSettings
    found = find(repos, catalog, groups)
    settings = StudioSettings(read_only, push)
    chosen = server.Options(port, socket, opens_browser=not no_open, settings=settings, groups=groups)
    gc.enable()  # unlike other commands, this one may run for months
    studio = server.Studio(found, Way(timeout, options.is_offline()), chosen)
    with signals.by_signals(studio.end):
        studio.run(server.Notices(render.say, lambda text: render.note(f"note: {text}"), Bar("versions")))


def _setting(*flags: str, **attributes: Any) -> Callable[[Function], Function]:  # noqa: ANN401  click's words
    """Declare an option that an environment variable sets, too: GTO_STUDIO_ and its name."""
    name = flags[0].lstrip("-").replace("-", "_").upper()
    return click.option(*flags, envvar=_PREFIX + name, show_envvar=True, **attributes)


def _of_database(function: Function) -> Function:
    """Declare the options that name the database and the secret, which several commands share."""
    shared = (
        _setting(
            "--data", metavar="DIR", default="gto-studio", show_default=True, help="Where it keeps what is its own"
        ),
        _setting("--database", metavar="URL", help="postgresql://USER@HOST/NAME; default: a SQLite file in --data"),
        _setting("--url", metavar="URL", help="Where people find it, as https://studio.example.com/models"),
    )
    for one in reversed(shared):
        function = one(function)
    return function


def _of_reading(function: Function) -> Function:
    """Declare the options that say how much of Git a process reads."""
    often = _setting(
        "--every",
        type=click.FloatRange(min=1),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="How often each repository is looked at, beside its webhooks",
    )
    many = _setting(
        "--jobs",
        type=click.IntRange(1, 64),
        default=4,
        show_default=True,
        help="How many repositories it reads at once",
    )
    private = _setting(
        "--allow-private-webhooks", is_flag=True, help="Let webhooks go to its private network, where an admin says so"
    )
    return often(many(private(function)))


@command.command(
    "serve",
    cls=options.Command,
    short_help="Serve Studio for a team.",
    examples="""
    gto studio serve --catalog team.yaml
    gto studio serve --catalog team.yaml --database postgresql://gto@db/gto --url https://studio.example.com
    """,
)
@_of_database
@catalog_options.file
@catalog_options.groups
@catalog_options.timeout
@_setting("--host", default="127.0.0.1", show_default=True, help="The address to listen on")
@_setting("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port")
@_setting("--public", metavar="GROUP", multiple=True, help="Show this group of repositories to anybody; '*' for all")
@_of_reading
@_setting("--no-worker", is_flag=True, help="Leave all reading to `gto studio worker`")
def serve(
    data: str,
    database: str | None,
    url: str | None,
    catalog: str | None,
    groups: tuple[str, ...],
    timeout: float,
    host: str,
    port: int,
    public: tuple[str, ...],
    every: float,
    jobs: int,
    allow_private_webhooks: bool,
    no_worker: bool,
) -> None:
    """Serve the repositories of a catalogue to a team: people log in, and each sees and does what their role allows."""
    import gc

    with _needing("team"):
        from gto.catalog.parallel import Way
        from gto.studio.team import serve as team
        from gto.studio.team.team_worker import WorkerSettings

    gc.enable()
    reading = WorkerSettings(0 if no_worker else jobs, every)
    chosen = team.ServeOptions(
        data, database, url, host, port, catalog, groups, public=public, reading=reading, way=Way(timeout)
    )._replace(allow_private_webhooks=allow_private_webhooks)
    studio = team.TeamStudio(chosen)
    with signals.by_signals(studio.end):
        studio.run(render.say, lambda text: render.note(f"note: {text}"))


@command.command(
    "worker",
    cls=options.Command,
    short_help="Read Git for a team's Studio, in a process of its own.",
    examples="""
    gto studio worker --catalog team.yaml --database postgresql://gto@db/gto
    """,
)
@_of_database
@catalog_options.file
@catalog_options.groups
@catalog_options.timeout
@_of_reading
def worker(
    data: str,
    database: str | None,
    url: str | None,
    catalog: str | None,
    groups: tuple[str, ...],
    timeout: float,
    every: float,
    jobs: int,
    allow_private_webhooks: bool,
) -> None:
    """Read the repositories of a catalogue into the index, beside any number of others that do the same.

    All name the same catalogue, groups and database, which is PostgreSQL's, and see the same directory of --data.
    """
    import gc

    with _needing("team"):
        from gto.catalog.parallel import Way
        from gto.studio.team import serve as team
        from gto.studio.team.team_worker import WorkerSettings

    gc.enable()
    reading = WorkerSettings(jobs, every)
    chosen = team.ServeOptions(data, database, url, catalog=catalog, groups=groups, reading=reading, way=Way(timeout))
    reader = team.TeamReader(chosen._replace(allow_private_webhooks=allow_private_webhooks))
    with signals.by_signals(reader.end):
        reader.run(render.say)


@command.command(
    "migrate",
    cls=options.Command,
    short_help="Bring the database of a team's Studio up to date.",
    examples="""
    gto studio migrate --database postgresql://gto@db/gto
    """,
)
@_of_database
def migrate(data: str, database: str | None, url: str | None) -> None:
    """Bring the tables of a team to the form that this release reads; `gto studio backup` first keeps what is there."""
    with _needing("team"):
        from gto.studio.team import serve as team

    before, after = team.migrate_database(team.ServeOptions(data, database, url))
    render.say(f"The database is up to date: revision {after}" + (f", before {before}" if before != after else ""))
