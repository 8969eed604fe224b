"""`gto search`: artifacts by a text in their names, descriptions, labels, types and stages."""

import click

from gto.cli import catalog_options, options, render
from gto.cli.catalog_options import Across


@click.command(
    "search",
    cls=options.Command,
    paged=True,
    short_help="Find artifacts by name, description, label, type or stage.",
    examples="""
    gto search churn                 in the repository here
    gto search churn --all           in all repositories of the catalogue
    gto search nlp --all --json
    """,
)
@options.repo
@options.argument("text", help="What to search; capital and small letters are the same")
@catalog_options.catalogue
@click.option("-d", "--deprecated", is_flag=True, help="Search deprecated artifacts too")
@options.as_json
@options.plain
def command(repo: str, text: str, across: Across, deprecated: bool, as_json: bool, plain: bool) -> None:
    """Search the names, descriptions, labels, types and stages of artifacts, and say which of them holds the text.

    Descriptions, labels and types are those of HEAD's annotations, else of the latest version's. With --all or
    --catalog the exit code is 1 if a repository could not be read.
    """
    from gto.catalog.search import SearchResult, search, search_all

    options.only_one(json=as_json, plain=plain)
    if across.wanted:
        found = search_all(across.search(repo), text, across.way(), deprecated=deprecated)
    else:
        found = SearchResult(text, search(options.open_registry(repo), text, deprecated=deprecated))
    if as_json:
        render.as_json(found.as_dict())
    else:
        render.table(found.table(), plain=plain)
    catalog_options.end(found.failures)
