"""`gto latest NAME`: an old name of `gto show NAME@latest`."""

import click

from gto.cli import options, render
from gto.core.selector import Pick, Selector
from gto.core.table import version_table
from gto.core.view import Choice
from gto.registry import reading


@click.command("latest", cls=options.Command, hidden=True)
@options.repo
@options.name_argument()
@click.option("--ref", is_flag=True, help="Show ref")
def command(repo: str, name: str, ref: bool) -> None:
    """Print the highest version of an artifact, or its tag; `gto show NAME@latest` says more."""
    found = reading.versions(options.open_registry(repo), Selector(name, Pick.LATEST), Choice(registered_only=True))
    table = version_table(name, found.rows, found.enriched.commits, known=found.known, cut=False)
    render.lines(str(cell) for cell in table.column("ref" if ref else "version"))
