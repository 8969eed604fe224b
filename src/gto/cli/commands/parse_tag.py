"""`gto parse-tag`: the parts of a tag's name, for scripts."""

import click

from gto.cli import options, render
from gto.core import tag
from gto.exceptions import UsageError


@click.command("parse-tag", cls=options.Command, hidden=True)
@options.argument("tag_name", "Name of a tag", metavar="TAG")
@click.option("--key", help="Which key to return")
def command(tag_name: str, key: str | None) -> None:
    """Print the parts of an event tag's name in JSON."""
    parts = tag.parts(tag.parse(tag_name))
    if key and key not in parts:
        raise UsageError(f"'{tag_name}' has no '{key}'", f"it has {', '.join(parts)}")
    render.as_json(parts[key] if key else parts)
