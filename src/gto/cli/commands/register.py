"""`gto register`: register a version."""

import click

from gto.cli import change_output, options, tag_options
from gto.core.semver import Bump
from gto.exceptions import UsageError
from gto.registry.write import verbs
from gto.registry.write.transaction import WriteOptions
from gto.registry.write.uncommitted import note_uncommitted


@click.command(
    "register",
    cls=options.Command,
    short_help="Register a version of an artifact.",
    examples="""
    gto register churn                       the next version, at HEAD
    gto register churn 1a2b3c4 --bump-minor  a minor version, at another commit
    gto register churn --version v2.0.0 --push
    """,
)
@options.repo
@options.name_argument()
@options.argument("ref", "Git reference to use for registration", default="HEAD")
@click.option("--version", "--ver", help="Version name in SemVer format")
@click.option("--bump-major", is_flag=True, help="Bump major version")
@click.option("--bump-minor", is_flag=True, help="Bump minor version")
@click.option("--bump-patch", is_flag=True, help="Bump patch version")
@click.option(
    "--allow-second-version",
    is_flag=True,
    help="Allow another version on a commit whose version was deregistered; GTO 1.10 then fails on the repository",
)
@tag_options.written()
@options.as_json
def command(
    repo: str,
    name: str,
    ref: str,
    version: str | None,
    bump_major: bool,
    bump_minor: bool,
    bump_patch: bool,
    allow_second_version: bool,
    manner: WriteOptions,
    as_json: bool,
) -> None:
    """Create an artifact version to signify an important, published or released iteration.

    Without a version the highest registered one is bumped (its patch part, if no other bump is asked for); the first
    version is v0.0.1.
    """
    registry = options.open_registry(repo, ref or "HEAD")
    bump = one_bump(major=bump_major, minor=bump_minor, patch=bump_patch, version=bool(version))
    done = verbs.register(registry, name, version or None, bump, manner, allow_second_version=allow_second_version)
    change_output.show(done._replace(notes=(*done.notes, *note_uncommitted(registry, name))), as_json=as_json)


def one_bump(*, major: bool, minor: bool, patch: bool, version: bool) -> Bump | None:
    """Return the bump that was asked for; refuse more than one wish."""
    bumps = [bump for bump, asked in zip(Bump, (major, minor, patch), strict=True) if asked]
    if len(bumps) + version > 1:
        raise UsageError("Need to specify either version or single bump argument", "leave the others out")
    return bumps[0] if bumps else None
