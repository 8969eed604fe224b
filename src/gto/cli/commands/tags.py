"""`gto tags`: the tags that are events, or those that are none."""

import click

from gto.cli import options, render
from gto.registry import version_reader


@click.command(
    "tags",
    cls=options.Command,
    paged=True,
    short_help="List the tags that are events, or the others.",
    examples="""
    gto tags
    gto tags --other     the tags that gto did not make
    """,
)
@options.repo
@click.option("--other", is_flag=True, help="List the tags that are neither events nor approvals")
@options.as_json
def command(repo: str, other: bool, as_json: bool) -> None:
    """List the names of the tags that are events of the registry, or of all others, sorted as git sorts them.

    Approvals are neither: `gto reviews` lists those that wait for an assignment.
    """
    found = version_reader.tags(options.open_registry(repo), other=other)
    if as_json:
        render.as_json(found)
    else:
        render.lines(render.clean(name) for name in found)
