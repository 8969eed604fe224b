"""The ways in which a CI hands a job's outputs on to the next step: each as its own specification writes them."""

import re
import secrets
import shlex
import string
from collections.abc import Mapping

from gto.ci.report import Report

_BREAKS_RE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
_PLAIN = frozenset(string.ascii_letters + string.digits + " ._-/,=")
_MOST_DOTENV = 1000  # bytes of one value: GitLab takes 5 kB for a whole file


def as_github(report: Report) -> str:
    """Return the lines for the file `$GITHUB_OUTPUT`: each value between lines that nobody can guess.

    Source: GitHub's documentation of workflow commands, "multiline strings".
    """
    end = f"gto_{secrets.token_hex(16)}"
    return "".join(f"{key}<<{end}\n{value}\n{end}\n" for key, value in report._asdict().items())


def as_azure(report: Report) -> str:
    """Return logging commands that set output variables, to be printed on stdout.

    Source: Azure's documentation of logging commands, "SetVariable" and "formatting commands".
    """
    lines = []
    for key, value in report._asdict().items():
        escaped = value.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
        lines.append(f"##vso[task.setvariable variable={key};isOutput=true]{escaped}\n")
    return "".join(lines)


def as_dotenv(report: Report) -> str:
    """Return lines of `GTO_NAME=value` for GitLab's `artifacts:reports:dotenv`, Bitbucket's variables, Jenkins.

    None of them has quotes or values of several lines, so line breaks become blanks; GitLab takes no long ones.
    """
    return "".join(f"{key}={_one_line(value)}\n" for key, value in variables(report).items())


def as_shell(report: Report) -> str:
    """Return lines of `export GTO_NAME='value'` for a POSIX shell; newlines at a value's end are lost."""
    return "".join(f"export {key}={_quoted(value)}\n" for key, value in variables(report).items())


def variables(report: Report) -> dict[str, str]:
    """Return the environment of a command that acts on the event: `GTO_EVENT`, `GTO_NAME` and so on."""
    return named(report._asdict())


def named(fields: Mapping[str, str]) -> dict[str, str]:
    """Return fields under the names of variables."""
    return {f"GTO_{key.upper()}": value for key, value in fields.items()}


def _quoted(text: str) -> str:
    """Quote a value; one with line breaks, or with what a CI obeys in its log, has those written as octal numbers."""
    if not _BREAKS_RE.search(text) and "##" not in text:
        return shlex.quote(text)
    data = text.encode("utf-8", "surrogateescape")
    octal = "".join(chr(byte) if chr(byte) in _PLAIN else f"\\0{byte:03o}" for byte in data)
    return f"\"$(printf '%b' '{octal}')\""


def _one_line(text: str) -> str:
    short = _BREAKS_RE.sub(" ", text).strip().encode("utf-8", "surrogateescape")[:_MOST_DOTENV]
    return short.decode("utf-8", "ignore")
