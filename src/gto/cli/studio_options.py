"""Options of the commands of a team's Studio, which environment variables set, too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from gto.exceptions import UsageError

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


def setting(*flags: str, **attributes: Any) -> Callable[[Function], Function]:  # noqa: ANN401  click's words
    """Declare an option that an environment variable sets, too: GTO_STUDIO_ and its name."""
    name = flags[0].lstrip("-").replace("-", "_").upper()
    return click.option(*flags, envvar=_PREFIX + name, show_envvar=True, **attributes)


def _read_config(ctx: click.Context, _param: click.Parameter, path: str | None) -> None:
    """Take from a file what neither a flag nor a variable says."""
    if path is None:
        return
    from gto.core.nearness import did_you_mean
    from gto.exceptions import WrongConfig
    from gto.yamldoc.document import kind, load

    with open(path, "rb") as file:
        document = load(file.read(_LARGEST), path)
    if not isinstance(document.value, dict):
        raise WrongConfig(path, f"options and their values were expected, not {kind(document.value)}")
    names = {flag.lstrip("-"): param.name for param in ctx.command.params for flag in param.opts if flag[:2] == "--"}
    found: dict[str, object] = {}
    for key, value in document.value.items():
        word = str(key).replace("_", "-")
        if names.get(word) is None:
            guess = did_you_mean(word, names)
            raise WrongConfig(path, f"unknown option '{key}'", document.line(key), guess or "as on the command line")
        found[str(names[word])] = value
    ctx.default_map = found


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
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest that one repository may take",
)


def of_database(function: Function) -> Function:
    """Declare the options that name the database and the secret, which several commands share."""
    shared = (
        config_file,
        setting(
            "--data", metavar="DIR", default="gto-studio", show_default=True, help="Where it keeps what is its own"
        ),
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
    for one in reversed(shared):
        function = one(function)
    return function
