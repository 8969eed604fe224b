"""The other end of each channel: what a CI makes of a job's outputs and of its log, by the CI's own rules."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_MOST_OF_DOTENV = 5 * 1024  # bytes of a whole file


def github(text: str) -> dict[str, str]:
    """The outputs in the file GITHUB_OUTPUT.

    Source: actions/runner, src/Runner.Worker/FileCommandManager.cs: a line `NAME=VALUE`, or `NAME<<END`, lines, `END`.
    """
    found = {}
    lines = iter(text.split("\n"))
    for line in lines:
        key, mark, value = re.fullmatch(r"(.*?)(?:(=|<<)(.*))?", line, re.DOTALL).groups()  # type: ignore[union-attr]  # fits any line
        if mark == "<<":
            body: list[str] = []
            while (one := next(lines)) != value:  # the runner fails too where no delimiter comes
                body.append(one)
            found[key] = "\n".join(body)
        elif mark == "=":
            found[key] = value
        else:
            assert line == "", f"the runner refuses the line {line!r}"
    return found


def dotenv(data: bytes) -> dict[str, str]:
    """The variables of a file for `artifacts:reports:dotenv`, names as a report has them.

    Source: https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv: at most 5 kB, UTF-8, no empty
    lines, no comments, no quotes; names of ASCII letters, digits and `_`; blanks around a value are dropped.
    """
    assert len(data) <= _MOST_OF_DOTENV
    found = {}
    for line in data.decode("utf-8").removesuffix("\n").split("\n"):
        key, mark, value = line.partition("=")
        assert mark, f"GitLab refuses the line {line!r}"
        assert re.fullmatch("[A-Za-z0-9_]+", key), f"GitLab refuses the name {key!r}"
        found[key] = value.strip()
    return unprefixed(found)


def gitlab(data: bytes) -> dict[str, str]:
    """The variables that a later job of GitLab gets from such a file, where it knows of the secret CI_JOB_TOKEN.

    Source: GitLab's lib/expand_variables.rb and lib/gitlab/ci/variables/collection/item.rb (`$NAME`, `${NAME}`,
    `%NAME%`; two signs in a row stay), then the runner's os.Expand (`$$` becomes `$`, other names what they hold).
    """
    return {key: _of_runner(_of_server(value)) for key, value in dotenv(data).items()}


def _of_server(text: str) -> str:
    pattern = r"\$\$|%%|\$(?:(CI_JOB_TOKEN)\b|\{(CI_JOB_TOKEN)\})|%(CI_JOB_TOKEN)%"
    return re.sub(pattern, lambda found: "SECRET" if any(found.groups()) else found[0], text)


def _of_runner(text: str) -> str:
    pattern = r"\$(?:(\$)|CI_JOB_TOKEN\b|\{CI_JOB_TOKEN\}|(?P<other>\w+|\{\w*\}))"
    return re.sub(pattern, lambda found: found[1] or ("" if found["other"] else "SECRET"), text)


def shell(path: Path, program: str) -> dict[str, str]:
    """The variables of which a shell knows after it has read a file; it prints nothing by that."""
    script = '. "$1" || exit 9; exec env -0'
    clean = {"PATH": os.environ["PATH"]}
    done = subprocess.run([program, "-c", script, program, str(path)], env=clean, capture_output=True, check=True)
    assert done.stderr == b""
    pairs = [entry.split("=", 1) for entry in done.stdout.decode("utf-8", "surrogateescape").split("\0") if entry]
    return unprefixed({key: value for key, value in pairs if key.startswith("GTO_")})


def unprefixed(found: dict[str, str]) -> dict[str, str]:
    """The names that a report has, of names such as GTO_EVENT."""
    return {key.removeprefix("GTO_").lower(): value for key, value in found.items()}


class Command(NamedTuple):
    """What a log tells an Azure agent to do."""

    name: str
    properties: dict[str, str]
    data: str


def azure_commands(text: str) -> list[Command]:
    """The logging commands in a log.

    Source: https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands, and the agent's Command.cs: the
    first `##vso[...]` of a line, anywhere in it.
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        match = re.search(r"##(?:vso)?\[([^\]]*)\](.*)", line, re.DOTALL | re.IGNORECASE)
        if match:
            name, _, words = match[1].partition(" ")
            pairs = [word.partition("=")[::2] for word in words.split(";") if word]
            data = match[2].replace("%0D", "\r").replace("%0A", "\n").replace("%AZP25", "%")
            found.append(Command(name, dict(pairs), data))
    return found


def azure(text: str) -> dict[str, str]:
    """The variables that a later job gets from a log, where it knows of the secret System.AccessToken.

    Source: microsoft/azure-pipelines-agent, src/Agent.Worker/Variables.cs: `$(name)` in values is filled in.
    """
    found = {}
    for name, properties, data in azure_commands(text):
        assert (name, properties["isOutput"]) == ("task.setvariable", "true")
        found[properties["variable"]] = re.sub(r"\$\(System\.AccessToken\)", "SECRET", data, flags=re.IGNORECASE)
    return found


def github_commands(text: str) -> list[str]:
    """The lines of a log in which a runner of GitHub Actions finds a command, known to it or not.

    Source: actions/runner, src/Runner.Common/ActionCommand.cs: `::name ...::` after any white space, `##[name ...]`
    anywhere.
    """
    lines = re.split(r"\r\n|\r|\n", text)
    return [line for line in lines if re.match(r"\s*::.*::", line) or re.search(r"##\[[^\]]*\]", line)]
