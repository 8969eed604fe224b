"""`gto rollback`: put the version that was in a stage before into it again."""

import click

from gto.cli import change_output, options, tag_options
from gto.registry.write import verbs
from gto.registry.write.transaction import WriteOptions


@click.command(
    "rollback",
    cls=options.Command,
    short_help="Put the previous version back into a stage.",
    examples="""
    gto rollback churn --stage prod
    gto rollback churn --stage prod --to v1.1.0 --push
    """,
)
@options.repo
@options.name_argument()
@click.option("--stage", required=True, help="Stage to roll back", shell_complete=options.stages)
@click.option(
    "--to",
    metavar="VERSION",
    help="The version to go back to, if it is not the one before",
    shell_complete=options.versions,
)
@tag_options.written()
@options.as_json
def command(
    repo: str,
    name: str,
    stage: str,
    to: str | None,
    manner: WriteOptions,
    as_json: bool,
) -> None:
    """Put the version that was in a stage before its present one into it again, and say which that is.

    This is an assignment like any other. Done twice it comes back to where it began: the version before is then the
    one that was rolled back.
    """
    change_output.show(verbs.rollback(options.open_registry(repo), name, stage, to, manner), as_json=as_json)
