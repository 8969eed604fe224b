"""`gto verify`: what the signatures of tags are worth."""

import sys

import click

from gto.cli import options, render
from gto.exceptions import UsageError
from gto.output.tables import Table


@click.command(
    "verify",
    cls=options.Command,
    short_help="Check the signatures of tags.",
    examples="""
    gto verify                        all events and approvals
    gto verify churn churn#prod#3     those of an artifact, and a tag
    gto verify -r https://git.example.com/team/models --allowed-signers team-keys
    """,
)
@options.repo
@options.argument(
    "words", "Artifacts and tags; none for all", nargs=-1, metavar="NAME|TAG...", shell_complete=options.names
)
@click.option("--all", "every", is_flag=True, help="All events and approvals, as without a name")
@options.allowed_signers
@options.as_json
@options.plain
def command(
    repo: str, words: tuple[str, ...], every: bool, allowed_signers: str | None, as_json: bool, plain: bool
) -> None:
    """Check who signed the tags, and whether that is who the tags say.

    The exit code is 1 if a signature is not good. Of a repository that --repo names by a URL only your own
    configuration, or --allowed-signers, says whose keys count.
    """
    from gto.registry import signatures, verify

    options.only_one(json=as_json, plain=plain)
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
