"""`gto which NAME STAGE`: an old name of `gto show NAME#STAGE`."""

import click

from gto.cli import options, proof_options, render
from gto.cli.proof_options import Proof
from gto.core.selector import Pick, Selector
from gto.core.view import Choice
from gto.output.tables import version_table
from gto.registry import version_reader


@click.command("which", cls=options.Command, hidden=True)
@options.repo
@options.name_argument()
@options.argument("stage", "Stage to look up", shell_complete=options.stages)
@click.option("--ref", is_flag=True, help="Show ref")
@click.option("--av", "--assignments-per-version", "av", default=-1, help="Show N last stages of each version; -1: all")
@click.option("--vs", "--versions-per-stage", "vs", default=1, help="Show N last versions of each stage; -1: all")
@proof_options.checked(shown=False)
def command(repo: str, name: str, stage: str, ref: bool, av: int, vs: int, proof: Proof) -> None:
    """Print the version of an artifact that is in a stage, or its tag; `gto show NAME#STAGE` says more."""
    choice = Choice(assignments_per_version=av, versions_per_stage=vs)
    registry = options.open_registry(repo)
    signatures = proof.begin(registry)
    found = version_reader.versions(registry, Selector(name, Pick.STAGE, stage), choice)
    proof_options.note_left_out(signatures, registry)
    table = version_table(name, found.rows, found.enriched.commits, known=found.known, cut=False)
    render.lines(str(cell) for cell in table.column("ref" if ref else "version"))
