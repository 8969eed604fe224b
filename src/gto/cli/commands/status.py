"""`gto status`: what of the events a clone and a remote do not both have."""

import sys

import click

from gto.cli import options, render
from gto.output.tables import Table
from gto.registry.write import sync
from gto.registry.write.sync import State, Status

_DIFFERENCES = 3  # the exit code; 1 says that nobody knows


@click.command(
    "status",
    cls=options.Command,
    paged=True,
    short_help="Compare the events here with those on a remote.",
    examples="""
    gto status
    gto status churn --remote upstream
    gto status --exit-code     in a script: 3 if anything differs
    """,
)
@options.clone
@options.name_argument("Artifact or tag; empty for all", required=False)
@options.remote
@click.option("--exit-code", is_flag=True, help="Exit with 3 where something is not the same")
@options.as_json
@options.plain
def command(clone: str, name: str | None, remote: str, exit_code: bool, as_json: bool, plain: bool) -> None:
    """List the events and approvals that are not pushed, not fetched, or different on the remote.

    Nothing is changed. An event that was deleted on one side shows as lacking there.
    """
    options.only_one(json=as_json, plain=plain)
    found = sync.status(options.open_clone(clone), [name] if name else [], remote)
    if as_json:
        events = [line.dict_state() for line in found.lines]
        render.as_json({"remote": found.remote, "events": events, "same": found.same})
    elif found.lines:
        render.table(_table(found), plain=plain)
        _hint(found)
    else:
        render.note(f"'{found.remote}' has all events that are here, and no other: {found.same}")
    if exit_code and found.lines:
        sys.exit(_DIFFERENCES)


def _table(found: Status) -> Table:
    rows = [
        (line.state.value, line.tag.artifact, line.noun, line.tag.version, line.tag.stage, line.ref)
        for line in found.lines
    ]
    return Table(("state", "artifact", "event", "version", "stage", "ref"), tuple(rows))


def _hint(found: Status) -> None:
    commands = {State.NOT_PUSHED: "`gto push` sends", State.NOT_FETCHED: "`gto fetch` brings"}
    told = [f"{says} {len(found.refs(state))}" for state, says in commands.items() if found.refs(state)]
    if found.refs(State.DIFFERENT):
        told.append("of what differs, delete the wrong one: `git tag -d`, or `git push -d`")
    render.note(f"   {'; '.join(told)}")
