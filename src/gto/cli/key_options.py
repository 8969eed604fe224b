"""The option --public-key: by which keys files may be signed."""

from __future__ import annotations

import click

from gto.exceptions import WrongArgs

public_keys = click.option(
    "--public-key",
    "public_keys",
    metavar="FILE",
    multiple=True,
    help="Whose signatures of files count: public keys in PEM, in the place of the policy's or of git's; repeatable",
)


def read(paths: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """Return path and content of each file."""
    return [(path, read_one(path, "a file of public keys in PEM")) for path in paths]


def read_one(path: str, what: str) -> bytes:
    """Return what a file holds; WrongArgs says to name `what` where it cannot be read."""
    from gto.signing.model_bundle import LARGEST

    try:
        with open(path, "rb") as file:  # a pipe too, in which a vault hands a key out
            return file.read(LARGEST + 1)
    except OSError as error:
        raise WrongArgs(f"Cannot read '{path}': {error.strerror}", f"name {what}") from error
