"""The patterns of tags that a forge is to protect, as far as a forge can stand in for a policy."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import chain
from typing import NamedTuple

from gto.core import beside, names
from gto.core.policy import Policy, Rule
from gto.core.policy.explain import concerns
from gto.core.policy.policy import is_one_of
from gto.core.tag import Kind


class Forge(Enum):
    """The forges whose ways of protecting tags are known."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    GITEA = "gitea"
    FORGEJO = "forgejo"

    @property
    def is_strict(self) -> bool:
        """Whether all protections of a tag count; elsewhere one that lets somebody in is enough."""
        return self in {Forge.GITHUB, Forge.BITBUCKET}

    @property
    def keeps(self) -> bool:
        """Whether it can let everybody make tags, and nobody move or delete them."""
        return self in {Forge.GITHUB, Forge.GITLAB}


class Protection(NamedTuple):
    """Tags of one sort: what they are, their patterns, and who alone may make them."""

    what: str
    patterns: tuple[str, ...]
    who: tuple[str, ...] | None = None
    """Addresses, or patterns of them; None for everybody who may push."""
    users: tuple[str, ...] = ()
    """The names of these people on the server, as far as the policy says them."""


_WILD_RE = re.compile(r"\[[^\]]*\]|[*?]")
# In the making, `%` stands for a `*` that has no `/` to meet: digits, the rest of a version.
_VERSIONS, _DEPRECATIONS = "@v%", "@deprecated%"


def protections(policy: Policy, forge: Forge) -> list[Protection]:
    """Return the tags that only some may make, by rule; then, where a forge can keep them, those that are to stay."""
    found, taken = [], set()
    for rule in policy.rules:
        ends = list(_ends(rule)) if rule.who is not None else []
        if ends:
            taken.update(ends)
            patterns = [start + end for start in map(_start, rule.artifacts) for end in ends]
            who = _people(policy, rule)
            users = tuple(user for user, email in policy.users.items() if is_one_of(policy, who, email, None))
            found.append(Protection(f"rule '{rule.name}'", _written(patterns, forge), who, users))
    if forge.keeps:
        found.append(Protection("events and approvals, once made", _written(_kept(policy, forge, taken), forge)))
    return found


def _ends(rule: Rule) -> Iterator[str]:
    """Yield how the names of the tags that a rule covers end, behind the artifact."""
    if concerns(rule, Kind.REGISTRATION) or (rule.stages is None and concerns(rule, Kind.DEREGISTRATION)):
        yield _VERSIONS
    if concerns(rule, Kind.ASSIGNMENT) or concerns(rule, Kind.UNASSIGNMENT):
        for stage in rule.stages or ("*",):
            yield from _of_stage(_widened(stage))
    if rule.stages is None and concerns(rule, Kind.DEPRECATION):
        yield _DEPRECATIONS


def _of_stage(stage: str) -> Iterator[str]:
    yield f"#{stage}"
    if not stage.endswith("*"):
        yield from (f"#{stage}#%", f"#{stage}!%")


def _start(artifact: str) -> str:
    return names.to_tag(_widened(artifact))


def _widened(pattern: str) -> str:
    """Return a pattern that every forge understands, and that fits at least as much."""
    return re.sub(r"\*+", "*", _WILD_RE.sub("*", pattern))


def _people(policy: Policy, rule: Rule) -> tuple[str, ...]:
    found = (one for name in rule.who or () for one in policy.groups.get(name, (name,)))
    return tuple(dict.fromkeys(one for one in found if "@" in one))


def _kept(policy: Policy, forge: Forge, taken: set[str]) -> list[str]:
    ends = [_VERSIONS, "#*", _DEPRECATIONS]
    if not forge.is_strict:  # what is open to everybody here must be no part of what is shut there
        stages = [end for stage in policy.stages or () for end in _of_stage(stage)]
        ends = [end for end in (_VERSIONS, *stages, _DEPRECATIONS) if not any(_meet(end, other) for other in taken)]
    return [*(f"*{end}" for end in ends), *(f"{prefix}*" for prefix in beside.PREFIXES)]


def _meet(end: str, other: str) -> bool:
    return bool(re.fullmatch(re.sub(r"\\\*|%", ".*", re.escape(other)), end))


def _written(patterns: Iterable[str], forge: Forge) -> tuple[str, ...]:
    """Write patterns for a forge; where `*` stops at `/`, names with a `/` in them need patterns of their own."""
    spread = chain.from_iterable(map(_spread, patterns)) if forge.is_strict else patterns
    return tuple(dict.fromkeys(pattern.replace("%", "*") for pattern in spread))


def _spread(pattern: str) -> Iterator[str]:
    """Yield the patterns that fit together what one would whose `*` takes a `/` too."""
    start, star, end = pattern.partition("*")
    if not star:
        yield pattern
        return
    across = "**/*" if not start or start.endswith("/") else "*/**/*"
    for rest in _spread(end):
        yield from (f"{start}*{rest}", f"{start}{across}{rest}")
