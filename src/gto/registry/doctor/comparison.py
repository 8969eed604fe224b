"""The event tags here beside those of a remote."""

from collections.abc import Mapping
from typing import NamedTuple

from gto.core import approval, tag
from gto.core.event import Problem


class Comparison(NamedTuple):
    """Tags that name other objects on the remote, and a note for each kind of tag that only one side has."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def compare(here: Mapping[str, str], there: Mapping[str, str], remote: str) -> Comparison:
    """Compare the tags named like events and approvals; both map names to object ids."""
    mine = {ref: oid for ref, oid in here.items() if tag.find(ref) or approval.find(ref)}
    theirs = {ref: oid for ref, oid in there.items() if tag.find(ref) or approval.find(ref)}
    differ = [ref for ref in mine if ref in theirs and mine[ref] != theirs[ref]]
    notes = []
    if unsent := mine.keys() - theirs.keys():
        notes.append(f"{_count(unsent)} here not on '{remote}', '{min(unsent)}' for one")
    if unfetched := theirs.keys() - mine.keys():
        notes.append(f"{_count(unfetched)} on '{remote}' not here, '{min(unfetched)}' for one")
    return Comparison(tuple(_differs(ref, mine[ref], theirs[ref], remote) for ref in sorted(differ)), tuple(notes))


def _count(tags: "set[str]") -> str:
    return "1 event tag is" if len(tags) == 1 else f"{len(tags)} event tags are"


def _differs(ref: str, here: str, there: str, remote: str) -> Problem:
    reason = f"here it is object {here[:7]}, on '{remote}' {there[:7]}: somebody made it twice, or moved it"
    hint = f"find out which is right; `git fetch {remote} '+refs/tags/{ref}:refs/tags/{ref}'` takes the remote's"
    name = tag.find(ref) or approval.find(ref)
    return Problem("tag-differs", ref, reason, hint, name.artifact if name else "")
