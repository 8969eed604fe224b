"""`gto verify`: the signatures of tags, events or not, that are named or of all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from gto.core import approval, names, tag
from gto.core.event import Problem, tagger
from gto.core.tag import Kind
from gto.core.tag_signature import Signature, Trust
from gto.exceptions import ArtifactNotFound, RefNotFound
from gto.git.approvals import read_approvals
from gto.git.objects import read_objects
from gto.git.tag_reader import Listing, read_tags
from gto.output.published import Published, signature
from gto.registry.signatures import as_signed
from gto.signing.tag_signatures import SignedTag, Trusted, judge_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gto.core.approval import Approval
    from gto.registry.registry import Registry


class Verified(NamedTuple):
    """A tag of GTO's, and what its signature is worth."""

    ref: str
    artifact: str
    author_email: str
    """The tagger's."""
    signature: Signature

    def dict_state(self) -> Published:
        """Return it as `gto verify --json` prints it."""
        told = {"tag": self.ref, "artifact": self.artifact, "author_email": self.author_email}
        return {**told, **signature(self.signature)}


def sum_up(found: Iterable[Verified]) -> str:
    """Say in one line how many signatures are good, and what is wrong with the others."""
    counts = Counter(one.signature.trust for one in found)
    told = f"{counts[Trust.GOOD]} of {counts.total()} signatures are good"
    wrong = [f"{counts[trust]} {trust.value}" for trust in Trust if counts[trust] and trust is not Trust.GOOD]
    return f"{told}: {', '.join(wrong)}" if wrong else told


def verify(registry: Registry, wanted: Sequence[str], trusted: Trusted) -> list[Verified]:
    """Check the tags, or all tags of the artifacts, that are named; all events and approvals where none is."""
    taken = _choose(registry, wanted)
    text = "".join(f"{oid} refs/tags/{ref}\n" for ref, oid in taken.items())
    items = list(read_tags(registry.git, Listing(text.encode("utf-8", "surrogateescape"))))
    given = [item for item in read_approvals(registry.git) if _ref(item) in taken] if _has_approvals(taken) else []
    wrong = {item.subject: item for item in (*items, *given) if isinstance(item, Problem) and item.subject in taken}
    signed = [as_signed(item) for item in (*items, *given) if not isinstance(item, Problem)]
    signed += _misfits(registry, {ref: taken[ref] for ref in wrong})
    judged = zip(signed, judge_tags(registry.git, signed, trusted), strict=True)
    found = [_verified(one, result, wrong.get(one.ref)) for one, result in judged]
    return sorted(found, key=lambda one: one.ref)


def _choose(registry: Registry, wanted: Sequence[str]) -> dict[str, str]:
    """Return the names and object ids of the tags that are asked for."""
    every = {ref: (oid, name) for oid, ref in registry.listing if (name := _artifact_of(ref)) is not None}
    chosen: dict[str, str] = {}
    for word in wanted:
        ref = word.removeprefix("refs/tags/")
        if _artifact_of(ref) is not None:
            if ref not in every:
                raise RefNotFound(ref)
            chosen[ref] = every[ref][0]
            continue
        names.parse_artifact(word)
        own = {ref: oid for ref, (oid, name) in every.items() if name == word}
        if not own:
            raise ArtifactNotFound(word)
        chosen |= own
    return chosen if wanted else {ref: oid for ref, (oid, _) in every.items()}


def _artifact_of(ref: str) -> str | None:
    """Return the artifact of a tag that is named as an event or an approval is."""
    found = tag.find(ref)
    if found is not None and found.kind is not Kind.CREATION:
        return found.artifact
    given = approval.find(ref)
    return given.artifact if given is not None else None


def _has_approvals(taken: Mapping[str, str]) -> bool:
    return any(ref.startswith(approval.PREFIX) for ref in taken)


def _ref(item: Approval | Problem) -> str:
    return item.subject if isinstance(item, Problem) else item.ref


def _misfits(registry: Registry, taken: Mapping[str, str]) -> list[SignedTag]:
    """Read the tags that were set aside; what is no tag object carries no text."""
    found = read_objects(registry.git, list(taken.values())) if taken else []
    pairs = zip(taken.items(), found, strict=True)
    return [
        SignedTag(ref, oid, (one.body or b"") if one and one.type == "tag" else b"", "", 0) for (ref, oid), one in pairs
    ]


def _verified(one: SignedTag, found: Signature, problem: Problem | None) -> Verified:
    """Keep the verdict on an event; a tag that was set aside proves nothing, however good its signature."""
    if problem is not None and found.trust in {Trust.GOOD, Trust.UNSIGNED, Trust.EXPIRED}:
        trust = Trust.UNSIGNED if found.trust is Trust.UNSIGNED and one.body else Trust.UNCHECKED
        found = found._replace(trust=trust, reason=f"the tag is set aside: {problem.reason}")
    return Verified(one.ref, _artifact_of(one.ref) or "", tagger(one.body).email, found)
