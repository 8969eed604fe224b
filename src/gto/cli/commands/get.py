"""`gto get`: the files of a version, on disk; one file on stdout too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.cli import delivery_options, key_options, options, render, write_out
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    gto get churn#prod --public-key k.pub     only what this key signed
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
@key_options.public_keys
@click.option("--with-signature", is_flag=True, help="Write the bundle that signs the files beside them, as model.sig")
@delivery_options.options
@options.as_json
def command(
    repo: str,
    name: str,
    out: str | None,
    force: bool,
    jobs: int | None,
    public_keys: tuple[str, ...],
    with_signature: bool,
    delivery: Delivery,
    as_json: bool,
) -> None:
    """Bring the file or directory that the annotation of a version names, checked, and print where it is.

    The bytes come from Git, Git LFS, a remote of DVC's or a URL; DVC itself is not needed. With --public-key, with
    --require-signed where public keys are known, and where a rule of the policy says `files_signed`, the files are
    those that a trusted key signed (`gto sign`), or nothing is written.
    """
    from gto.cli import download_progress
    from gto.delivery import get

    prints = out == write_out.STDOUT
    if prints:
        _refuse_beside(as_json=as_json, with_signature=with_signature)
    given = key_options.read(public_keys)
    registry, chosen, located = delivery.find(repo, name)
    located, proved = delivery_options.held(registry, chosen, located, given, delivery.proof)
    if prints:
        _print(registry, chosen, located, jobs)
        for note in proved:
            render.note(f"note: {note}")
        return
    save = _bundle(registry, chosen, given, get.target_of(located, out), force=force) if with_signature else None
    with download_progress.shown(located.name) as progress:
        delivered = get.get(registry, chosen, located, get.GetOptions(out, force, jobs, progress))
    for note in (*delivered.notes(), *proved):
        render.note(f"note: {note}")
    more = {"signature": save()} if save is not None else {}
    if as_json:
        render.as_json({**delivered.as_dict(), **more})
    else:
        render.say(delivered.path)


def _refuse_beside(*, as_json: bool, with_signature: bool) -> None:
    """Refuse what does not go with a file on stdout."""
    if as_json:
        raise UsageError("--json and the file would both be on stdout", "name the file, or leave --json out")
    if with_signature:
        raise UsageError("--with-signature writes beside the file, and stdout has nothing beside it", "name the file")


def _bundle(
    registry: Registry, chosen: AnnotatedTarget, given: Sequence[tuple[str, bytes]], target: str, *, force: bool
) -> Callable[[], str]:
    """Return what writes the bundle that signs the files; whether there is one, and a place, is found out now."""
    from gto.delivery import signed_files
    from gto.registry import files_signers

    bundle = signed_files.pick_bundle(registry, chosen, files_signers.whose_keys(registry, given))
    place = signed_files.bundle_place(bundle, target, force=force)

    def save() -> str:
        signed_files.save_bundle(bundle, place)
        return place

    return save


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
