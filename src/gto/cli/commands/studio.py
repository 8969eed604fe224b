"""`gto studio`: the registry as a web app, of one person on this machine or of a team."""

import click

from gto.cli import catalog_options, options, render, signals, studio_options, studio_people, studio_upkeep, studio_work
from gto.cli.studio_options import of_database as _of_database
from gto.cli.studio_options import setting as _setting
from gto.studio.team.serve_options import check_served, read_options


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
@_of_database
@studio_options.catalog
@studio_options.groups
@studio_options.timeout
@_setting("--host", help="The address to listen on")
@_setting("--port", type=click.IntRange(0, 65535), help="The port")
@_setting("--public", metavar="GROUP", multiple=True, help="Show this group of repositories to anybody; '*' for all")
@studio_work.of_reading
@_setting(
    "--allow-local-repositories",
    "sources_directories",
    metavar="DIRECTORY",
    multiple=True,
    help="Let an admin add repositories below it by a page (repeatable)",
)
@_setting(
    "--allow-private-remotes",
    "sources_has_private",
    is_flag=True,
    help="Let an admin add repositories of the private network by a page",
)
@_setting("--no-worker", is_flag=True, help="Leave all reading to `gto studio worker`")
@_setting("--presign", is_flag=True, help="Lead who downloads to the store itself, by an address signed for an hour")
@_setting("--oidc-issuer", metavar="URL", help="Who logs people in by OpenID Connect")
@_setting("--oidc-client-id", metavar="ID", help="What this Studio is called there")
@_setting(
    "--oidc-client-secret", metavar="SECRET", help="Better as the environment variable: others can read arguments"
)
@_setting("--oidc-label", metavar="TEXT", help="On the button to log in")
@_setting("--oidc-groups-claim", metavar="CLAIM", help="What names somebody's groups")
@_setting(
    "--trusted-proxy",
    "proxy_networks",
    metavar="NETWORK",
    multiple=True,
    help="Whose X-Forwarded-For counts, as 10.0.0.0/8 (repeatable)",
)
@_setting(
    "--proxy-user-header",
    "proxy_user",
    metavar="NAME",
    help="The header in which a trusted proxy names whom it logged in",
)
@_setting("--proxy-name-header", "proxy_full_name", metavar="NAME", help="The header with their full name")
@_setting("--proxy-email-header", "proxy_email", metavar="NAME", help="The header with their e-mail address")
@_setting("--proxy-groups-header", "proxy_groups", metavar="NAME", help="The header with their groups, commas between")
@studio_options.no_passwords
@_setting("--log-format", type=click.Choice(["text", "json"]), help="How lines of the log are written, to stderr")
@_setting(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="From which level on; `warning` leaves the requests out",
)
def serve(**values: object) -> None:
    """Serve the repositories of a catalogue to a team: people log in, and each sees and does what their role allows."""
    import gc

    with studio_options.needing("team"):
        from gto.studio.team.serve import TeamStudio
    chosen = read_options(values)
    check_served(chosen)
    gc.enable()
    studio = TeamStudio(chosen)
    with signals.by_signals(studio.end), studio_options.database_errors():
        studio.run(render.say, lambda text: render.note(f"note: {text}"))


for one in (studio_people.invite, studio_people.people, *studio_work.COMMANDS, *studio_upkeep.COMMANDS):
    command.add_command(one)
