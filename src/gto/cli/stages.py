"""`gto stages`: the stages of the registry."""

import click

from gto.cli import options, render
from gto.exceptions import ExclusiveOptions
from gto.registry import overview


@click.command("stages", cls=options.Command, short_help="Print list of stages used in the registry.")
@options.repo
@click.option("--allowed", is_flag=True, help="Show allowed stages from config")
@click.option("--used", is_flag=True, help="Show stages that were ever used (from all git tags)")
@options.as_json
def command(repo: str, allowed: bool, used: bool, as_json: bool) -> None:
    """Print list of stages: those of the configuration, or where it lists none, those in use."""
    if allowed and used:
        raise ExclusiveOptions('Either "allowed" or "used" can be set', "leave one of them out")
    found = overview.stages(options.open_registry(repo), allowed=allowed, used=used)
    if as_json:
        render.as_json(found)
    else:
        render.lines(found or ())
