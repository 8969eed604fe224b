"""The differences from GTO 1.10.1 that are meant, each as narrow as what both said and the state before can make it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.compat import seen as facts
from tests.compat.reads import explain_read
from tests.compat.seen import Seen, parts

if TYPE_CHECKING:
    from collections.abc import Callable

_ASSIGNING = frozenset({"assign", "promote"})
_REGISTERING = frozenset({"register", *_ASSIGNING})


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between commands that write, and what tells that one met it."""

    name: str
    explains: Callable[[Seen], bool]


# --- register


def register_again(seen: Seen) -> bool:
    """The same version at the same commit, by a numbered tag."""
    return _version_is_taken(seen) and any(
        parts(tag).version == parts(seen.taken).version and "#" in tag for tag in seen.our_tags
    )


def number_of_a_deregistered_version(seen: Seen) -> bool:
    """1.10.1 gives the number again: it fails, or with a counter writes it, be it at another commit."""
    if seen.command not in _REGISTERING or not seen.case.ours.succeeded:
        return False
    theirs = [parts(tag).version for tag in ([seen.taken] if seen.taken else seen.their_tags)]
    ours = [parts(tag).version for tag in seen.our_tags]
    known = {version["version"] for version in seen.versions if facts.is_deregistered(version)}
    given = seen.option("--version", "--ver")
    return not given and any(version in known for version in theirs if version) and set(ours).isdisjoint(known)


def _version_is_taken(seen: Seen) -> bool:
    version = parts(seen.taken).version if seen.taken else ""
    known = [one for one in seen.versions if one["version"] == version and facts.is_deregistered(one)]
    return seen.only_ours and bool(known)


def bump_of_a_prerelease(seen: Seen) -> bool:
    """Ours is the release of a pre-release; that of 1.10.1 is higher, or was taken."""
    if seen.command not in _REGISTERING or not seen.case.ours.succeeded or seen.option("--version", "--ver"):
        return False
    ours = {parts(tag).version for tag in seen.our_tags} - {""}
    theirs = {parts(tag).version for tag in (seen.their_tags or [seen.taken])} - {""}
    releases = {one["version"].partition("-")[0] for one in seen.versions if "-" in one["version"]}
    return len(ours) == len(theirs) == 1 and ours != theirs and ours <= releases


def registered_twice(seen: Seen) -> bool:
    words = "Multiple registrations are not supported"
    return seen.command == "show" and seen.only_ours and words in seen.their_words


def plain_form_taken(seen: Seen) -> bool:
    """Where --simple true is not asked for, ours numbers the tag whose plain form is taken, instead of failing."""
    numbered = re.compile(re.escape(seen.taken) + "#[0-9]+")
    return seen.only_ours and bool(seen.taken) and any(numbered.fullmatch(tag) for tag in seen.our_tags)


def bump_dropped(seen: Seen) -> bool:
    """On a commit that has a version 1.10.1 registers that again, whatever bump was asked for; ours refuses."""
    known = {version["version"] for version in seen.versions if version["registrations"]}
    bump = seen.option("--bump-major", "--bump-minor", "--bump-patch")
    written = {parts(tag).version for tag in seen.their_tags}
    return seen.command == "register" and bump is not None and seen.only_theirs and written <= known


# --- assign


def assign_to_deregistered(seen: Seen) -> bool:
    return (
        seen.command in _ASSIGNING
        and seen.only_theirs
        and "was deregistered, so no stage can be assigned to it" in seen.our_words
        and any(facts.is_deregistered(version) for version in seen.versions)
    )


def roll_back(seen: Seen) -> bool:
    match = re.search("Version '([^']+)' is already in stage '([^']+)'", seen.their_words)
    if not match or not seen.only_ours or seen.name not in seen.state:
        return False
    held = sorted(facts.holders(seen.state[seen.name], match[2]))
    return bool(held) and held[-1][1] != match[1]


def one_transaction(seen: Seen) -> bool:
    """1.10.1 registers, and then fails to assign."""
    return (
        seen.command in _ASSIGNING
        and not seen.case.theirs.succeeded
        and not seen.case.ours.succeeded
        and seen.case.ours.refs == seen.case.before
        and [bool(parts(tag).version) for tag in seen.their_tags] == [True]
    )


# --- deprecate


def unassign_twice(seen: Seen) -> bool:
    if seen.command != "deprecate" or not seen.only_theirs or "is not assigned to a version" not in seen.our_words:
        return False
    version, stage = seen.places[1:3]
    return any(
        one["version"] == version and stage in one["stages"] and stage not in facts.active_stages(one)
        for one in seen.versions
    )


def commits_are_events(seen: Seen) -> bool:
    """A commit newer than every tag is where 1.10.1 puts the deprecation, be it a second one."""
    newer = [
        one for one in seen.artifacts if facts.newest(facts.commit_events(one)) > facts.newest(facts.tag_events(one))
    ]
    if seen.command != "deprecate" or len(seen.places) != 1 or not newer or not seen.case.theirs.succeeded:
        return False
    return seen.our_tags == seen.their_tags or "deprecated already" in seen.our_words


def empty_version(seen: Seen) -> bool:
    """To 1.10.1 an empty VERSION before a STAGE, or an empty REF, is the only version; alone it is no VERSION."""
    if seen.command == "deprecate" and seen.places[1:] == [""]:
        return seen.only_theirs
    if not seen.only_theirs or len({one["version"] for one in seen.versions}) != 1:
        return False
    if seen.command in _ASSIGNING:
        return seen.places[1:] == [""] or seen.option("--version") == ""
    return seen.command == "deprecate" and len(seen.places) > 2 and not seen.places[1]


def deprecate_again(seen: Seen) -> bool:
    return seen.command == "deprecate" and seen.only_ours and bool(parts(seen.taken).deprecated)


# --- stages


def outside_the_list(seen: Seen) -> bool:
    """A stage in use that the configuration does not list."""
    if not seen.case.config or seen.command != "deprecate":
        return False
    used = {stage for version in seen.versions for stage in version["stages"]}
    outside = {stage for stage in used if not re.search(rf"[\[ ]{re.escape(stage)}[],]", seen.case.config)}
    return seen.only_ours and "Allowed stages are" in seen.their_words and outside.issuperset(seen.places[2:])


# --- names


def names_that_are_no_refs(seen: Seen) -> bool:
    return bool(re.search(r"//|^/|\.\.", seen.name)) and not seen.case.ours.succeeded and seen.case.theirs.succeeded


WRITES = (
    Difference("register-again", register_again),
    Difference("used-number", number_of_a_deregistered_version),
    Difference("prerelease-bump", bump_of_a_prerelease),
    Difference("bump-dropped", bump_dropped),
    Difference("assign-to-deregistered", assign_to_deregistered),
    Difference("roll-back", roll_back),
    Difference("one-transaction", one_transaction),
    Difference("unassign-twice", unassign_twice),
    Difference("deprecate-again", deprecate_again),
    Difference("commits-are-events", commits_are_events),
    Difference("plain-form-taken", plain_form_taken),
    Difference("empty-version", empty_version),
    Difference("stages-outside", outside_the_list),
    Difference("names", names_that_are_no_refs),
)

ROWS = {
    "versions-cut": "registry table, `--plain`",
    "hash-as-a-number": "table with a hash like `7890e62...`",
    "av-oldest": "`--av 1`",
    "register-again": "re-register after deregister",
    "used-number": "highest version deregistered, then bump",
    "registered-twice": "registered twice with counters",
    "prerelease-bump": "bump from `v1.0.0-rc.1`",
    "bump-dropped": "compat.md: `register --bump-minor --force` drops the bump silently",
    "assign-to-deregistered": "assign to a deregistered version",
    "roll-back": "roll back prod from v2 to v1",
    "one-transaction": "compat.md: `assign` with an auto-registration",
    "commit-with-stages": "`--sr` on one commit, two stages",
    "unassign-twice": "unassign twice",
    "deprecate-again": "assign to a deprecated artifact, then deprecate",
    "plain-form-taken": "compat.md: if the plain form is taken, `auto` uses the counter instead of failing",
    "empty-version": "in no row: reported",
    "commits-are-events": "compat.md: commits count as events",
    "commits-revive": "compat.md: a deprecated artifact comes back after an unrelated commit",
    "ever-used": '`stages --used` ("ever used")',
    "stages-outside": "config `stages` set",
    "names": "`a//b`, `/a:b`, `..` in names",
}
"""Each difference that the random comparison excuses, with its row in part 2 of gto-1.10-behaviour.md."""


def explain(seen: Seen) -> list[str]:
    """Return the names of the differences that explain a case; empty where nothing does."""
    if seen.writes:
        return [one.name for one in WRITES if one.explains(seen)][:1]
    return ["registered-twice"] if registered_twice(seen) else explain_read(seen)
