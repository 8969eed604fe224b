"""What the commands that read all repositories of a catalogue have in common: options, progress, what failed."""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from gto.cli import options, render
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gto.catalog.parallel import Way
    from gto.catalog.repositories import Failure, Search

_SECONDS = 60  # as parallel.SECONDS, which is imported where a catalogue is read

file = click.option(
    "--catalog",
    "catalog",
    metavar="FILE",
    help="The file that lists the repositories; default: gto/repos.yaml in the user's directory of configuration",
)
timeout = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="With a catalogue: the longest that one repository may take",
)
groups = click.option(
    "--group",
    "groups",
    metavar="GROUP",
    multiple=True,
    help="With a catalogue: only the repositories of this group (repeatable)",
)


class Across(NamedTuple):
    """Whether a command reads a catalogue, which, and what of it."""

    wanted: bool
    catalog: str | None
    groups: tuple[str, ...]
    seconds: float

    def search(self, repo: str = ".") -> Search:
        """Read the catalogue's file and find its repositories; `repo` is what --repo says."""
        from gto.catalog.file import find_all

        if repo != ".":
            raise UsageError("--repo names one repository, --all means those of the catalogue", "leave one of them out")
        return find_all(self.catalog, self.groups)

    def way(self) -> Way:
        """Say how the repositories are read: within the limit, with a bar on a terminal."""
        from gto.catalog.parallel import Way
        from gto.cli.download_progress import Bar
        from gto.git.session import Session

        return Way(self.seconds, options.is_offline(), Bar("repositories"), Session())


def catalogue(function: options.Function) -> options.Function:
    """Declare --all, --catalog, --group and --timeout; the command gets them as one value, `across`."""

    @wraps(function)
    def call(
        *args: Any,  # noqa: ANN401  whatever the command takes
        all_: bool,
        catalog: str | None,
        groups: tuple[str, ...],
        timeout: float,
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        wanted = all_ or catalog is not None
        if not wanted and (groups or timeout != _SECONDS):
            raise UsageError(f"{'--group' if groups else '--timeout'} is for a catalogue", "add --all")
        return function(*args, across=Across(wanted, catalog, groups, timeout), **kwargs)

    wish = click.option("--all", "all_", is_flag=True, help="All repositories of the catalogue: see `gto repos`")
    return cast("options.Function", wish(file(groups(timeout(call)))))  # click's decorators return what they are given


def end(failures: Iterable[Failure], *, code: int = 0) -> None:
    """Say which repositories could not be read, a line and a hint each, and exit with 1 if there are any."""
    failed = False
    for one in failures:
        render.complain(f"{one.repo}: {one.error}", one.hint)
        failed = True
    if failed or code:
        sys.exit(1)
