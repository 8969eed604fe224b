"""`gto diff`: what changed from one version to another."""

import click

from gto.cli import delivery_options, options, render
from gto.output import escape


@click.command(
    "diff",
    cls=options.Command,
    paged=True,
    short_help="Compare two versions: metrics, parameters, data, code.",
    examples="""
    gto diff churn@v1.0.0 churn@v2.0.0
    gto diff churn#prod churn@latest --lower-better loss
    gto diff main my-branch --name churn --md     for a pull request
    """,
)
@options.repo
@options.argument(
    "old", help="NAME@v1.2.3, NAME#stage, NAME (its latest version), or a revision of Git", shell_complete=options.names
)
@options.argument("new", help="The same; what changed is told from OLD to NEW", shell_complete=options.names)
@click.option("--name", help="The artifact that revisions are asked about; default: the one named beside them")
@click.option("--lower-better", multiple=True, metavar="METRIC", help="A metric that should fall; can be repeated")
@click.option("--higher-better", multiple=True, metavar="METRIC", help="A metric that should rise; can be repeated")
@click.option("--md", "as_markdown", is_flag=True, help="Print Markdown, for a pull request")
@delivery_options.fetch_options
@options.as_json
@options.plain
def command(
    repo: str,
    old: str,
    new: str,
    name: str | None,
    lower_better: tuple[str, ...],
    higher_better: tuple[str, ...],
    as_markdown: bool,
    fetching: delivery_options.Fetching,
    as_json: bool,
    plain: bool,
) -> None:
    """Show what changed in metrics, parameters, data, dependencies, code and annotation.

    All is read from the two commits; what DVC keeps outside of Git, and a model that has no facts beside it, where they
    are on this machine, with --fetch from remotes too; metrics and parameters that are not read are named on stderr.
    Whether a change is for the better is told where --lower-better, --higher-better, or `lower_better` and
    `higher_better` in the annotation's custom metadata say so.
    """
    from gto.lineage import sections
    from gto.lineage.diff import Direction, compare

    options.only_one(json=as_json, plain=plain, md=as_markdown)
    registry = options.open_registry(repo)
    direction = Direction(lower_better, higher_better)
    found = compare(registry, old, new, name, direction, fetching.sources(registry))
    if as_json:
        render.as_json(found.as_dict())
        return
    compared = sections.compared(found)
    titles = [sections.heading(found.old), sections.heading(found.new)]
    if as_markdown:
        render.markdown(" → ".join(escape.code(title) for title in titles), compared)
    else:
        render.tables(" -> ".join(titles), compared, plain=plain)
    if not compared:
        render.say("\nNothing differs")
    render.notes(sections.notes(found.elsewhere, found.problems))
