"""What is wrong with the policy that a writer meets."""

from collections.abc import Iterator

from gto.core.event import Problem
from gto.exceptions import BadFile
from gto.registry.basis import may_have_policy
from gto.registry.registry import Registry


def policies(registry: Registry) -> Iterator[Problem]:
    """Yield the first mistake in the policy files: of the work tree, or of the default branch of the remote."""
    if not may_have_policy(registry):
        return
    from gto.registry import policing  # only where a policy may be

    try:
        for source in policing.sources(registry):
            policing.trusted(registry, source)
    except BadFile as error:
        where = f"line {error.line}: " if error.line else ""
        hint = error.hint or "`gto policy check` looks at it alone"
        yield Problem("policy-wrong", error.path, where + error.reason, hint)
