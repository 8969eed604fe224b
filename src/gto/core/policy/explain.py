"""A policy in words: what its rules cover, and what they ask for."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from gto.core import approval, files_signature
from gto.core.policy.policy import ALL, Policy, Rule
from gto.core.tag import Kind


class Told(NamedTuple):
    """One rule in words."""

    name: str
    covers: str
    asks: tuple[str, ...]


_LOADING = {
    "none": "loading the model runs no code",
    "trusted-types": "loading the model builds trusted types at most",
    "pickle": "loading the model runs at most what pickles of known libraries do",
}


def tell(policy: Policy, rule: Rule) -> Told:
    """Put a rule into words."""
    return Told(rule.name, covers(rule), tuple(_asks(policy, rule)))


def covers(rule: Rule) -> str:
    """Say which events a rule covers."""
    kinds = "every event" if rule.events is None else ", ".join(kind.noun for kind in sorted(rule.events))
    artifacts = "any artifact" if rule.artifacts == ALL else ", ".join(rule.artifacts)
    stages = "" if rule.stages is None else f" in stage {', '.join(rule.stages)}"
    return f"{kinds} of {artifacts}{stages}"


def concerns(rule: Rule, kind: Kind) -> bool:
    """Tell whether a rule may cover events of a kind."""
    of_no_stage = rule.stages is not None and kind is Kind.REGISTRATION
    return not of_no_stage and (rule.events is None or kind in rule.events)


def _asks(policy: Policy, rule: Rule) -> Iterator[str]:
    if rule.who is not None:
        yield f"by {people(policy, rule.who)}"
    if rule.signed:
        yield "signed with a trusted key"
    if rule.after is not None:
        yield f"the version is in stage {rule.after} already"
    if rule.branch is not None:
        yield f"the commit is on branch {rule.branch}"
    if not rule.prereleases:
        yield "the version is no pre-release"
    if rule.annotated:
        yield "the commit annotates the artifact"
    if rule.files_signed:
        yield "the files of the version are signed with a trusted public key"
    yield from _asks_of_model(rule)
    if rule.one_version:
        yield "no other version is in the stage"
    if rule.approvals:
        by = f" by {people(policy, rule.approvers)}" if rule.approvers is not None else ""
        yield f"{rule.approvals} signed approval{'s' if rule.approvals > 1 else ''}{by}, not by the author"


def _asks_of_model(rule: Rule) -> Iterator[str]:
    if rule.code_on_load is not None:
        yield _LOADING[rule.code_on_load]
    if rule.compatible:
        yield "the model does not break who uses the release before it in its major"


def goes_by_address(policy: Policy, rule: Rule) -> bool:
    """Tell whether a rule takes a tag's word for who made it: it names people, and nothing proves who they are."""
    named = any("@" in one for name in rule.who or () for one in policy.groups.get(name, (name,)))
    return named and not (rule.signed or policy.signed or rule.approvals or policy.users)


def renamed(name: str) -> str:
    """Return the hint for a tag's name that looks like that of an event, or of a tag beside them, and is none."""
    if name.startswith(approval.PREFIX):
        return f"`gto approve` writes approvals; the names of other tags are not to begin with '{approval.PREFIX}'"
    if name.startswith(files_signature.PREFIX):
        start = files_signature.PREFIX
        return f"`gto sign` writes signatures of files; the names of other tags are not to begin with '{start}'"
    letter = "#" if "#" in name else "@"
    return f"let gto write the tag; other tags are to have no '{letter}' in their names"


def people(policy: Policy, names: tuple[str, ...]) -> str:
    """Write identities, and groups with who is in them."""
    found = [f"{name} ({', '.join(policy.groups[name]) or 'nobody'})" if name in policy.groups else name
             for name in names]  # fmt: skip
    return ", ".join(found) or "nobody"


def has_stage(rule: Rule, stage: str) -> bool:
    """Tell whether a rule may cover a version that is in a stage."""
    return rule.stages is None or any(fnmatchcase(stage, pattern) for pattern in rule.stages)


def fits(rule: Rule, artifact: str) -> bool:
    """Tell whether a rule may cover events of an artifact."""
    return any(fnmatchcase(artifact, pattern) for pattern in rule.artifacts)
