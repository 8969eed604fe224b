"""The ways in which a CI hands a job's outputs on to the next step: each as its own specification writes them."""

import re
import secrets
import shlex
import string

from gto.output import escape
from gto.registry.event_report import Report, variables

_BREAKS_RE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
_PERCENT_RE = re.compile("%(?=[A-Za-z_][A-Za-z0-9_]*%)(?![0-9A-Fa-f]{2}%)")  # not the bytes of a URL
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

    A later job fills in `$(NAME)` in the value of a variable, and nothing escapes it: a blank comes between.

    Source: Azure's documentation of logging commands, "SetVariable" and "formatting commands".
    """
    lines = []
    for key, value in report._asdict().items():
        escaped = value.replace("$(", "$ (").replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
        lines.append(f"##vso[task.setvariable variable={key};isOutput=true]{escaped}\n")
    return "".join(lines)


def as_dotenv(report: Report) -> str:
    """Return lines of `GTO_NAME=value` for Bitbucket's variables, Jenkins and others.

    None of them has quotes or values of several lines, so line breaks become blanks. A long description is cut; other
    long values are left out, because a part of a path may be another path.
    """
    return "".join(f"{key}={_one_line(value, key)}\n" for key, value in variables(report).items())


def as_gitlab(report: Report) -> str:
    """Return such lines for GitLab's `artifacts:reports:dotenv`, which takes no long ones.

    A later job fills in `$NAME` and `%NAME%` in them: the first is escaped as `$$NAME`, and nothing escapes the second,
    so a blank comes between. Source: GitLab's documentation of variables, "use the $ character", and its
    `ExpandVariables`.
    """
    lines = (line.replace("$", "$$") for line in as_dotenv(report).splitlines(keepends=True))
    return "".join(_PERCENT_RE.sub("% ", line) for line in lines)


def as_shell(report: Report) -> str:
    """Return lines of `export GTO_NAME='value'` for a POSIX shell; newlines at a value's end are lost."""
    return "".join(f"export {key}={_quoted(value)}\n" for key, value in variables(report).items())


def _quoted(text: str) -> str:
    """Quote a value; one with line breaks, or with what a CI obeys in its log, has those written as octal numbers."""
    if not _BREAKS_RE.search(text) and "##" not in text:
        return shlex.quote(text)
    data = escape.as_utf8(text)
    octal = "".join(chr(byte) if chr(byte) in _PLAIN else f"\\0{byte:03o}" for byte in data)
    return f"\"$(printf '%b' '{octal}')\""


def _one_line(text: str, key: str) -> str:
    line = escape.as_utf8(_BREAKS_RE.sub(" ", text).strip())
    if len(line) > _MOST_DOTENV and key != "GTO_DESCRIPTION":
        return ""
    return line[:_MOST_DOTENV].decode("utf-8", "ignore")
