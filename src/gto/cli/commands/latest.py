"""`gto latest NAME`: an old name of `gto show NAME@latest`."""

import click

from gto.cli import options, proof_options, render
from gto.cli.proof_options import Proof
from gto.core.selector import Pick, Selector
from gto.core.view import Choice
from gto.output.tables import version_table
from gto.registry import version_reader


@click.command("latest", cls=options.Command, hidden=True)
@options.repo
@options.name_argument()
@click.option("--ref", is_flag=True, help="Show ref")
@proof_options.checked(shown=False)
def command(repo: str, name: str, ref: bool, proof: Proof) -> None:
    """Print the highest version of an artifact, or its tag; `gto show NAME@latest` says more."""
    registry = options.open_registry(repo)
    signatures = proof.begin(registry)
    found = version_reader.versions(registry, Selector(name, Pick.LATEST), Choice(registered_only=True))
    proof_options.note_left_out(signatures, registry)
    table = version_table(name, found.rows, found.enriched.commits, known=found.known, cut=False)
    render.lines(str(cell) for cell in table.column("ref" if ref else "version"))
