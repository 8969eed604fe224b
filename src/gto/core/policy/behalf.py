"""What a program writes for a person whose key it does not have, and what a policy then wants in vain."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from gto.core.policy.policy import Policy, Reason, Rule

UNSIGNED = "unsigned"
"""The code of a reason: there is no signature, and one is wanted."""
_HINT = "type the command yourself, where your key is"


class OnBehalf(NamedTuple):
    """A program that writes for a person."""

    program: str
    """Its name in sentences."""
    is_pusher: bool = False
    """Whether it pushes with a credential of its own: then nothing but its word says for whom."""

    @property
    def trailer(self) -> str:
        """The line at the end of a message that says so; empty where the person pushes."""
        return f"Via: {self.program}" if self.is_pusher else ""


def demand(policy: Policy, rules: Collection[str], behalf: OnBehalf) -> Reason | None:
    """Return what a policy wants of an event that the program cannot give; `rules` are those that cover the event."""
    return next(_demands(policy, [rule for rule in policy.rules if rule.name in rules], behalf), None)


def _demands(policy: Policy, rules: Collection[Rule], behalf: OnBehalf) -> Iterator[Reason]:
    signature = f"a signature is wanted, and {behalf.program} has nobody's key"
    if policy.signed:
        yield Reason(UNSIGNED, signature, "signing.required", _HINT)
    if policy.sign:
        yield Reason(UNSIGNED, f"gto is to sign what it writes, and {behalf.program} has nobody's key", hint=_HINT)
    for rule in rules:
        if rule.signed:
            yield Reason(UNSIGNED, signature, rule.name, _HINT)
    if not behalf.is_pusher:
        return
    for rule in rules:
        if rule.approvals:
            text = f"approvals are wanted, and {behalf.program} pushes for everybody"
            yield Reason("not-personal", text, rule.name, _HINT)
        if rule.who is not None:
            text = f"the rule names who may do this, and {behalf.program} pushes for everybody"
            yield Reason("not-personal", text, rule.name, _HINT)
    if policy.users:
        text = f"the server is to know who pushes, and {behalf.program} pushes for everybody"
        yield Reason("not-personal", text, "users", _HINT)
