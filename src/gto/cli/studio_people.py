"""`gto studio invite` and `gto studio people`: who may use a team's Studio, from the command line of its server."""

from collections.abc import Mapping

import click

from gto.cli import options, render
from gto.cli.studio_options import no_passwords, of_database, opened_team
from gto.studio.team.serve_options import read_options

_ROLES = ("viewer", "contributor", "maintainer", "admin")
_grants = options.argument(
    "grants",
    help="Group of repositories, `*` for all, and the role there, or none",
    nargs=-1,
    required=True,
    metavar="GROUP=ROLE...",
)


@click.command(
    "invite",
    cls=options.Command,
    short_help="Print a link with which somebody gets into a team's Studio.",
    examples="""
    gto studio invite ada --role admin
    gto studio invite bob --role contributor --group marketing --url https://studio.example.com
    gto studio invite ada --reset                     for a password that is forgotten
    """,
)
@options.argument("name", help="What they log in with")
@click.option("--role", type=click.Choice(_ROLES), default="viewer", show_default=True, help="What they may do")
@click.option(
    "--group", "groups", multiple=True, default=("*",), show_default=True, help="In which group of repositories"
)
@click.option("--full-name", default="", help="What they are called; else they say it themselves")
@click.option("--email", default="", help="Their address; else they say it themselves")
@click.option(
    "--expires",
    type=click.FloatRange(min=0.01, max=90),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="How long the link serves",
)
@click.option("--reset", is_flag=True, help="For who is there already: to choose a new password")
@of_database
@no_passwords
@options.as_json
def invite(
    name: str,
    role: str,
    groups: tuple[str, ...],
    full_name: str,
    email: str,
    expires: float,
    reset: bool,
    as_json: bool,
    **values: object,
) -> None:
    """Print a link that serves once: with it somebody chooses a password, and is in.

    Whoever reads the link can use it: send it where nobody else reads.
    """
    with opened_team(read_options(values)) as team:
        from gto.studio.team import people_commands

        wish = people_commands.InvitationWish(name, role, groups, full_name, email, expires, reset)
        made = people_commands.invite(team, wish)
    if as_json:
        render.as_json(made.as_dict())
    else:
        render.say(made.address)
        what = "chooses a new password" if reset else f"becomes {role} of {', '.join(groups)}"
        render.note(f"note: who opens it {what}; it serves once, for {expires:g} day{'' if expires == 1 else 's'}")


@click.group("people", short_help="List the people of a team's Studio, and change what they may do.")
def people() -> None:
    """List the people of a team's Studio, and change what they may do, also where nobody can log in."""


@people.command("list", cls=options.Command, short_help="List people and their roles.")
@of_database
@options.as_json
@options.plain
def list_(as_json: bool, plain: bool, **values: object) -> None:
    """List people and their roles by group of repositories."""
    from gto.output.tables import Table

    options.only_one(json=as_json, plain=plain)
    with opened_team(read_options(values)) as team:
        from gto.studio.team import people_commands

        found = people_commands.list_people(team)
    if as_json:
        render.as_json([one.as_dict() for one in found])
    else:
        rows = tuple(
            (one.name, one.full_name, ", ".join(f"{role} of {group}" for group, role in one.roles.items()) or None,
             "yes" if one.is_active else "no")
            for one in found
        )  # fmt: skip
        render.table(Table(("name", "full name", "roles", "active"), rows), plain=plain)


@people.command(
    "roles",
    cls=options.Command,
    short_help="Give somebody a role, or take it.",
    examples="""
    gto studio people roles ada '*=admin'
    gto studio people roles bob marketing=maintainer lab=none
    """,
)
@options.argument("name", help="Who")
@_grants
@of_database
def roles(name: str, grants: tuple[str, ...], **values: object) -> None:
    """Give somebody roles, or take them; groups that are not named stay. Their sessions end."""
    with opened_team(read_options(values)) as team:
        from gto.studio.team import people_commands

        now = people_commands.give_roles(team, name, grants)
    render.lines([f"'{name}' is {role} of {group}" for group, role in now.items()] or [f"'{name}' has no role"])


@people.command(
    "claim",
    cls=options.Command,
    short_help="Give a role to a group of the provider's.",
    examples="""
    gto studio people claim ml-team lab=contributor
    gto studio people claim platform '*=admin' lab=none
    """,
)
@options.argument("claim", help="The group, as the provider of OpenID Connect or the proxy names it")
@_grants
@of_database
def claim(claim: str, grants: tuple[str, ...], **values: object) -> None:
    """Give all whom the provider names in a group of its own a role, or take it; other groups of repositories stay."""
    with opened_team(read_options(values)) as team:
        from gto.studio.team import people_commands

        now = people_commands.give_claim_roles(team, claim, grants)
    lines = [f"who is in '{claim}' is {role} of {group}" for group, role in now.items()]
    render.lines(lines or [f"'{claim}' gives no role"])


@people.command("deactivate", cls=options.Command, short_help="Let somebody in no more.")
@options.argument("name", help="Who")
@of_database
def deactivate(name: str, **values: object) -> None:
    """Let somebody in no more: their sessions end at once, and their tokens count no more."""
    _set_active(name, values, is_active=False)
    render.say(f"'{name}' may not log in any more")


@people.command("activate", cls=options.Command, short_help="Let somebody in again.")
@options.argument("name", help="Who")
@of_database
def activate(name: str, **values: object) -> None:
    """Let somebody in again, with the roles that they had."""
    _set_active(name, values, is_active=True)
    render.say(f"'{name}' may log in")


def _set_active(name: str, values: Mapping[str, object], *, is_active: bool) -> None:
    with opened_team(read_options(values)) as team:
        from gto.studio.team import people_commands

        people_commands.set_active(team, name, is_active=is_active)
