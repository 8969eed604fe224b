"""`gto verify`: what the signatures of tags are worth, or those of the files of a version."""

import sys

import click

from gto.cli import delivery_options, key_options, options, render
from gto.exceptions import UsageError
from gto.output.tables import Table


@click.command(
    "verify",
    cls=options.Command,
    short_help="Check the signatures of tags, or of files.",
    examples="""
    gto verify                        all events and approvals
    gto verify churn churn#prod#3     those of an artifact, and a tag
    gto verify churn@v1.2.0 --files --public-key k.pub
    gto verify -r https://git.example.com/team/models --allowed-signers team-keys
    """,
)
@options.repo
@options.argument(
    "words", "Artifacts and tags; none for all", nargs=-1, metavar="NAME|TAG...", shell_complete=options.names
)
@click.option("--all", "every", is_flag=True, help="All events and approvals, as without a name")
@click.option("--files", is_flag=True, help="Check the signatures of the files of a version, named by a selector")
@key_options.public_keys
@delivery_options.trust_options
@options.allowed_signers
@options.as_json
@options.plain
def command(
    repo: str,
    words: tuple[str, ...],
    every: bool,
    files: bool,
    public_keys: tuple[str, ...],
    trust_remote: bool,
    allow_local: bool,
    allowed_signers: str | None,
    as_json: bool,
    plain: bool,
) -> None:
    """Check who signed the tags, and whether that is who the tags say.

    The exit code is 1 if a signature is not good. Of a repository that --repo names by a URL only your own
    configuration, or --allowed-signers, says whose keys count.

    With --files all files of a version are read, and held against the bundles of `gto sign`: these bytes have the
    SHA-256 that a trusted key signed. Whose keys count is said by --public-key, else by the policy, else by git's
    setting gto.publicKeys. The exit code is 1 if no trusted key signed just these files.
    """
    options.only_one(json=as_json, plain=plain)
    if files:
        if len(words) != 1 or every or allowed_signers is not None:
            raise UsageError("--files is about one version", "name it, as in `gto verify churn@v1.2.0 --files`")
        _verify_files(repo, words[0], public_keys, (trust_remote, allow_local), as_json=as_json, plain=plain)
        return
    if public_keys or trust_remote or allow_local:
        raise UsageError("--public-key, --trust-remote and --allow-local are about files", "add --files")
    _verify_tags(repo, words, allowed_signers, every=every, as_json=as_json, plain=plain)


def _verify_tags(
    repo: str, words: tuple[str, ...], allowed_signers: str | None, *, every: bool, as_json: bool, plain: bool
) -> None:
    from gto.registry import signatures, verify

    if words and every:
        raise UsageError("Name tags, or use --all", f"leave out --all, or '{words[0]}'")
    registry = options.open_registry(repo)
    trusted = signatures.whom_to_trust(registry, options.read_signers(allowed_signers))
    for line in trusted.bad_lines():
        render.note(f"note: allowed signers, {line}")
    found = verify.verify(registry, words, trusted)
    good = sum(one.signature.is_good for one in found)
    if as_json:
        render.as_json({"tags": [one.dict_state() for one in found], "good": good})
    else:
        rows = [(one.ref, one.signature.trust.value, one.signature.signer, one.signature.reason) for one in found]
        render.table(Table(("tag", "signature", "signer", "reason"), tuple(rows)), plain=plain)
    if found:
        render.note(verify.sum_up(found))
    if good < len(found):
        sys.exit(1)


def _verify_files(
    repo: str, selector: str, public_keys: tuple[str, ...], trusts: tuple[bool, bool], *, as_json: bool, plain: bool
) -> None:
    from gto.cli import download_progress
    from gto.delivery import get, signed_files
    from gto.dvc.dvc_config import RepositoryTrust
    from gto.registry import files_signers

    given = key_options.read(public_keys)
    registry = options.open_registry(repo)
    keys = files_signers.whose_keys(registry, given)
    chosen, located = get.find(registry, selector, None, RepositoryTrust(registry.repo.is_own, *trusts))
    with download_progress.shown(located.name) as progress:
        found = signed_files.verify_files(registry, chosen, located, keys, progress)
    if as_json:
        render.as_json(found.dict_state())
    else:
        rows = [
            (one.tag.ref, one.trust.value, one.owner or one.key[:16] or None, one.tag.author_email, one.reason or None)
            for one in found.signatures
        ]
        render.table(Table(("tag", "signature", "key", "tagger", "reason"), tuple(rows)), plain=plain)
    render.note(found.sum_up())
    if found.uncovered:
        render.note(f"note: not covered by the signature: {', '.join(found.uncovered)}")
    if not found.good:
        sys.exit(1)
