"""Where a new version of MLflow comes from, which is a commit, and what its registration says of the run."""

import re

from gto.exceptions import UsageError

_REV = re.compile("[A-Za-z0-9][A-Za-z0-9._/+-]{0,250}")
_RUN = re.compile("[A-Za-z0-9]{1,64}")
_NO_COMMIT = re.compile(r"(?:[./~\\]|(?!git@|git:|gto:|https?:|ssh:)[A-Za-z0-9+-]+:)")
_HOW = "commit the files, and give `source='git@COMMIT'`"


def parse_source(source: str) -> str:
    """Return the revision that a source ends with; UsageError where it names none."""
    before, _, rev = source.rpartition("@")
    if not before or not _REV.fullmatch(rev) or _NO_COMMIT.match(source):
        raise UsageError(f"Invalid source '{source[:200]}': a version is a commit of Git", _HOW)
    return rev


def registration_message(description: str, run: str) -> str:
    """Return the message of a registration: the description, and the run as a trailer."""
    if run and _RUN.fullmatch(run):
        return f"{description or 'Registered by a client of MLflow'}\n\nMLflow-Run: {run}"
    return description
