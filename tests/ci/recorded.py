"""The variables that each CI sets in a job, as its documentation has them: see environments/."""

from __future__ import annotations

import json
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import NamedTuple

PLACE = Path(__file__).parent / "environments"
NAMES = tuple(sorted(path.stem for path in PLACE.glob("*.ini")))
SUMMARY = "summary"
OUTPUTS = {"github": "output", "bitbucket": "variables", "bash": "bash.env"}
"""The files, in the scratch directory, that a step hands outputs on by."""


class Job(NamedTuple):
    """What a CI tells a job."""

    env: dict[str, str]
    forge: str
    repo: str
    """The repository's address, as far as it is no secret."""
    channel: str
    """How the job's outputs reach the next step."""


def job(name: str, ref: str, commit: str, scratch: Path, *, deleted: bool = False) -> Job:
    """A job that a ref started, or the ref's deletion where the CI starts jobs for that."""
    found = _read(name)
    short = ref.removeprefix("refs/tags/").removeprefix("refs/heads/")
    words = {"tag": short, "branch": short, "last": short.rpartition("/")[2], "ref": ref, "commit": commit}
    kinds = ["both", "deleted"] if deleted else ["both", "tag" if ref.startswith("refs/tags/") else "branch"]
    env = {key: value for kind in kinds for key, value in found[kind].items()}
    for word, value in {**words, "scratch": str(scratch)}.items():
        env = {key: text.replace(f"{{{word}}}", value) for key, text in env.items()}
    if deleted:
        (scratch / "event.json").write_text(json.dumps({"ref": short, "ref_type": "tag"}), encoding="utf-8")
    expected = found["expected"]
    if expected["channel"] in OUTPUTS:
        (scratch / OUTPUTS[expected["channel"]]).touch()
    return Job(env, expected["forge"], expected["repo"], expected["channel"])


def starts_on_deletion(name: str) -> bool:
    """Whether the deletion of a tag starts a job."""
    return "deleted" in _read(name)


@cache
def known_variables() -> frozenset[str]:
    """The names of all variables that any CI sets."""
    kinds = [section for name in NAMES for key, section in _read(name).items() if key != "expected"]
    return frozenset(variable for section in kinds for variable in section)


@cache
def _read(name: str) -> dict[str, dict[str, str]]:
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # configparser's own way to keep upper case
    parser.read(PLACE / f"{name}.ini", encoding="utf-8")
    return {section: dict(parser[section]) for section in parser.sections()}
