"""What the commands share that pack a version with what it needs: options, the version, its locked requirements."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import click

from gto.cli import delivery_options, options, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gto.cli.delivery_options import Delivery
    from gto.registry.registry import Registry
    from gto.registry.resolve import AnnotatedTarget
    from gto.serve.build.build_source import BuildSource
    from gto.serve.build.locked_requirements import LockedRequirements
    from gto.storage.download import Progress
    from gto.storage.location import Located

directory = click.option(
    "-o", "--out", metavar="DIR", required=True, callback=options.not_empty, help="The directory, whole or not at all"
)
python = click.option(
    "--python",
    metavar="PATH|3.12",
    callback=options.not_empty,
    help="The Python that it is for; default: this one, of an image that which saved the model",
)
installer = click.option(
    "--installer", type=click.Choice(("uv", "pip")), help="What finds and installs packages; default: uv where it is"
)
locked = click.option(
    "--requirements", metavar="FILE", callback=options.not_empty, help="Take what was locked, and lock nothing anew"
)
wheels = click.option(
    "--wheels",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="A directory of wheels that count beside the index",
)
with_serve = click.option("--with-serve", is_flag=True, help="With what `gto serve` needs, GTO itself among it")
trusted = click.option(
    "--trusted", is_flag=True, help="Build with a model whose loading runs code: you trust whoever wrote it"
)
force = click.option("--force", is_flag=True, help="Replace what was built there")


class FoundVersion(NamedTuple):
    """A version whose files are to be packed."""

    registry: Registry
    chosen: AnnotatedTarget
    located: Located
    progress: Progress | None


@contextmanager
def found_version(repo: str, name: str, delivery: Delivery) -> Iterator[FoundVersion]:
    """Yield what a selector leads to; what its signatures prove is said once the bytes were found to be those."""
    from gto.cli import download_progress
    from gto.delivery import get

    get.check_system()
    registry, chosen, located = delivery.find(repo, name)
    located, proved = delivery_options.held(registry, chosen, located, (), delivery.proof)
    with download_progress.shown(located.name) as progress:
        yield FoundVersion(registry, chosen, located, progress)
    for note in proved:
        render.note(f"note: {note}")


@contextmanager
def opened(repo: str, name: str, delivery: Delivery) -> Iterator[BuildSource]:
    """Yield what a selector leads to, with the facts of its model."""
    from gto.serve.build.build_source import read_source

    with found_version(repo, name, delivery) as found:
        yield read_source(*found)


def locked_for(source: BuildSource, extra: Sequence[str], given: str | None, **wish: str | None) -> LockedRequirements:
    """Lock what a version needs, or read what was locked; that the model comes from another Python is said."""
    from gto.serve.build.locked_requirements import LockWish, lock, read_lock

    if given is not None:
        return read_lock(given, wish["python"])
    found = lock(LockWish([*source.requirements(), *extra], source.label, **wish))
    told = source.facts.python
    if told and told != found.python:
        render.note(f"warning: the model was saved by Python {told}, and this is for {found.python}; see --python")
    return found
