"""`gto fetch`: the events that are lacking here are brought from a remote."""

import click

from gto.cli import options, render
from gto.exceptions import TagsDiffer
from gto.registry.write import sync


@click.command(
    "fetch",
    cls=options.Command,
    short_help="Fetch the events that are lacking here.",
    examples="""
    gto fetch
    gto fetch churn segment
    """,
)
@options.clone
@options.argument(
    "names", "Artifacts and tags; empty for all", nargs=-1, metavar="NAME|TAG...", shell_complete=options.names
)
@options.remote
@options.as_json
def command(clone: str, names: tuple[str, ...], remote: str, as_json: bool) -> None:
    """Fetch the tags of events and approvals that are lacking here, and no other tag and no branch.

    A tag that is here is never overwritten and never deleted: where one differs on the remote, the others are fetched
    and the exit code is 1. A shallow clone stays shallow.
    """
    fetched = sync.fetch(options.open_clone(clone), names, remote)
    if as_json:
        different = list(fetched.different)
        render.as_json({"remote": fetched.remote, "fetched": list(fetched.refs), "different": different})
    else:
        render.lines(f"Fetched git tag '{ref}'" for ref in fetched.refs)
        if not fetched.refs and not fetched.different:
            render.note(f"every event of '{fetched.remote}' is here")
    if fetched.different:
        raise TagsDiffer(fetched.different, fetched.remote)
