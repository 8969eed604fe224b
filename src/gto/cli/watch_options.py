"""What the words of `gto watch` say about who gets the events, who may knock, and how long all of it may take."""

from __future__ import annotations

import math
import os
import shutil
from typing import TYPE_CHECKING, Any

import click

from gto.exceptions import UsageError

if TYPE_CHECKING:
    from gto.watch.run_command import EventCommand
    from gto.watch.webhook_sender import Webhook
    from gto.watch.webhook_server import Door

    Receiver = EventCommand | Webhook

_COMMAND = 3600.0  # seconds that a command may take
_MOST = 10**6  # seconds: no clock of a thread overflows


class Seconds(click.FloatRange):
    """A number of seconds that can be waited for."""

    def __init__(self, least: float) -> None:
        super().__init__(min=least, max=_MOST)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401  click's word
        """Read it; `nan` is in no range, and not outside of one either."""
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return found


def _secret(variable: str | None) -> str:
    """Return what a variable holds; empty where none is named."""
    if variable is None:
        return ""
    found = os.environ.get(variable, "")
    if not found:
        raise UsageError(f"The variable '{variable}' is not set, or empty", f"export {variable}=...")
    return found


def receiver(
    argv: tuple[str, ...],
    post: str | None,
    secret_env: str | None,
    seconds: float | None,
    hidden: tuple[str | None, ...],
) -> Receiver:
    """Return who gets the events; `hidden` are the variables that a command does not get."""
    from gto.watch import webhook_sender
    from gto.watch.run_command import EventCommand

    if bool(argv) == (post is not None):
        hint = "gto watch -r REPO -- ./command, or gto watch -r REPO --post URL"
        raise UsageError("Either a command behind `--`, or --post URL, gets the events", hint)
    if post is not None:
        return webhook_sender.to(post, _secret(secret_env), seconds or webhook_sender.SECONDS)
    if secret_env is not None:
        raise UsageError("--secret-env signs webhooks", "a command needs none; or add --post URL")
    if shutil.which(argv[0]) is None:
        hint = "name a program on PATH, or with its path; words of a shell go through `sh -c`"
        raise UsageError(f"There is no program '{argv[0]}'", hint)
    return EventCommand(argv, seconds or _COMMAND, tuple(one for one in hidden if one))


def holding(to: Receiver, handle: int) -> Receiver:
    """Have a command hold the lock of this descriptor until it ends."""
    from gto.watch.run_command import EventCommand

    return to._replace(handles=(handle,)) if isinstance(to, EventCommand) else to


def door(listen: str | None, secret_env: str | None, *, once: bool) -> Door | None:
    """Return where webhooks are taken; None where nobody asks for that."""
    from gto.watch.webhook_server import door

    if listen is None:
        if secret_env is not None:
            raise UsageError("--listen-secret-env is for --listen", "add --listen HOST:PORT")
        return None
    if once:
        raise UsageError("--listen is for a watcher that goes on", "leave it out, or --once and --retry-dead")
    return door(listen, _secret(secret_env))
