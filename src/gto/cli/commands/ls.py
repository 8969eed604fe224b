"""`gto ls`: the files of a version."""

import click

from gto.cli import delivery_options, options, render
from gto.cli.delivery_options import Delivery
from gto.output.tables import Table


@click.command(
    "ls",
    cls=options.Command,
    paged=True,
    short_help="List the files of a version.",
    examples="""
    gto ls churn#prod
    gto ls churn@v1.2.0 -R --json
    """,
)
@options.repo
@delivery_options.selector
@click.option("-R", "--recursive", is_flag=True, help="List the files in directories too")
@delivery_options.options
@options.as_json
@options.plain
def command(
    repo: str,
    name: str,
    recursive: bool,
    delivery: Delivery,
    as_json: bool,
    plain: bool,
) -> None:
    """List the files of a version with sizes in bytes and hashes, where they are known; nothing is downloaded.

    A directory ends with `/`, and has the size of all that is in it.
    """
    options.only_one(json=as_json, plain=plain)
    from gto.delivery import get

    _, chosen, located = delivery.find(repo, name)
    files = get.files(located) if recursive else get.top(located)
    if as_json:
        render.as_json({**get.about(chosen), "files": files})
        return
    columns = ("path", "size", "hash")
    render.table(Table(columns, tuple(tuple(_cell(file[column]) for column in columns) for file in files)), plain=plain)


def _cell(value: object) -> str | None:
    return None if value is None else str(value)
