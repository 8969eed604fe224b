"""`gto deprecate`: retire an artifact, take a version back, or take a stage off a version."""

import click

from gto.cli import change_output, options, tag_options
from gto.core import semver
from gto.core.plan import TakeBack
from gto.exceptions import UsageError
from gto.registry.write import verbs
from gto.registry.write.transaction import WriteOptions


@click.command(
    "deprecate",
    cls=options.Command,
    short_help="Deprecate artifact, deregister a version, or unassign a stage.",
    examples="""
    gto deprecate churn                   retire the artifact
    gto deprecate churn v1.2.0            deregister a version
    gto deprecate churn v1.2.0 prod       take the version out of a stage
    gto deprecate churn prod --ref HEAD   the same for a commit that has no version
    gto deprecate churn v1.2.0 -d         delete the version's tags instead
    """,
)
@options.repo
@options.name_argument()
@options.argument("version", "Artifact version", required=False, shell_complete=options.versions)
@options.argument("stage", "Stage to unassign", required=False, shell_complete=options.stages)
@click.option("--ref", help="Git reference to use")
@click.option("-d", "--delete", is_flag=True, help="Delete the git tag(s) instead of creating the new one")
@tag_options.written()
@options.as_json
def command(
    repo: str,
    name: str,
    version: str | None,
    stage: str | None,
    ref: str | None,
    delete: bool,
    manner: WriteOptions,
    as_json: bool,
) -> None:
    """Deprecate artifact, deregister a version, or unassign a stage.

    Each is an event of its own, so that history keeps what was; --delete removes the tags, and with them the memory.
    """
    if version == "":
        raise UsageError("An empty VERSION names nothing", "leave it out, or name a version")
    registry = options.open_registry(repo, ref or "HEAD")
    commit = registry.commit() if ref else None
    if version and not stage and ref and semver.parse(version) is None:
        done = verbs.unassign(registry, name, version, TakeBack(None, commit, delete), manner)
    elif stage:
        done = verbs.unassign(registry, name, stage, TakeBack(version or "", None, delete), manner)
    elif version:
        done = verbs.deregister(registry, name, TakeBack(version, None, delete), manner)
    else:
        done = verbs.deprecate(registry, name, commit, manner, delete=delete)
    change_output.show(done, as_json=as_json)
