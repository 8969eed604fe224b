"""`gto stages`: the stages of the registry."""

import click

from gto.cli import options, proof_options, render
from gto.cli.proof_options import Proof
from gto.exceptions import ExclusiveOptions
from gto.registry import overview


@click.command("stages", cls=options.Command, short_help="Print list of stages used in the registry.")
@options.repo
@click.option("--allowed", is_flag=True, help="Show allowed stages from config")
@click.option("--used", is_flag=True, help="Show stages that were ever used (from all git tags)")
@proof_options.checked(shown=False)
@options.as_json
def command(repo: str, allowed: bool, used: bool, as_json: bool, proof: Proof) -> None:
    """Print list of stages: those of the configuration, or where it lists none, those in use."""
    if allowed and used:
        raise ExclusiveOptions('Either "allowed" or "used" can be set', "leave one of them out")
    registry = options.open_registry(repo)
    signatures = proof.begin(registry)
    found = overview.stages(registry, allowed=allowed, used=used)
    proof_options.note_left_out(signatures, registry)
    if as_json:
        render.as_json(found)
    else:
        render.lines(found or ())
