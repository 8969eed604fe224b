"""`gto studio`: the registry as a web app on this machine."""

import click

from gto.cli import catalog_options, options, render, signals
from gto.exceptions import UsageError


@click.command(
    "studio",
    cls=options.Command,
    short_help="Open the registry as a web app on this machine.",
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
def command(
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

    The address that is printed holds a key and serves once. Ctrl-C ends it.
    """
    import gc

    from gto.catalog.in_hand import find
    from gto.catalog.parallel import Way
    from gto.cli.download_progress import Bar

    try:
        from gto.studio import server
        from gto.studio.context import StudioSettings
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        raise UsageError(f"Studio needs '{name}'", "pip install 'gto[studio]'") from error
    found = find(repos, catalog, groups)
    settings = StudioSettings(read_only, push)
    chosen = server.Options(port, socket, opens_browser=not no_open, settings=settings, groups=groups)
    gc.enable()  # unlike other commands, this one may run for months
    studio = server.Studio(found, Way(timeout, options.is_offline()), chosen)
    with signals.by_signals(studio.end):
        studio.run(server.Notices(render.say, lambda text: render.note(f"note: {text}"), Bar("versions")))
