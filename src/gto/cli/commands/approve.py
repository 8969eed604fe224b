"""`gto approve`: say, by a signed tag, that a version may go into a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.cli import options, render, tag_options

if TYPE_CHECKING:
    from gto.registry.write.transaction import WriteOptions


@click.command(
    "approve",
    cls=options.Command,
    short_help="Approve a version for a stage, by a signed tag.",
    examples="""
    gto approve churn --stage prod                the latest version
    gto approve churn@v1.2.0 --stage prod --push
    gto approve churn#staging --stage prod        the version that is in staging
    """,
)
@options.repo
@options.argument(
    "selector",
    "NAME, NAME@latest, NAME@v1.2.3 or NAME#stage; NAME alone is the latest version",
    shell_complete=options.names,
)
@click.option("--stage", required=True, help="The stage that the version may go into", shell_complete=options.stages)
@tag_options.written(events=False)
@options.as_json
def command(repo: str, selector: str, stage: str, manner: WriteOptions, as_json: bool) -> None:
    """Approve a version for a stage; where a policy asks for approvals, `gto assign` is refused without them.

    An approval is an annotated tag beside the events, on the version's commit, and always signed: with the key that
    git's configuration names. Who assigns the stage later cannot count as an approver of it.
    """
    from gto.registry.write import approve

    done = approve.approve(options.open_registry(repo), selector, stage, manner)
    if as_json:
        render.as_json(done.dict_state())
    else:
        render.lines(done.lines())
    for text in done.notes:
        render.note(f"note: {text}")
