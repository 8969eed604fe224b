"""Whose keys count for the files of versions, and who signed them by what these keys say."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gto.core.event import Problem
from gto.exceptions import ExtraMissing, WrongArgs
from gto.git.approvals import read_files_signatures
from gto.registry import files_signatures, remote_check
from gto.signing import public_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gto.registry.files_signatures import JudgedFiles
    from gto.registry.registry import Registry
    from gto.signing.ec_key import PublicKey


def whose_keys(registry: Registry, given: Sequence[tuple[str, bytes]] = ()) -> list[PublicKey]:
    """Return the keys that count: those of the files that are given, else of the policy, else of git's configuration.

    A repository that was fetched by URL does not vouch for itself: its policy names no keys.
    """
    if given:
        return public_keys.parse(given)
    if registry.repo.is_own and remote_check.may_have_policy(registry):
        from gto.registry.policy import check, sources  # only where a policy may be

        with suppress(WrongArgs):  # the default branch is not known: what is checked out does not vouch for itself
            return sources.read_keys(registry, check.own_source(registry), own=True)
    return public_keys.configured(registry.git, own=registry.repo.is_own)


def who_signed(registry: Registry, artifact: str, versions: Iterable[tuple[str, str]]) -> list[JudgedFiles]:
    """Return who signed the files of versions, names and commits, as far as that is known without reading the files."""
    there = [one for one in read_files_signatures(registry.git, artifact) if not isinstance(one, Problem)]
    wanted = set(versions)
    own = [one for one in there if (one.name.version, one.commit) in wanted and one.name.artifact == artifact]
    if not own:
        return []
    keys: Sequence[PublicKey] = ()
    with suppress(ExtraMissing):  # then nobody is known
        keys = whose_keys(registry)
    return files_signatures.judge(sorted(own, key=lambda one: (one.time, one.ref)), keys)


def tell(found: Iterable[JudgedFiles]) -> list[str]:
    """Say of each in one line who signed."""
    lines = []
    for one in found:
        who = one.owner or f"the key {one.key[:16]}" if one.key else "an unknown key"
        told = who if one.is_good else f"{who}: {one.trust.value}, {one.reason}"
        lines.append(f"files of '{one.tag.name.artifact}@{one.tag.name.version}' were signed by {told}")
    return lines
