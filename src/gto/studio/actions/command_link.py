"""The form that does what a command does."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from gto.studio.addresses import artifact_url, url

_LEAST = 3  # gto VERB NAME


def form_of(command: str, repo: str) -> str | None:
    """Return the address of the form that does what a command does; None where there is none."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if words[:1] != ["gto"] or len(words) < _LEAST or words[2].startswith("-") or "--delete" in words:
        return None
    verb, name, *rest = words[1:]
    if verb in {"show", "history"}:
        return artifact_url(repo, re.split("[@#]", name)[0], "history" if verb == "history" else "")
    if verb == "reviews":
        return "/reviews"
    name, _, version = name.partition("@")
    options = dict(pairwise(rest))
    given = {"version": options.get("--version", version), "stage": options.get("--stage", "")}
    found = _page(verb, list(_plain(rest)), given)
    if found is None:
        return None
    page, query = found
    return url(artifact_url(repo, name, page), **{key: one for key, one in query.items() if not one.isupper()})


def _page(verb: str, plain: Sequence[str], given: Mapping[str, str]) -> tuple[str, Mapping[str, str]] | None:
    """Return the word of the action, and what its form is filled in with."""
    match verb, plain:
        case "register", [*commits]:
            return verb, {"commit": "".join(commits[:1])}
        case "assign" | "rollback" | "approve", []:
            return verb, given
        case ("deprecate", []) | ("annotate", _):
            return verb, {}
        case "deprecate", [version]:
            return "deregister", {"version": version}
        case "deprecate", [version, stage]:
            return "unassign", {"version": version, "stage": stage}
        case _:
            return None


def _plain(words: list[str]) -> Iterator[str]:
    """Yield the words that are neither options nor their values."""
    before = ""
    for word in words:
        if not word.startswith("-") and not before.startswith("--"):
            yield word
        before = word
