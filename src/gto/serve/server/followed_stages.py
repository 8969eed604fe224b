"""What selectors name in a repository as it is now: what its policy lets pass, and what it refuses."""

from typing import NamedTuple, Self

from gto.core import selector, tag
from gto.delivery import get
from gto.exceptions import NotFound, WrongArgs
from gto.registry.policy.check import require_policy
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget, find_version, resolve
from gto.serve.server.child_messages import LeftOut, VersionKey


class NamedVersion(NamedTuple):
    """What a selector names."""

    key: VersionKey | None
    """None where it names nothing (any more)."""
    left_out: LeftOut | None = None
    """What it would name, had the policy not refused it; or why it names nothing."""


class AcceptedRegistry(NamedTuple):
    """A repository of which only the events are read that its policy lets pass."""

    registry: Registry

    @classmethod
    def of(cls, registry: Registry) -> Self:
        """Return a repository so, as whoever reads with --require-policy has it.

        Where it is not known whose policy counts (a remote that is not called origin), and nothing says that there is
        one, all events count.
        """
        accepted = Registry(registry.repo, registry.rev, registry.session)
        try:
            require_policy(accepted)
        except WrongArgs:
            if get.has_policy_here(registry):
                raise
        return cls(accepted)

    def named(self, text: str) -> NamedVersion:
        """Return what a selector names."""
        wanted = selector.parse(text)
        try:
            key = _key(self.registry, wanted)
        except NotFound as error:
            return NamedVersion(None, self._refused(text, None) or LeftOut(text, wanted.name, "", error.message))
        return NamedVersion(key, self._refused(text, key))

    def target(self, text: str) -> AnnotatedTarget:
        """Return where the files of what a selector names are."""
        return resolve(self.registry, text)

    def _refused(self, text: str, taken: VersionKey | None) -> LeftOut | None:
        """Return what a selector would name, had the policy not refused it; None where that is what it names.

        What is refused is known once the events were read.
        """
        wanted = selector.parse(text)
        reasons = [
            f"the policy refuses '{ref}': {reason}"
            for ref, reason in sorted(self.registry.ignored.items())
            if (name := tag.find(ref)) is not None and name.artifact == wanted.name
        ]
        if not reasons:
            return None
        try:
            claimed = _key(Registry(self.registry.repo, self.registry.rev, self.registry.session), wanted)
        except NotFound:
            return None
        return LeftOut(text, wanted.name, claimed.version, reasons[-1]) if claimed != taken else None


def _key(registry: Registry, wanted: selector.Selector) -> VersionKey:
    found = find_version(registry, wanted).version
    return VersionKey(found.name if found.is_registered else found.commit[:7], found.commit)
