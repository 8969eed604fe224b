"""Options of the commands of a team's Studio, which environment variables set, too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gto.exceptions import GTOException, UsageError
from gto.studio.team.serve_options import DEFAULTS, ServeOptions

if TYPE_CHECKING:
    from gto.studio.team.team import Team

Function = TypeVar("Function", bound=Callable[..., Any])

_PREFIX = "GTO_STUDIO_"
_LARGEST = 1 << 20  # bytes of a file of options


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Import what an extra brings; UsageError names what is lacking."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        raise UsageError(f"Studio needs '{name}'", f"pip install 'gto[{extra}]'") from error


def setting(*names: str, **attributes: Any) -> Callable[[Function], Function]:  # noqa: ANN401  click's words
    """Declare an option that an environment variable sets, too: GTO_STUDIO_ and its name.

    Its parameter is a field of what read_options() returns, and has that field's default.
    """
    word = names[0].lstrip("-").replace("-", "_")
    default = DEFAULTS.get(next((one for one in names if not one.startswith("-")), word)) or None
    shown: dict[str, Any] = {} if default is None else {"default": default, "show_default": True}
    return click.option(*names, envvar=_PREFIX + word.upper(), show_envvar=True, **shown, **attributes)


def _read_config(ctx: click.Context, _param: click.Parameter, path: str | None) -> None:
    """Take from a file what neither a flag nor a variable says; it may hold the options of all commands."""
    if path is None:
        return
    from gto.core.nearness import did_you_mean
    from gto.exceptions import WrongConfig
    from gto.yamldoc.document import kind, load

    with open(path, "rb") as file:
        document = load(file.read(_LARGEST), path)
    if not isinstance(document.value, dict):
        raise WrongConfig(path, f"options and their values were expected, not {kind(document.value)}")
    known, own = _settings_below(_studio_of(ctx)), _settings(ctx.command)
    found: dict[str, object] = {}
    for key, value in document.value.items():
        word = str(key).replace("_", "-")
        if word not in known:
            guess = did_you_mean(word, known)
            raise WrongConfig(path, f"unknown option '{key}'", document.line(key), guess or "as on the command line")
        if word in own:
            found[own[word]] = value
    ctx.default_map = found


def _studio_of(ctx: click.Context) -> click.Command:
    """Return `gto studio`, of which a command is one."""
    while ctx.parent is not None and ctx.command.name != "studio":
        ctx = ctx.parent
    return ctx.command


def _settings_below(command: click.Command) -> set[str]:
    """Return the names of all options that variables set, of a command and those below it."""
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return {*_settings(command), *(name for one in below for name in _settings_below(one))}


def _settings(command: click.Command) -> dict[str, str]:
    """Return the parameters of a command that variables set, by the names of their options."""
    set_ = (one for one in command.params if str(one.envvar).startswith(_PREFIX) and one.name != "config")
    return {flag.lstrip("-"): str(one.name) for one in set_ for flag in one.opts}


config_file = click.option(
    "--config",
    envvar=f"{_PREFIX}CONFIG",
    show_envvar=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    is_eager=True,
    expose_value=False,
    callback=_read_config,
    help="A YAML file of options, named as here without the dashes; flags and variables count before it",
)
catalog = setting("--catalog", metavar="FILE", help="The file that lists the repositories; default: the user's own")
groups = setting(
    "--group", "groups", metavar="GROUP", multiple=True, help="Only the repositories of this group (repeatable)"
)
timeout = setting(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="The longest that one repository may take",
)
no_passwords = setting("--no-passwords", is_flag=True, help="Let nobody log in with a password")
_shared = (
    config_file,
    setting("--data", metavar="DIR", help="Where it keeps what is its own"),
    setting("--database", metavar="URL", help="postgresql://USER@HOST/NAME; default: a SQLite file in --data"),
    setting(
        "--secret",
        "secrets",
        metavar="TEXT",
        multiple=True,
        help="What encrypts and signs, then those before it (repeatable; better as the variable: others can read "
        "arguments); default: a file in --data",
    ),
    setting("--url", metavar="URL", help="Where people find it, as https://studio.example.com/models"),
)


def of_database(function: Function) -> Function:
    """Declare the options that name the database and the secret, which several commands share."""
    for one in reversed(_shared):
        function = one(function)
    return function


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn what the database refuses inside into a line."""
    with needing("team"):
        from sqlalchemy.exc import SQLAlchemyError

        from gto.studio.index.database import reason_of
    try:
        yield
    except SQLAlchemyError as error:
        reason = reason_of(error)
        hint = "make room on its disk" if "disk is full" in reason else "`gto studio doctor` looks at it"
        raise GTOException(f"The database refuses: {reason}", hint) from error


@contextmanager
def opened_team(options: ServeOptions, *, is_whole: bool = True) -> Iterator["Team"]:
    """Open the database and the secret of a Studio, which may be served meanwhile.

    Without `is_whole` the database may be in whatever state it is.
    """
    with needing("team"):
        from gto.studio.team import serve

    with database_errors():
        team = serve.open_team(serve.with_address(options), is_whole=is_whole)
        try:
            yield team
        finally:
            team.database.close()
