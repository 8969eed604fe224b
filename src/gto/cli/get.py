"""`gto get`: the files of a version, on disk."""

import click

from gto.cli import delivering, options, render
from gto.cli import proof as proving
from gto.cli.delivering import Delivery
from gto.cli.proof import Proof


@click.command(
    "get",
    cls=options.Command,
    short_help="Download the files of a version.",
    examples="""
    gto get churn                      the latest version
    gto get churn@v1.2.0 -o model.pkl
    gto get churn#prod -r https://example.com/team/registry.git
    gto get churn --rev main --force
    """,
)
@options.repo
@delivering.selector
@click.option("-o", "--out", metavar="PATH", help="Name of the file or directory; one that ends with / is put into")
@click.option("--force", is_flag=True, help="Overwrite files that are there and differ")
@click.option("-j", "--jobs", type=int, metavar="N", help="How many files to fetch at a time")
@delivering.options
@options.as_json
@proving.checked(shown=False)
def command(
    repo: str,
    name: str,
    out: str | None,
    force: bool,
    jobs: int | None,
    delivery: Delivery,
    as_json: bool,
    proof: Proof,
) -> None:
    """Bring the file or directory that the annotation of a version names, checked, and print where it is.

    The bytes come from Git, Git LFS, a remote of DVC's or a URL; DVC itself is not needed.
    """
    from gto.cli import transfer
    from gto.delivery import getting

    registry, chosen, located = delivery.find(repo, name, proof)
    with transfer.shown(located.name) as progress:
        delivered = getting.get(registry, chosen, located, getting.Manner(out, force, jobs, progress))
    for note in delivered.notes():
        render.note(f"note: {note}")
    if as_json:
        render.as_json(delivered.as_dict())
    else:
        render.say(delivered.path)
