"""`gto completion`: the script that teaches a shell to complete."""

import click
from click.shell_completion import get_completion_class

from gto.cli import options, render


@click.command(
    "completion",
    cls=options.Command,
    short_help="Print the completion script of a shell.",
    examples="""
    eval "$(gto completion bash)"    in ~/.bashrc; or `zsh` in ~/.zshrc
    gto completion fish > ~/.config/fish/completions/gto.fish
    """,
)
@options.argument("shell", "The shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, options and names of artifacts."""
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  click has all three
    render.say(found(ctx.find_root().command, {}, "gto", "_GTO_COMPLETE").source())
