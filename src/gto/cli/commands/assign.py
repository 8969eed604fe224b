"""`gto assign`: put a stage on a version."""

import click

from gto.cli import change_output, options, tag_options
from gto.core.plan import Assignment
from gto.registry.write import verbs
from gto.registry.write.transaction import WriteOptions


@click.command(
    "assign",
    cls=options.Command,
    short_help="Assign stage to specific artifact version.",
    examples="""
    gto assign churn --version v1.2.0 --stage prod    a version that is registered
    gto assign churn --stage dev                      HEAD; it is registered first if it has no version
    gto assign churn 1a2b3c4 --version v2.0.0 --stage dev
    """,
)
@options.repo
@options.name_argument()
@options.argument("ref", "Git reference to use", required=False)
@click.option(
    "--version",
    help="The version to assign to; with REF, the version to register there",
    shell_complete=options.versions,
)
@click.option("--stage", required=True, help="Stage to assign", shell_complete=options.stages)
@click.option(
    "--sr",
    "--skip-registration",
    "skip_registration",
    is_flag=True,
    help="Don't register a version at specified commit",
)
@tag_options.written()
@options.as_json
def command(
    repo: str,
    name: str,
    ref: str | None,
    version: str | None,
    stage: str,
    skip_registration: bool,
    manner: WriteOptions,
    as_json: bool,
) -> None:
    """Assign stage to specific artifact version.

    Without REF, --version names a registered version. With REF, or with neither (REF is then HEAD), a commit without
    a version is registered first, as --version if that is given. Registration and assignment are written, and
    pushed, together.
    """
    registry = options.open_registry(repo, "HEAD" if ref is None else ref)
    wish = Assignment(
        stage,
        version=version if ref is None else None,
        commit=None if version is not None and ref is None else registry.commit(),
        name_version=(version or None) if ref is not None else None,
        skip_registration=skip_registration,
    )
    change_output.show(verbs.assign(registry, name, wish, manner), as_json=as_json)
