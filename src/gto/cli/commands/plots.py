"""`gto plots`: the plots of one or several versions in one page."""

import click

from gto.cli import delivery_options, options, render, write_out
from gto.exceptions import UsageError


@click.command(
    "plots",
    cls=options.Command,
    short_help="Draw the plots of versions into one HTML page.",
    examples="""
    gto plots churn@latest
    gto plots churn@v1.0.0 churn@v2.0.0 -o churn.html
    gto plots main my-branch --name churn
    """,
)
@options.repo
@options.argument(
    "selectors",
    nargs=-1,
    required=True,
    help="Versions, stages or revisions, as `gto diff` takes them",
    shell_complete=options.names,
)
@click.option(
    "-o",
    "--out",
    default="plots.html",
    show_default=True,
    callback=options.not_empty,
    help="The page to write, an old one is replaced; `-` is stdout",
)
@click.option("--name", help="The artifact that revisions are asked about; default: the one named beside them")
@delivery_options.fetch_options
@options.as_json
def command(
    repo: str,
    selectors: tuple[str, ...],
    out: str,
    name: str | None,
    fetching: delivery_options.Fetching,
    as_json: bool,
) -> None:
    """Overlay the plots of versions in one page, and put images side by side; the page needs no network.

    Plots are those that `dvc.yaml` declares, drawn by DVC's templates or by those in `.dvc/plots`; their data is read
    from Git, from DVC's cache, and with --fetch from its remotes. The first time, the program that draws them is made,
    which takes some seconds.
    """
    import os

    from gto.fs import atomic_write
    from gto.plots.gallery import plot

    if as_json and out == write_out.STDOUT:
        raise UsageError("--json and the page would both be on stdout", "name the page, or leave --json out")
    if os.path.isdir(out):
        raise UsageError(f"'{out}' is a directory", f"-o names the page: -o {os.path.join(out, 'plots.html')}")
    registry = options.open_registry(repo)
    found = plot(registry, selectors, name, fetching.reach(registry))
    if out == write_out.STDOUT:
        click.echo(found.page(), nl=False)
    else:
        atomic_write.replace(os.path.abspath(out), found.page())
        if as_json:
            render.as_json(found.as_dict(out))
            return
        render.say(out)
    render.notes(found.sheet.notes)
