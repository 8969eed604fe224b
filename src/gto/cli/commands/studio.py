"""`gto studio`: the registry as a web app, of one person on this machine or of a team."""

import click

from gto.cli import catalog_options, options, render, signals, studio_options
from gto.cli.commands import studio_people


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

    with studio_options.needing("studio"):
        from gto.studio import server
        from gto.studio.context import StudioSettings
    found = find(repos, catalog, groups)
    settings = StudioSettings(read_only, push)
    chosen = server.Options(port, socket, opens_browser=not no_open, settings=settings, groups=groups)
    gc.enable()  # unlike other commands, this one may run for months
    studio = server.Studio(found, Way(timeout, options.is_offline()), chosen)
    with signals.by_signals(studio.end):
        studio.run(server.Notices(render.say, lambda text: render.note(f"note: {text}"), Bar("versions")))


@command.command(
    "serve",
    cls=options.Command,
    short_help="Serve Studio for a team.",
    examples="""
    gto studio serve --catalog team.yaml
    gto studio serve --catalog team.yaml --database postgresql://gto@db/gto --url https://studio.example.com
    """,
)
@studio_options.of_database
@catalog_options.file
@catalog_options.groups
@catalog_options.timeout
@studio_options.setting("--host", default="127.0.0.1", show_default=True, help="The address to listen on")
@studio_options.setting("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port")
@studio_options.setting(
    "--public", metavar="GROUP", multiple=True, help="Show this group of repositories to anybody; '*' for all"
)
@studio_options.setting(
    "--every",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How often each repository is looked at, beside its webhooks",
)
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
) -> None:
    """Serve the repositories of a catalogue to a team: people log in, and each sees and does what their role allows."""
    import gc

    with studio_options.needing("team"):
        from gto.catalog.parallel import Way
        from gto.studio.team import serve as team

    gc.enable()
    chosen = team.ServeOptions(
        data, database, url, host, port, catalog, groups, public=public, every=every, way=Way(timeout)
    )
    studio = team.TeamStudio(chosen)
    with signals.by_signals(studio.end):
        studio.run(render.say, lambda text: render.note(f"note: {text}"))


for one in (studio_people.invite, studio_people.people):
    command.add_command(one)
