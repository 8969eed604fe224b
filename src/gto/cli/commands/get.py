"""`gto get`: the files of a version, on disk; one file on stdout too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.cli import delivery_options, options, render, write_out
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from gto.cli.delivery_options import Delivery
    from gto.registry.registry import Registry
    from gto.registry.resolve import AnnotatedTarget
    from gto.storage.location import Located


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
@delivery_options.selector
@click.option(
    "-o",
    "--out",
    metavar="PATH",
    callback=options.not_empty,
    help="Name of the file or directory; one that ends with / is put into; `-` is stdout, for one file",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there and differ")
@click.option("-j", "--jobs", type=int, metavar="N", help="How many files to fetch at a time")
@delivery_options.options
@options.as_json
def command(
    repo: str,
    name: str,
    out: str | None,
    force: bool,
    jobs: int | None,
    delivery: Delivery,
    as_json: bool,
) -> None:
    """Bring the file or directory that the annotation of a version names, checked, and print where it is.

    The bytes come from Git, Git LFS, a remote of DVC's or a URL; DVC itself is not needed.
    """
    from gto.cli import download_progress
    from gto.delivery import get

    prints = out == write_out.STDOUT
    if prints and as_json:
        raise UsageError("--json and the file would both be on stdout", "name the file, or leave --json out")
    registry, chosen, located = delivery.find(repo, name)
    if prints:
        _print(registry, chosen, located, jobs)
        return
    with download_progress.shown(located.name) as progress:
        delivered = get.get(registry, chosen, located, get.GetOptions(out, force, jobs, progress))
    for note in delivered.notes():
        render.note(f"note: {note}")
    if as_json:
        render.as_json(delivered.as_dict())
    else:
        render.say(delivered.path)


def _print(registry: Registry, chosen: AnnotatedTarget, located: Located, jobs: int | None) -> None:
    """Write a file to stdout, after all of it was checked."""
    import os
    import sys
    import tempfile
    from shutil import copyfileobj

    from gto.cli import download_progress
    from gto.delivery import get

    if located.is_directory:
        raise UsageError(f"'{located.name}' is a directory, and stdout takes one file", "name a directory: -o DIR")
    with tempfile.TemporaryDirectory() as directory:
        place = os.path.join(directory, "file")
        with download_progress.shown(located.name) as progress:
            delivered = get.get(registry, chosen, located, get.GetOptions(place, jobs=jobs, progress=progress))
        for note in delivered.notes():
            render.note(f"note: {note}")
        with open(delivered.path, "rb") as file:
            copyfileobj(file, sys.stdout.buffer)
