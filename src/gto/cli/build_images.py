"""`gto build docker` and `gto build oci`: a version as an image, or as what an image is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from gto.cli import build_options, delivery_options, options, render
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from gto.cli.delivery_options import Delivery
    from gto.oci.artifact import Shape

_SHAPES = ("modelpack", "modelcar")


@click.command(
    "docker",
    cls=options.Command,
    short_help="A directory with a Dockerfile that serves a version.",
    examples="""
    gto build docker churn#prod -o churn-image
    docker build --tag churn:v1.2.0 churn-image
    """,
)
@options.repo
@delivery_options.selector
@build_options.directory
@click.option(
    "--base", metavar="IMAGE", callback=options.not_empty, help="The image it begins with; default: python:X.Y-slim"
)
@build_options.python
@build_options.installer
@build_options.locked
@build_options.wheels
@build_options.trusted
@build_options.force
@delivery_options.options
@options.as_json
def docker(
    repo: str,
    name: str,
    out: str,
    base: str | None,
    python: str | None,
    installer: str | None,
    requirements: str | None,
    wheels: str | None,
    trusted: bool,
    force: bool,
    delivery: Delivery,
    as_json: bool,
) -> None:
    """Write a directory of which `docker build` makes an image: the model, what it needs, and `gto serve`.

    Packages are a layer of their own, before the model, and each is held by its hashes. The container runs as nobody
    of this machine, and says when it is ready. The Python is by default the one that saved the model.
    """
    from gto.serve.build.dockerfile import DockerWish, build_docker
    from gto.serve.build.locked_requirements import serving

    with build_options.opened(repo, name, delivery) as source:
        source.check_trusted(trusted=trusted)
        wanted = python or source.facts.python or None
        found = build_options.locked_for(
            source, serving(), requirements, python=wanted, installer=installer, wheels=wheels
        )
        built = build_docker(source, DockerWish(out, found, base, wheels, force, trusted))
    if as_json:
        render.as_json({**source.about(), "target": out, **built._asdict()})
    else:
        render.say(f"{len(built.packages)} packages for Python {found.python}: {out}")


@click.command(
    "oci",
    cls=options.Command,
    short_help="An OCI image layout, for any container registry.",
    examples="""
    gto build oci churn -o churn-oci                   the latest version, as a ModelPack
    gto build oci churn#prod -o car --format modelcar  an image that KServe mounts
    gto build oci churn#prod -o image --format image   an image that serves it
    gto build oci churn -o churn-oci --push registry.example.com/models/churn:v1.2.0
    """,
)
@options.repo
@delivery_options.selector
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    required=True,
    callback=options.not_empty,
    help="The directory that is written, whole or not at all",
)
@click.option(
    "--format",
    "shape",
    type=click.Choice((*_SHAPES, "image")),
    default="modelpack",
    show_default=True,
    help="One raw layer a file, an image with the files below models/, or one that serves",
)
@click.option("--push", metavar="IMAGE", callback=options.not_empty, help="Push it by skopeo: HOST/REPOSITORY:TAG")
@click.option(
    "--base",
    metavar="DIR|FILE|IMAGE",
    callback=options.not_empty,
    help="Of an image: a layout, an archive, or a name for skopeo; default: python:X.Y-slim",
)
@build_options.python
@build_options.installer
@build_options.locked
@build_options.wheels
@build_options.trusted
@click.option("--force", is_flag=True, help="Replace the layout that is there")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="How many files to fetch at a time")
@delivery_options.options
@options.as_json
def oci(
    repo: str,
    name: str,
    out: str,
    shape: str,
    push: str | None,
    base: str | None,
    python: str | None,
    installer: str | None,
    requirements: str | None,
    wheels: str | None,
    trusted: bool,
    force: bool,
    jobs: int | None,
    delivery: Delivery,
    as_json: bool,
) -> None:
    """Write the files of a version as an OCI image layout, and print the digest of its manifest.

    `skopeo copy oci:DIR docker://HOST/REPOSITORY:TAG` pushes it, and so does --push; no daemon is needed. The files
    come from where `gto get` takes them, each checked. No model is loaded. Every clone gives the same digest, and for
    ModelPack and modelcar so does Studio. An image holds beside the model what it needs, on a base that has Python,
    and serves it.
    """
    if shape == "image":
        wish = {"python": python, "installer": installer, "wheels": wheels}
        told = _build_image(repo, name, out, (base, requirements, wish), (force, trusted), delivery)
    elif base or python or installer or requirements or wheels or trusted:
        raise UsageError("a base, packages and trust are about images that serve", "add --format image")
    else:
        told = _write_layout(repo, name, out, (cast("Shape", shape), force, jobs), delivery)
    if push is not None:
        from gto.serve.build.image import push as push_layout

        push_layout(out, str(told["tag"]), push)
        told["pushed"] = push
    if as_json:
        render.as_json(told)
    else:
        render.say(f"{told['digest']}  {out}")


def _write_layout(
    repo: str, name: str, out: str, manner: tuple[Shape, bool, int | None], delivery: Delivery
) -> dict[str, object]:
    from gto.delivery.get import about
    from gto.oci.image_layout import LayoutOptions, write_layout

    with build_options.found_version(repo, name, delivery) as found:
        layout = LayoutOptions(out, *manner, found.progress)
        written = write_layout(found.registry, found.chosen, found.located, layout)
    for note in written.notes:
        render.note(f"note: {note}")
    return {**about(found.chosen), "format": manner[0], **written.dict_state()}


def _build_image(
    repo: str,
    name: str,
    out: str,
    given: tuple[str | None, str | None, dict[str, str | None]],
    manner: tuple[bool, bool],
    delivery: Delivery,
) -> dict[str, object]:
    from gto.serve.build import base_image
    from gto.serve.build.image import ImageWish, build_image
    from gto.serve.build.locked_requirements import serving

    base, requirements, wish = given
    force, trusted = manner
    with build_options.opened(repo, name, delivery) as source:
        source.check_trusted(trusted=trusted)
        told = wish["python"] or source.facts.python
        with base_image.opened(base or f"python:{told or '3.12'}-slim") as opened:
            wish["python"] = wish["python"] or opened.python or told or None
            lock = build_options.locked_for(source, serving(), requirements, **wish)
            built = build_image(source, ImageWish(out, lock, opened, wish["wheels"], wish["installer"], force, trusted))
    return {**source.about(), "format": "image", "target": out, **built._asdict()}
