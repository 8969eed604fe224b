"""The differences from GTO 1.10.1 that are meant, each as narrow as what both said and the state before can make it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.compat import seen as facts
from tests.compat.seen import Seen, parts

if TYPE_CHECKING:
    from collections.abc import Callable

_ASSIGNING = frozenset({"assign", "promote"})
_REGISTERING = frozenset({"register", *_ASSIGNING})


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of part 2 of gto-1.10-behaviour.md, by its case, and what tells that a command met it."""

    name: str
    row: str
    explains: Callable[[Seen], bool]


# --- tables


def versions_are_cut(seen: Seen) -> bool:
    return (
        _is_table(seen, "show")
        and not seen.places
        and seen.our_cut_table == seen.their_table
        and seen.our_table != seen.their_table
    )


def hash_as_a_number(seen: Seen) -> bool:
    if not (_is_table(seen, "show", "history") and seen.case.ours.succeeded and seen.case.theirs.succeeded):
        return False
    ours, theirs = seen.our_table, seen.their_table
    if seen.command == "show" and not seen.places:
        ours = seen.our_cut_table
    cells = [pair for one, other in zip(ours, theirs, strict=False) for pair in zip(one, other, strict=False)]
    return (
        [len(row) for row in ours] == [len(row) for row in theirs]
        and any(facts.is_numberlike(mine) for mine, _ in cells)
        and all(mine == other or facts.is_numberlike(mine) for mine, other in cells)
    )


def _is_table(seen: Seen, *commands: str) -> bool:
    lines = seen.option("--json", "--name", "--version", "--stage", "--ref")
    return seen.command in commands and lines is None


def av_keeps_the_oldest(seen: Seen) -> bool:
    count = seen.option("--av", "--assignments-per-version")
    if seen.command != "show" or count is None or not seen.case.theirs.succeeded or not seen.case.ours.succeeded:
        return False
    return any(len(facts.active_stages(version)) > int(count) > 0 for version in seen.versions)


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


def bump_with_force(seen: Seen) -> bool:
    bump = seen.option("--bump-major", "--bump-minor", "--bump-patch")
    return seen.command == "register" and bump is not None and seen.option("--force") is not None and seen.only_theirs


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


def commit_with_stages(seen: Seen) -> bool:
    """A commit that was only assigned is a version of its own for each tag on it."""
    commits = [one["commit_hexsha"] for one in seen.versions if one["version"] == one["commit_hexsha"]]
    return len(commits) > len(set(commits))


# --- deprecate


def unassign_twice(seen: Seen) -> bool:
    if seen.command != "deprecate" or not seen.only_theirs or "is not assigned to a version" not in seen.our_words:
        return False
    version, stage = seen.places[1:3]
    return any(
        one["version"] == version and stage in one["stages"] and stage not in facts.active_stages(one)
        for one in seen.versions
    )


def empty_version(seen: Seen) -> bool:
    """To 1.10.1 an empty VERSION before a STAGE is the only version there is."""
    return seen.command == "deprecate" and seen.only_theirs and len(seen.places) > 2 and not seen.places[1]  # noqa: PLR2004 - NAME VERSION STAGE


def deprecate_again(seen: Seen) -> bool:
    return seen.command == "deprecate" and seen.only_ours and bool(parts(seen.taken).deprecated)


def comes_back_by_a_commit(seen: Seen) -> bool:
    """A commit that is newer than the deprecation revives the artifact in 1.10.1."""
    return any(
        artifact["deprecations"]
        and facts.newest(artifact["deprecations"]) == facts.newest(facts.tag_events(artifact))
        and facts.newest(facts.commit_events(artifact)) > facts.newest(artifact["deprecations"])
        for artifact in seen.artifacts
    )


# --- stages


def ever_used(seen: Seen) -> bool:
    if seen.command != "stages" or seen.option("--used") is None:
        return False
    ours, theirs = _values(seen.case.ours.said.stdout), _values(seen.case.theirs.said.stdout)
    tags = {parts(tag).stage for tag in seen.case.before}
    return set(theirs) < set(ours) <= tags


def _values(stdout: str) -> list[str]:
    found: Any = json.loads(stdout) if stdout.startswith("[") else stdout.splitlines()
    return [str(value) for value in found]


def outside_the_list(seen: Seen) -> bool:
    """A stage in use that the configuration does not list."""
    if not seen.case.config:
        return False
    used = {stage for version in seen.versions for stage in version["stages"]}
    outside = {stage for stage in used if not re.search(rf"[\[ ]{re.escape(stage)}[],]", seen.case.config)}
    if seen.command == "deprecate":
        return seen.only_ours and "Allowed stages are" in seen.their_words and seen.places[2] in outside
    return seen.command == "show" and not seen.places and bool(outside)


# --- names


def names_that_are_no_refs(seen: Seen) -> bool:
    return bool(re.search(r"//|^/|\.\.", seen.name)) and not seen.case.ours.succeeded and seen.case.theirs.succeeded


DIFFERENCES = (
    Difference("versions-cut", "registry table, `--plain`", versions_are_cut),
    Difference("hash-as-a-number", "table with a hash like `7890e62...`", hash_as_a_number),
    Difference("av-oldest", "`--av 1`", av_keeps_the_oldest),
    Difference("register-again", "re-register after deregister", register_again),
    Difference("used-number", "highest version deregistered, then bump", number_of_a_deregistered_version),
    Difference("registered-twice", "registered twice with counters", registered_twice),
    Difference("prerelease-bump", "bump from `v1.0.0-rc.1`", bump_of_a_prerelease),
    Difference("bump-with-force", "`register --bump-minor --force` drops the bump silently", bump_with_force),
    Difference("assign-to-deregistered", "assign to a deregistered version", assign_to_deregistered),
    Difference("roll-back", "roll back prod from v2 to v1", roll_back),
    Difference("one-transaction", "`assign` with an auto-registration", one_transaction),
    Difference("commit-with-stages", "`--sr` on one commit, two stages", commit_with_stages),
    Difference("unassign-twice", "unassign twice", unassign_twice),
    Difference("deprecate-again", "assign to a deprecated artifact, then deprecate", deprecate_again),
    Difference("plain-form-taken", "compat.md: `auto` uses the counter instead of failing", plain_form_taken),
    Difference("empty-version", "(not in part 2)", empty_version),
    Difference("commits-revive", "a deprecated artifact comes back after an unrelated commit", comes_back_by_a_commit),
    Difference("ever-used", '`stages --used` ("ever used")', ever_used),
    Difference("stages-outside", "config `stages` set", outside_the_list),
    Difference("names", "`a//b`, `/a:b`, `..` in names", names_that_are_no_refs),
)


def explain(seen: Seen) -> str | None:
    """Return the name of the first difference that explains a case, or None."""
    return next((one.name for one in DIFFERENCES if one.explains(seen)), None)
