"""`gto describe`: the annotation of an artifact."""

import click

from gto.cli import delivery_options, options, render
from gto.exceptions import UsageError
from gto.registry import resolve


@click.command(
    "describe",
    cls=options.Command,
    paged=True,
    short_help="Find annotations for the artifact.",
    examples="""
    gto describe churn                 as it stands in the work tree
    gto describe churn --rev HEAD~3
    gto describe churn#prod --path     the path of the version that is in prod
    gto describe churn@latest --all    its metrics, parameters, data and code as well
    """,
)
@options.repo
@options.name_argument("NAME, NAME@latest, NAME@v1.2.3 or NAME#stage")
@click.option("--rev", help="Repo revision to use")
@click.option("--type", "show_type", is_flag=True, help="Show type")
@click.option("--path", "show_path", is_flag=True, help="Show path")
@click.option("--description", "show_description", is_flag=True, help="Show description")
@click.option("--all", "show_all", is_flag=True, help="Show lineage, metrics, parameters and files of the commit too")
@delivery_options.fetch_options
@click.option("--json", "as_json", is_flag=True, help="Print all fields that are set; what no other flag does too")
def command(
    repo: str,
    name: str,
    rev: str | None,
    show_type: bool,
    show_path: bool,
    show_description: bool,
    show_all: bool,
    fetching: delivery_options.Fetching,
    as_json: bool,
) -> None:
    """Print what `dvc.yaml` or `artifacts.yaml` says of an artifact: in the work tree, at --rev, or at a version.

    A field that is not set prints nothing. With --all a name alone is read at HEAD, not in the work tree; metrics and
    parameters that DVC keeps outside of Git, and a model that has no facts beside it, are read where they are on this
    machine, with --fetch from remotes too.
    """
    fields = {"type": show_type, "path": show_path, "description": show_description}
    if show_all:
        options.only_one(all=True, **fields)
        _describe_all(repo, name, rev, fetching, as_json=as_json)
        return
    if fetching.is_asked:
        raise UsageError("--fetch, --trust-remote and --allow-local are about --all", "add --all")
    options.only_one(json=as_json, **fields)
    found = resolve.describe(options.open_registry(repo), name, rev)
    field = next((key for key, asked in fields.items() if asked), None)
    if field is None:
        render.as_json(found.as_dict(), letters=not as_json)
    else:
        value = getattr(found, field)
        render.lines([value] if value else [])


def _describe_all(repo: str, name: str, rev: str | None, fetching: delivery_options.Fetching, *, as_json: bool) -> None:
    from gto.lineage import sections
    from gto.lineage.description import describe_all
    from gto.registry.files_signers import tell

    registry = options.open_registry(repo)
    found = describe_all(registry, name, rev, fetching.sources(registry))
    if as_json:
        render.as_json(found.as_dict())
        return
    render.tables("", sections.described(found.known), plain=False)
    render.notes(sections.notes(found.known.elsewhere, found.known.problems))
    for line in tell(found.signatures):
        render.note(f"note: {line}")
