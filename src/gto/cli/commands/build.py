"""`gto build`: a version packed for what runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gto.cli import build_images, build_options, delivery_options, options, render

if TYPE_CHECKING:
    from gto.cli.delivery_options import Delivery


@click.group("build", short_help="Pack a version for what runs it.")
def command() -> None:
    """Pack a version for what runs it; the same version gives the same bytes."""


@command.command(
    "requirements",
    cls=options.Command,
    short_help="What a version needs, pinned and hashed.",
    examples="""
    gto build requirements churn#prod -o requirements.txt
    pip install --require-hashes -r requirements.txt
    """,
)
@options.repo
@delivery_options.selector
@click.option("-o", "--out", metavar="FILE", callback=options.not_empty, help="The file; without it, it is printed")
@build_options.python
@build_options.installer
@build_options.wheels
@build_options.with_serve
@delivery_options.options
@options.as_json
def requirements(
    repo: str,
    name: str,
    out: str | None,
    python: str | None,
    installer: str | None,
    wheels: str | None,
    with_serve: bool,
    delivery: Delivery,
    as_json: bool,
) -> None:
    """Lock what the side-car of a version names, and all that this needs, each with the hashes of its files.

    uv locks for every system; pip, where there is no uv, for this kind of machine. Both ask the index that they are
    configured for, and pip and uv both install the file. Nothing of the index, this machine or the time stands in it.
    """
    from gto.fs import atomic_write
    from gto.serve.build.locked_requirements import serving

    with build_options.opened(repo, name, delivery) as source:
        extra = serving() if with_serve else []
        found = build_options.locked_for(source, extra, None, python=python, installer=installer, wheels=wheels)
    if out is not None:
        atomic_write.replace(os.path.abspath(out), found.text.encode())
    if as_json:
        known = {"python": found.python, "installer": found.installer, "packages": found.packages}
        render.as_json({**source.about(), "target": out, **known, **({} if out else {"text": found.text})})
    elif out is not None:
        render.say(f"{len(found.packages)} packages for Python {found.python}: {out}")
    else:
        click.echo(found.text, nl=False)


@command.command(
    "venv",
    cls=options.Command,
    short_help="An environment in which the model loads.",
    examples="""
    gto build venv churn#prod -o churn-env
    churn-env/bin/python -c 'import sklearn'
    """,
)
@options.repo
@delivery_options.selector
@build_options.directory
@build_options.python
@build_options.installer
@build_options.locked
@build_options.wheels
@build_options.with_serve
@build_options.trusted
@click.option(
    "--sample", metavar="FILE", callback=options.not_empty, help="Rows as JSON to ask it for, with `outputs` or without"
)
@click.option("--no-trial", is_flag=True, help="Do not load the model in it")
@build_options.force
@delivery_options.options
@options.as_json
def venv(
    repo: str,
    name: str,
    out: str,
    python: str | None,
    installer: str | None,
    requirements: str | None,
    wheels: str | None,
    with_serve: bool,
    trusted: bool,
    sample: str | None,
    no_trial: bool,
    force: bool,
    delivery: Delivery,
    as_json: bool,
) -> None:
    """Make a virtual environment with what a version needs, each package held by its hashes, and try the model in it.

    Tried means: it is loaded, and asked for the rows of --sample, where it must give the outputs beside them; without
    a sample each method is called with made-up rows, and must give what its schema says. It appears when that went
    well. Nothing else is in it, and no pip.
    """
    from gto.serve.build.locked_requirements import serving
    from gto.serve.build.virtual_environment import EnvironmentWish, build_environment

    with build_options.opened(repo, name, delivery) as source:
        if not no_trial:
            source.check_trusted(trusted=trusted)
        extra = serving() if with_serve else []
        found = build_options.locked_for(source, extra, requirements, python=python, installer=installer, wheels=wheels)
        wish = EnvironmentWish(out, found, python, installer, wheels, force, trusted, not no_trial, sample)
        built = build_environment(source, wish)
    for note in built.notes:
        render.note(f"note: {note}")
    if as_json:
        render.as_json({**source.about(), "target": out, **built._asdict()})
    else:
        render.say(f"{len(built.packages)} packages for Python {found.python}: {out}")


@command.command(
    "wheel",
    cls=options.Command,
    short_help="A Python package with the model inside.",
    examples="""
    gto build wheel churn#prod -o dist
    pip install dist/churn_model-1.2.0-py3-none-any.whl
    python -c 'import churn_model; model = churn_model.load()'
    """,
)
@options.repo
@delivery_options.selector
@click.option(
    "-o", "--out", metavar="DIR", required=True, callback=options.not_empty, help="The directory it is put into"
)
@build_options.force
@delivery_options.options
@options.as_json
def wheel(repo: str, name: str, out: str, force: bool, delivery: Delivery, as_json: bool) -> None:
    """Write a wheel with the files of a version and its facts; it needs what the side-car names, and GTO.

    Its version is that of the model as PEP 440 has it: v1.2.0-rc.1 becomes 1.2.0rc1. No model is loaded, and every
    clone gives the same bytes.
    """
    from gto.serve.build.wheel import build_wheel

    with build_options.opened(repo, name, delivery) as source:
        built = build_wheel(source, out, force=force)
    for note in built.notes:
        render.note(f"note: {note}")
    if as_json:
        render.as_json({**source.about(), **built._asdict()})
    else:
        render.say(f"{built.sha256}  {built.target}")


command.add_command(build_images.docker)
command.add_command(build_images.oci)
