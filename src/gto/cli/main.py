"""The command `gto`: finds the command that is asked for, imports only that, and turns errors into exit codes."""

import gc
import io
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

import click

from gto.cli import render
from gto.cli.options import HelpSection, sections, wants_traceback
from gto.exceptions import GTOException
from gto.version import __version__

_COMMANDS = {
    HelpSection.READ: (
        "show",
        "history",
        "search",
        "stages",
        "check-ref",
        "describe",
        "diff",
        "plots",
        "inspect",
        "tags",
        "doctor",
    ),
    HelpSection.DELIVER: ("get", "ls", "url", "build", "apply", "serve", "deploy"),
    HelpSection.WRITE: ("register", "assign", "deprecate", "rollback", "annotate", "remove"),
    HelpSection.SHARE: ("status", "push", "fetch"),
    HelpSection.TRUST: ("sign", "verify", "policy", "approve", "reviews", "check", "hook"),
    HelpSection.DOWNSTREAM: ("ci", "watch", "export", "import"),
    HelpSection.CATALOGUE: ("repos", "studio"),
    HelpSection.OTHER: ("cache", "completion"),
    HelpSection.HIDDEN: ("parse-tag", "print-state", "latest", "which"),
}
_ALIASES = {"promote": "assign"}
_FILES = {"import": "import_"}  # a word of Python's cannot be the name of a module


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the commands in the order of the help."""
        return [name for names in _COMMANDS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the file of a command."""
        name = _ALIASES.get(cmd_name, cmd_name)
        if name not in self.list_commands(ctx):
            return None
        command = import_module(f"gto.cli.commands.{_FILES.get(name, name.replace('-', '_'))}").command
        assert isinstance(command, click.Command)  # noqa: S101  each file ends with one
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names; where there is none, say which is like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from gto.core.nearness import did_you_mean

            question = did_you_mean(args[0], [*self.list_commands(ctx), *_ALIASES])
            raise click.UsageError(f"{error.message} {question.capitalize()}".strip(), ctx) from error

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:  # noqa: ANN401  click's words
        """Run as click does; standing alone, end as `gto` does: with its own lines on stderr, and its exit codes."""
        call = partial(super().main, *args, standalone_mode=False, **extra)
        if not standalone_mode:
            return call()
        sys.exit(_flushed(_run(call)))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section."""
        aliases = {target: f"{target} ({alias})" for alias, target in _ALIASES.items()}
        for section, names in sections(_COMMANDS):
            found = [(aliases.get(name, name), self.get_command(ctx, name)) for name in names]
            limit = formatter.width - 6 - max(len(name) for name, _ in found)
            rows = [(name, command.get_short_help_str(limit)) for name, command in found if command]
            with formatter.section(section):
                formatter.write_dl(rows)


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        render.say(f"{render.emoji('🪴 ')} GTO Version: {__version__}")
        ctx.exit()


@click.group(
    name="gto",
    cls=LazyGroup,
    invoke_without_command=True,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show version and exit",
)
@click.option("--verbose", "-v", is_flag=True, help="Print what git is asked, on stderr")
@click.option("--traceback", "--tb", is_flag=True, help="Show where an error comes from")
@click.pass_context
def app(ctx: click.Context, verbose: bool, traceback: bool) -> None:
    """Git Tag Ops: a registry of models and other artifacts in a Git repository.

    Annotated tags are the events: a version is registered, a stage assigned, either taken back, an artifact
    deprecated. Everything else is read from them.
    """
    ctx.meta["gto.traceback"] = traceback
    if verbose:
        render.be_verbose()


def run(args: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    gc.disable()  # the process ends before cycles could matter; collecting costs a third of a large `show`
    render.prepare_streams()
    code = _flushed(_run(partial(app.main, args, prog_name="gto", standalone_mode=False)))
    # Python would now take every object apart, which costs a tenth of a large `show`; the system does it at once.
    os._exit(code)


def _run(call: Callable[[], Any]) -> int:
    try:
        code: Any = call()
        sys.stdout.flush()
    except (SystemExit, click.exceptions.Exit) as end:
        code = end.code if isinstance(end, SystemExit) else end.exit_code
    except click.Abort:
        render.complain("interrupted")
        return 130
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        render.note(shown.getvalue().rstrip())
        return error.exit_code
    except GTOException as error:
        _trace_if_wanted()
        render.complain(error.message, error.hint)
        return error.exit_code
    except BrokenPipeError:  # the reader of a pipe has seen enough
        return 1
    except OSError as error:  # a full disk, a directory that cannot be read
        _trace_if_wanted()
        render.complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return 1
    return code if isinstance(code, int) else 0


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        return 1
    except OSError as error:
        render.complain(f"{error.strerror or error}")
        return 1
    return code


def _trace_if_wanted() -> None:
    """Print where the error that is being handled comes from, where --traceback asks for it; secrets are masked."""
    if wants_traceback():
        from traceback import format_exc

        from gto.git.command import masked

        render.note(masked(format_exc()).rstrip())
