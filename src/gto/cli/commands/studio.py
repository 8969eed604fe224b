"""`gto studio`: the registry as a web app, of one person on this machine or of a team."""

import click

from gto.cli import catalog_options, options, render, signals, studio_options, studio_people, studio_upkeep, studio_work
from gto.cli.studio_options import of_database as _of_database
from gto.cli.studio_options import setting as _setting
from gto.exceptions import UsageError


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
@_setting("--host", default="127.0.0.1", show_default=True, help="The address to listen on")
@_setting("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port")
@_setting("--public", metavar="GROUP", multiple=True, help="Show this group of repositories to anybody; '*' for all")
@studio_work.of_reading
@_setting(
    "--allow-local-repositories",
    metavar="DIRECTORY",
    multiple=True,
    help="Let an admin add repositories below it by a page (repeatable)",
)
@_setting(
    "--allow-private-remotes", is_flag=True, help="Let an admin add repositories of the private network by a page"
)
@_setting("--no-worker", is_flag=True, help="Leave all reading to `gto studio worker`")
@_setting("--presign", is_flag=True, help="Lead who downloads to the store itself, by an address signed for an hour")
@_setting("--oidc-issuer", metavar="URL", help="Who logs people in by OpenID Connect")
@_setting("--oidc-client-id", metavar="ID", help="What this Studio is called there")
@_setting(
    "--oidc-client-secret", metavar="SECRET", help="Better as the environment variable: others can read arguments"
)
@_setting(
    "--oidc-label", metavar="TEXT", default="your organisation", show_default=True, help="On the button to log in"
)
@_setting(
    "--oidc-groups-claim", metavar="CLAIM", default="groups", show_default=True, help="What names somebody's groups"
)
@_setting(
    "--trusted-proxy",
    "trusted_proxies",
    metavar="NETWORK",
    multiple=True,
    help="Whose X-Forwarded-For counts, as 10.0.0.0/8 (repeatable)",
)
@_setting(
    "--proxy-user-header",
    metavar="NAME",
    default="",
    help="The header in which a trusted proxy names whom it logged in",
)
@_setting("--no-passwords", is_flag=True, help="Let nobody log in with a password")
@_setting(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How lines of the log are written, to stderr",
)
@_setting(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="From which level on; `warning` leaves the requests out",
)
def serve(
    data: str,
    database: str | None,
    secrets: tuple[str, ...],
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
    audit_days: float,
    ca_file: str | None,
    allow_local_repositories: tuple[str, ...],
    allow_private_remotes: bool,
    no_worker: bool,
    presign: bool,
    oidc_issuer: str | None,
    oidc_client_id: str | None,
    oidc_client_secret: str | None,
    oidc_label: str,
    oidc_groups_claim: str,
    trusted_proxies: tuple[str, ...],
    proxy_user_header: str,
    no_passwords: bool,
    log_format: str,
    log_level: str,
) -> None:
    """Serve the repositories of a catalogue to a team: people log in, and each sees and does what their role allows."""
    import gc

    with studio_options.needing("team"):
        from gto.catalog.parallel import Way
        from gto.studio.context import StudioSettings
        from gto.studio.team import oidc
        from gto.studio.team import serve as team
        from gto.studio.team.repository_sources import RepositorySources
        from gto.studio.team.team_worker import WorkerSettings
        from gto.studio.team.trusted_proxy import TrustedProxy, parse_networks

    gc.enable()
    provider = None
    if oidc_issuer is not None:
        if oidc_client_id is None:
            raise UsageError("--oidc-issuer needs --oidc-client-id", "the provider gives one for each program")
        issuer = oidc.parse_issuer(oidc_issuer)
        provider = oidc.OidcSettings(
            issuer, oidc_client_id, oidc_client_secret, oidc_label, groups_claim=oidc_groups_claim, certificates=ca_file
        )
    if proxy_user_header and not trusted_proxies:
        raise UsageError("--proxy-user-header needs --trusted-proxy", "it counts from nobody else, as 10.0.0.5")
    reading = WorkerSettings(0 if no_worker else jobs, every)
    chosen = team.ServeOptions(
        data,
        database,
        url,
        host,
        port,
        catalog,
        groups,
        secrets,
        public,
        way=Way(timeout),
        reading=reading,
        oidc=provider,
        proxy=TrustedProxy(parse_networks(trusted_proxies), proxy_user_header),
        sources=RepositorySources(allow_local_repositories, allow_private_remotes),
        has_passwords=not no_passwords,
        log_format=log_format,
        log_level=log_level,
        allow_private_webhooks=allow_private_webhooks,
        audit_days=audit_days,
        studio=StudioSettings(presign=presign),
        ca_file=ca_file,
    )
    studio = team.TeamStudio(chosen)
    with signals.by_signals(studio.end):
        studio.run(render.say, lambda text: render.note(f"note: {text}"))


for one in (studio_people.invite, studio_people.people, *studio_work.COMMANDS, *studio_upkeep.COMMANDS):
    command.add_command(one)
