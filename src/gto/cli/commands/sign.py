"""`gto sign`: the files of a version signed with a key, so that who has no Git can check them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gto.cli import delivery_options, key_options, options, render, tag_options
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from gto.delivery.sign import ForeignBundle
    from gto.registry.write.transaction import WriteOptions
    from gto.signing.ec_key import PrivateKey


@click.command(
    "sign",
    cls=options.Command,
    short_help="Sign the files of a version with a key.",
    examples="""
    gto sign churn --key k.pem                the latest version
    gto sign churn@v1.2.0 --key k.pem --push
    gto sign churn#prod --bundle model.sig    keep what model-signing made
    """,
)
@options.repo
@options.argument(
    "selector",
    "NAME, NAME@latest, NAME@v1.2.3 or NAME#stage; NAME alone is the latest version",
    shell_complete=options.names,
)
@click.option("--key", metavar="FILE", help="An elliptic-curve private key in PEM: P-256, P-384 or P-521")
@click.option("--bundle", metavar="FILE", help="Keep a bundle that model-signing made, if it signs these files")
@delivery_options.trust_options
@tag_options.written(events=False, message=False)
@options.as_json
def command(
    repo: str,
    selector: str,
    key: str | None,
    bundle: str | None,
    trust_remote: bool,
    allow_local: bool,
    manner: WriteOptions,
    as_json: bool,
) -> None:
    """Sign the files of a version: a bundle of OpenSSF Model Signing, kept as a tag beside the events.

    It lists the SHA-256 of each file, and says for which version and commit. `gto verify NAME --files` and the
    model-signing tool check it. Several people may sign one version. As model-signing does it, .gitattributes,
    .gitignore, .git and .github at the top of a directory are not covered.
    """
    from gto.cli import download_progress
    from gto.delivery import get, sign
    from gto.dvc.dvc_config import RepositoryTrust

    by = _read(key, bundle)
    registry = options.open_registry(repo)
    trust = RepositoryTrust(registry.repo.is_own, trust_remote, allow_local)
    found = get.find(registry, selector, None, trust)
    with download_progress.shown(found[1].name) as progress:
        done = sign.sign(registry, found, by, manner, progress)
    if as_json:
        render.as_json(done.dict_state())
    else:
        render.lines(done.lines())
    if done.uncovered:
        render.note(f"note: not covered by the signature: {', '.join(done.uncovered)}")
    for text in done.notes:
        render.note(f"note: {text}")


def _read(key: str | None, bundle: str | None) -> PrivateKey | ForeignBundle:
    """Read what is to sign."""
    from gto.delivery.sign import ForeignBundle
    from gto.signing import ec_key

    if bundle is not None and key is None:
        return ForeignBundle(key_options.read_one(bundle, "a bundle, as in model.sig"), bundle)
    if key is None or bundle is not None:
        hint = "`openssl ecparam -genkey -name prime256v1 -noout -out k.pem` makes a key"
        raise UsageError("Either --key or --bundle says who signs", hint)
    return ec_key.read_private_key(key_options.read_one(key, "a private key in PEM"), key, _ask)


def _ask() -> bytes | None:
    """Ask for the password of a key, on a terminal."""
    if not sys.stdin.isatty():
        return None
    password: str = click.prompt("Password of the key", hide_input=True, err=True)
    return password.encode()
