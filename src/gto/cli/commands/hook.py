"""`gto hook`: git hooks that judge pushes by the policy."""

import os

import click

from gto.cli import options, render
from gto.core.event import UNREAD
from gto.registry.policy.hook import Name

# What mends a repository mends that in which it is typed, and a pusher cannot type on the server.
_FOR_PUSHER = "delete the tag in your clone, write it again with gto, and push that; `git fsck` there finds the damage"
_NAMES = click.Choice([name.value for name in Name])


@click.group("hook", short_help="Hooks that judge pushes by the policy.")
def command() -> None:
    """Install hooks that judge pushes by the policy of the default branch.

    `pre-receive` stands on a server and refuses what breaks the policy; `pre-push` gives an early word in a clone.
    """


@command.command("install", cls=options.Command, short_help="Write a hook into the repository.")
@options.clone
@options.argument("name", "The hook", type=_NAMES)
@click.option("--force", is_flag=True, help="Put it in the place of another hook")
def install(clone: str, name: str, force: bool) -> None:
    """Write a hook into the repository, run by this very installation of gto."""
    from gto.registry.policy import hook

    done = hook.install(options.open_registry(clone), Name(name), force=force)
    render.say(f"Installed {os.path.relpath(done.path)}")


@command.command("remove", cls=options.Command, short_help="Remove a hook that gto wrote.")
@options.clone
@options.argument("name", "The hook", type=_NAMES)
def remove(clone: str, name: str) -> None:
    """Remove a hook that gto wrote; another's is left alone."""
    from gto.registry.policy import hook

    done = hook.remove(options.open_registry(clone), Name(name))
    render.say(f"Removed {os.path.relpath(done.path)}")


@command.command(
    "run", cls=options.Command, short_help="What a hook calls.", context_settings={"ignore_unknown_options": True}
)
@options.argument("name", "The hook", type=_NAMES)
@options.argument("words", "What git gives to the hook", nargs=-1, metavar="ARGS...", expose_value=False)
def run(name: str) -> None:
    """Judge a push by what git gives to a hook on stdin; the exit code is 1 if it is refused."""
    from gto.registry.policy import hook

    registry = options.open_registry(".")
    if Name(name) is Name.PRE_RECEIVE:
        verdicts = hook.before_receive(registry, options.read_lines(), os.environ)
    else:
        verdicts = hook.before_push(registry, options.read_lines())
    refused = [one for one in verdicts if not one.is_allowed]
    for one in refused:
        for reason in one.reasons:
            hint = _FOR_PUSHER if Name(name) is Name.PRE_RECEIVE and reason.code in UNREAD else reason.hint
            render.note(f"gto: {one.ref}: refused: {reason}")
            if hint:
                render.note(f"gto:    {hint}")
    if refused:
        raise SystemExit(1)
