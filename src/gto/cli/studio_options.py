"""Options that several commands of `gto studio` share; each is set by an environment variable, too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from gto.exceptions import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])

_PREFIX = "GTO_STUDIO_"


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


def of_database(function: Function) -> Function:
    """Declare the options that name the database and the secret."""
    shared = (
        setting(
            "--data", metavar="DIR", default="gto-studio", show_default=True, help="Where it keeps what is its own"
        ),
        setting("--database", metavar="URL", help="postgresql://USER@HOST/NAME; default: a SQLite file in --data"),
        setting("--url", metavar="URL", help="Where people find it, as https://studio.example.com/models"),
    )
    for one in reversed(shared):
        function = one(function)
    return function
