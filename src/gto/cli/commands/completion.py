"""`gto completion`: the script that teaches a shell to complete."""

import click
from click.shell_completion import BashComplete, get_completion_class

from gto.cli import options, render

# As click's, but that it gives whole words: bash takes `@`, `=` and `:` for the ends of words, so that of `churn@v1`
# it only completes `@v1` (an `@` stays with what follows, the others do not): what stands before is left out of what
# it is offered.
_BASH = """\
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^@:=]/} before= type value
    local -a words
    read -ra words <<< "$line"
    local count=${#words[@]}
    [[ $line == *[[:space:]] ]] || count=$((count - 1))
    local word=${words[count]}
    [[ -z $breaks ]] || before=${word%%"${word##*[$breaks]}"}
    before=${before%%@}
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$before"}") ;;
        esac
    done < <(COMP_WORDS=$line COMP_CWORD=$count %(complete_var)s=bash_complete "$1" 2> /dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Bash(BashComplete):
    """Completion in bash."""

    source_template = _BASH


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
    """Print the script that lets a shell complete commands, options, artifacts, versions and stages."""
    found = _Bash if shell == "bash" else get_completion_class(shell)
    assert found is not None  # noqa: S101  click has all three
    render.say(found(ctx.find_root().command, {}, "gto", "_GTO_COMPLETE").source())
