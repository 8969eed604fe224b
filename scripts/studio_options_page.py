"""The page of all options of a team's Studio: each as flag, environment variable and key of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.cli.commands.studio import command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "GTO_STUDIO_"
_HEAD = """\
# Options of a team's Studio

<!-- Written by scripts/reference.py from the code: change it there, then run `python -m scripts.reference`. -->

Each option of `gto studio serve` and of the commands beside it may be set in three ways; the one further left counts:

1. a flag: `--log-format json`;
2. an environment variable: `GTO_STUDIO_LOG_FORMAT=json`;
3. a line in the file that `--config FILE` or `GTO_STUDIO_CONFIG` names, a YAML file of options: `log-format: json`.

An option that is *repeatable* takes several values: the flag more than once, the variable with blanks between them, in
the file a list. One without a value is `1` as a variable, and `true` in the file. An option that the file has and the
command has not is an error that names the line: it may be misspelt.

What is secret (`--secret`, `--oidc-client-secret`, a password in `--database`) belongs into a variable or a file with
mode 600, as other users of the machine can read the arguments of a process. [Run it](../studio/team/operation.md)
shows them at work.

"""


def page() -> str:
    """Return the page."""
    return "".join([_HEAD, "## Options\n\n", *_table(), "\n## Commands\n\n", *_commands()])


def options() -> Mapping[str, tuple[click.Option, list[str]]]:
    """Return the options that a variable sets, too, each by its variable and with the commands that have it."""
    assert isinstance(command, click.Group)  # noqa: S101  it is one
    found: dict[str, tuple[click.Option, list[str]]] = {}
    for name, one in command.commands.items():
        for param in one.params:
            if isinstance(param, click.Option) and str(param.envvar or "").startswith(PREFIX):
                found.setdefault(str(param.envvar), (param, []))[1].append(name)
    return found


def _table() -> Iterator[str]:
    yield "| flag | variable | in the file | commands | |\n| --- | --- | --- | --- | --- |\n"
    every = options()
    most = max(len(names) for _, names in every.values())
    for variable, (option, names) in every.items():
        flag = max((one for one in option.opts if one.startswith("--")), key=len)
        value = "" if option.is_flag else f" {_value(option)}"
        key = "-" if option.name == "config" or not option.expose_value else f"`{flag[2:]}`"
        commands = "all" if len(names) == most else ", ".join(f"`{one}`" for one in names)
        yield f"| `{flag}{value}` | `{variable}` | {key} | {commands} | {_about(option)} |\n"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "\\|".join(option.type.choices)
    return str(option.metavar or ("N" if "integer" in option.type.name else option.type.name.upper()))


def _about(option: click.Option) -> str:
    text = " ".join((option.help or "").split()).replace("|", "\\|")
    notes = ["repeatable"] if option.multiple and "repeatable" not in text else []
    if option.show_default and not option.is_flag and option.default:
        notes.append(f"default `{option.default}`")
    return text + (f" ({', '.join(notes)})" if notes else "")


def _commands() -> Iterator[str]:
    assert isinstance(command, click.Group)  # noqa: S101  it is one
    yield "| command | |\n| --- | --- |\n"
    for name, one in command.commands.items():
        yield f"| [`gto studio {name}`](commands.md#gto-studio-{name}) | {one.get_short_help_str(200)} |\n"
