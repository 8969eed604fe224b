"""`gto print-state`: the whole state, for scripts."""

import click

from gto.cli import options, render
from gto.registry import version_reader


@click.command("print-state", cls=options.Command, hidden=True)
@options.repo
def command(repo: str) -> None:
    """Print current registry state in JSON."""
    render.as_json(version_reader.state(options.open_registry(repo)).model_dump())
