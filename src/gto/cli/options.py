"""Arguments and options that several commands share."""

from __future__ import annotations

import os
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gto.exceptions import ExclusiveOptions, GTOException, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gto.git.session import Session
    from gto.registry.registry import Registry

_LARGEST = 1 << 20  # bytes of a file of allowed signers that are read
Function = TypeVar("Function", bound="Callable[..., Any]")


class HelpSection(Enum):
    """Where a command stands in the help."""

    READ = "Read the registry"
    DELIVER = "Deliver files"
    WRITE = "Modify artifacts"
    SHARE = "Share events with a remote"
    TRUST = "Prove and protect"
    DOWNSTREAM = "Act on events"
    CATALOGUE = "Several repositories"
    OTHER = "Other"
    HIDDEN = ""


def sections(commands: Mapping[HelpSection, Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the heading and the commands of each section that is shown."""
    for section, names in commands.items():
        if section is not HelpSection.HIDDEN:
            yield section.value, names


class Argument(click.Argument):
    """An argument with a help text."""

    def __init__(self, *args: Any, help: str = "", **kwargs: Any) -> None:  # noqa: A002, ANN401  click's words
        super().__init__(*args, **kwargs)
        self.about = help  # click before 8.3 has no help for arguments, and later ones another heading

    @property
    def spelling(self) -> str:
        """How the help writes it; click's make_metavar() takes other parameters before 8.2."""
        word = self.metavar or (self.name or "").upper()
        if isinstance(self.type, click.Choice):
            word = f"{{{'|'.join(self.type.choices)}}}"
        return word if self.required or word.startswith("[") else f"[{word}]"


class Command(click.Command):
    """A command that lists its arguments, shows examples, and takes --traceback and -v anywhere."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  click's words
        examples: str = "",
        paged: bool = False,
        offline_help: str = "With a URL: read what was fetched before, and reach no network",
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        if any(param.name == "repo" for param in self.params):
            flag = ["--offline"]
            offline = click.Option(flag, is_flag=True, expose_value=False, callback=_offline, help=offline_help)
            self.params.insert([param.name for param in self.params].index("repo") + 1, offline)
        self.paged = paged
        if paged:
            words = "On a terminal: show what is longer than the screen without a pager"
            self.params.append(
                click.Option(["--no-pager"], is_flag=True, expose_value=False, callback=_pager, help=words)
            )
        self.params += [
            click.Option(["--verbose", "-v"], is_flag=True, expose_value=False, hidden=True, callback=_verbose),
            click.Option(["--traceback", "--tb"], is_flag=True, expose_value=False, hidden=True, callback=_traceback),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; where one is missing or too much, show an example of the right form."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if type(error) not in {click.UsageError, click.MissingParameter} or not self.examples:
                raise
            example = self.examples.strip().splitlines()[0].strip().partition("  ")[0]
            raise click.UsageError(f"{error.format_message()}\n   for example: {example}", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  click's signature
        """Do the command; where a name is not known, the hint of the error says which is like it."""
        try:
            if self.paged and _seen["pager"] and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
                from gto.cli import pager

                with pager.paged():
                    return super().invoke(ctx)
            return super().invoke(ctx)
        except GTOException as error:
            from gto.cli import hints

            hints.improve(error, ctx)
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write arguments, options, examples."""
        rows = [(p.spelling, p.about) for p in self.params if isinstance(p, Argument)]
        if rows:
            with formatter.section("Arguments"):
                formatter.write_dl(rows)
        super().format_options(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"  {line.strip()}\n")


class CommandGroup(Command, click.Group):
    """A command that has commands of its own, and does something by itself without one."""


_seen = {"traceback": False, "offline": False, "pager": True}


def _pager(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    _seen["pager"] = not value


def _offline(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    _seen["offline"] = value


def is_offline() -> bool:
    """Tell whether --offline was given."""
    return _seen["offline"]


def _verbose(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from gto.cli import render

        render.be_verbose()


def _traceback(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    _seen["traceback"] = _seen["traceback"] or value or bool(ctx.find_root().params.get("traceback"))


def wants_traceback() -> bool:
    """Tell whether --traceback was given anywhere."""
    return _seen["traceback"] or bool({"--traceback", "--tb"} & set(sys.argv[1:]))


def argument(name: str, help: str, **attributes: Any) -> Callable[[Function], Function]:  # noqa: A002, ANN401
    """Declare an argument with a help text."""
    return click.argument(name, cls=Argument, help=help, **attributes)


def completing(kind: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what tells a shell the words of a kind, `names`, `stages` or `versions`, for `shell_complete`."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        from gto.cli import complete as completion

        return completion.find(kind, ctx, incomplete)

    return complete


names = completing("names")
stages = completing("stages")
versions = completing("versions")


def name_argument(help: str = "Artifact name", *, required: bool = True) -> Callable[[Function], Function]:  # noqa: A002
    """Declare NAME; a shell completes it."""
    return argument("name", help, required=required, shell_complete=names)


repo = click.option("-r", "--repo", default=".", show_default=True, help="Path or URL of the repository")
clone = click.option("-r", "--repo", "clone", default=".", show_default=True, help="Path of the repository")
remote = click.option("--remote", default="origin", show_default=True, help="Name or address of the remote")
branch = click.option("-b", "--branch", help="With a URL: the branch whose annotations count, instead of its HEAD")
target_branch = click.option(
    "-b", "--branch", help="The branch to commit to, which stays as it is on disk; default: the one in hand"
)
new_branch = click.option("--new-branch", metavar="NAME", help="Commit to a new branch, made from the one in hand")
as_json = click.option("--json", "as_json", is_flag=True, help="Print output in json format")
plain = click.option("--plain", is_flag=True, help="Print table in grep-able format")
limit = click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="Show N at most")
allowed_signers = click.option(
    "--allowed-signers",
    metavar="FILE",
    help="Whose keys count: a file as ssh-keygen(1) describes it, in the place of the policy's or of git's",
)


def read_signers(path: str | None) -> bytes | None:
    """Return what the file of --allowed-signers holds; None where it was not given."""
    if path is None:
        return None
    from gto.exceptions import WrongArgs

    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise WrongArgs(f"Cannot read '{path}': {error.strerror}", "name a file of allowed signers") from error


def refuse_limit(limit: int | None) -> None:
    """Refuse --limit where several repositories are read."""
    if limit is not None:
        raise UsageError("--limit is for one repository", "leave it or --all out")


def not_empty(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty name of a file."""
    if value == "":
        raise click.BadParameter("an empty name is no file")
    return value


def read_lines() -> Iterator[str]:
    """Yield the lines of stdin; bytes that are no UTF-8, which a ref may hold, come as surrogates."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "surrogateescape")


def only_one(**flags: bool) -> None:
    """Refuse more than one output flag."""
    given = [f"--{name.replace('_', '-')}" for name, value in flags.items() if value]
    if len(given) > 1:
        hint = f"{', '.join(given)} exclude each other"
        raise ExclusiveOptions("Only one output format allowed", hint)


def open_registry(repo: str, rev: str = "HEAD", session: Session | None = None) -> Registry:
    """Open the repository that --repo names, a path or a URL; who opens it again and again hands a session in."""
    from gto.registry.registry import Registry

    if "://" in repo or ":" in repo:
        from gto.cli import render

        render.show_progress()
    return Registry.open(repo, rev, offline=_seen["offline"], session=session)


def open_clone(path: str) -> Registry:
    """Open the clone that --repo names, and show how far git is with its remote."""
    from gto.cli import render
    from gto.registry.write import sync

    render.show_progress()
    return sync.open_clone(path)
