"""The options of commands that write tags: --message, --simple, --force, --push, --keep-local, --sign."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from gto.cli.options import Function

_message = click.option("-m", "--message", help="Message to annotate the Git tag with")
_simple = click.option(
    "--simple",
    type=click.Choice(["auto", "true", "false"]),
    default="auto",
    show_default=True,
    help="Use the tag without a counter, 'rf#prod' instead of 'rf#prod#5'; auto uses it where it is usual and free",
)
_force = click.option("--force", is_flag=True, help="Create the Git tag even if it already exists and is in effect")
_push = click.option("--push", is_flag=True, help="Push the tags to `origin`: all of them, or nothing is written")
_keep_local = click.option(
    "--keep-local", is_flag=True, help="With --push: keep the tags here where the push is refused"
)
_sign = click.option(
    "--sign", is_flag=True, help="Sign the tags, as `git tag --sign` does; tag.gpgSign always signs them"
)


def written(*, events: bool = True, message: bool = True) -> Callable[[Function], Function]:
    """Declare the options, some for `events` alone, --message where the message is free.

    The command gets one `manner`.
    """

    def declare(function: Function) -> Function:
        @wraps(function)
        def call(
            *args: Any,  # noqa: ANN401  whatever the command takes
            push: bool,
            keep_local: bool,
            message: str | None = None,
            simple: str = "auto",
            force: bool = False,
            sign: bool = False,
            **kwargs: Any,  # noqa: ANN401
        ) -> Any:  # noqa: ANN401
            from gto.registry.write.transaction import WriteOptions

            form = {"auto": None, "true": True, "false": False}[simple]
            manner = WriteOptions(message, form, force, push, keep_local=keep_local, sign=sign or None)
            return function(*args, manner=manner, **kwargs)

        shared = _push(_keep_local(_sign(call) if events else call))
        declared = _simple(_force(shared)) if events else shared
        return cast("Function", _message(declared) if message else declared)

    return declare
