"""What commits and tags of an import say of where they come from: the trailers at the end of their messages."""

import re
from collections.abc import Mapping

MODEL = "MLflow-Model"
VERSION = "MLflow-Version"
RUN = "MLflow-Run"
USER = "MLflow-User"
ALIAS = "MLflow-Alias"
STAGE = "MLflow-Stage"

_TRAILER_RE = re.compile(r"(MLflow-[A-Za-z]+): (.*)")
_CONTROL_RE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SIGNATURE_RE = re.compile("^(?=-----BEGIN )", re.MULTILINE)  # from there on nothing is message to git


def message(title: str, body: str, trailers: Mapping[str, object]) -> str:
    """Return a message: what strangers wrote stands in the middle, where it can be no trailer."""
    text = _SIGNATURE_RE.sub(" ", _CONTROL_RE.sub("", body.replace("\r\n", "\n")).strip())
    last = "\n".join(f"{key}: {_escaped(value)}" for key, value in trailers.items() if value)
    return "\n\n".join(part for part in (title, text, last) if part)


def read_trailers(text: str) -> dict[str, str]:
    """Return the trailers of a message: those of its last paragraph."""
    last = text.rstrip("\n").rpartition("\n\n")[2]
    found = (_TRAILER_RE.fullmatch(line) for line in last.splitlines())
    return {match[1]: _meant(match[2]) for match in found if match}


def _escaped(value: object) -> str:
    """Write a value on one line; its own backslashes, control and other odd characters become escapes."""
    return "".join(one if one.isprintable() and one != "\\" else _code(one) for one in str(value))


def _code(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def _meant(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]{1,6})\}", lambda match: chr(min(int(match[1], 16), 0x10FFFF)), text)
