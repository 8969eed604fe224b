"""`gto reviews`: what waits for approval."""

import click

from gto.cli import options, render
from gto.output.tables import Table
from gto.registry.reviews import Review, Reviews


@click.command(
    "reviews",
    cls=options.Command,
    paged=True,
    short_help="List the versions that wait for approval.",
    examples="""
    gto reviews
    gto reviews churn --json
    """,
)
@options.repo
@options.name_argument("Artifact name; empty for all", required=False)
@options.allowed_signers
@options.as_json
@options.plain
def command(repo: str, name: str | None, allowed_signers: str | None, as_json: bool, plain: bool) -> None:
    """List the versions that a rule of the policy lets into a stage only with approvals, and that are not in it.

    Of each artifact these are the latest version, and others that have approvals. The policy is that of the remote's
    default branch; without a remote that of the work tree.
    """
    from gto.registry import reviews

    options.only_one(json=as_json, plain=plain)
    signers = options.read_signers(allowed_signers)
    found = reviews.reviews(options.open_registry(repo), name or None, signers)
    if as_json:
        render.as_json(found.dict_state())
    elif found.lines:
        render.table(_table(found), plain=plain)
        _note(found)
    else:
        render.note(f"note: nothing waits for approval (policy of {found.where})")


def _table(found: Reviews) -> Table:
    rows = [
        (one.artifact, one.version, one.stage, f"{one.tally.given} of {one.tally.needed}", one.tally.rule, _by(one))
        for one in found.lines
    ]
    return Table(("artifact", "version", "stage", "approvals", "rule", "by"), tuple(rows))


def _by(one: Review) -> str | None:
    return ", ".join(approval.author_email for approval in one.tally.counted) or None


def _note(found: Reviews) -> None:
    """Say which approvals do not count, and what to type next."""
    for one in found.lines:
        for approval, reason in one.tally.doubtful:
            render.note(f"note: '{approval.ref}' does not count for rule '{one.tally.rule}': {reason}")
    first = next((one for one in found.lines if not one.tally.is_enough), None)
    if first is not None:
        render.note(f"   `gto approve {first.artifact}@{first.version} --stage {first.stage} --push` approves")
    ready = next((one for one in found.lines if one.tally.is_enough), None)
    if ready is not None:
        render.note(f"   `gto assign {ready.artifact} --version {ready.version} --stage {ready.stage} --push` promotes")
