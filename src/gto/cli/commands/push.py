"""`gto push`: the events that a remote lacks are sent to it."""

from collections.abc import Sequence

import click

from gto.cli import options, render
from gto.registry.write import sync
from gto.registry.write.publish import TAGS_PER_PUSH


@click.command(
    "push",
    cls=options.Command,
    short_help="Push the events that a remote lacks.",
    examples="""
    gto push
    gto push churn
    gto push churn@v1.0.0 'churn#prod#3'
    gto push --tags-per-push 0     all in one; forges then send no webhook events
    """,
)
@options.clone
@options.argument(
    "names", "Artifacts and tags; empty for all", nargs=-1, metavar="NAME|TAG...", shell_complete=options.names
)
@options.remote
@click.option(
    "--tags-per-push",
    type=click.IntRange(min=0),
    default=TAGS_PER_PUSH,
    show_default=True,
    help="Send so many tags at a time, 0 for all (2000 at most): forges send no webhook events for more than three",
)
@options.as_json
def command(clone: str, names: tuple[str, ...], remote: str, tags_per_push: int, as_json: bool) -> None:
    """Push the tags of events and approvals that the remote lacks, and no other tag and no branch.

    The oldest go first, and each push is all or nothing. A tag that differs on the remote stops the command before
    anything is pushed.
    """

    def tell(refs: Sequence[str]) -> None:
        if not as_json:
            render.lines(f"Pushed git tag '{ref}'" for ref in refs)

    pushed = sync.push(options.open_clone(clone), names, remote, per_push=tags_per_push, tell=tell)
    if as_json:
        render.as_json({"remote": pushed.remote, "pushed": list(pushed.refs)})
    elif not pushed.refs:
        render.note(f"'{pushed.remote}' lacks no event")
    for text in pushed.notes:
        render.note(f"note: {text}")
