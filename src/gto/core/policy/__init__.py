"""Who may do what, in which order: policy, events and facts become verdicts."""

from gto.core.policy.judge import judge
from gto.core.policy.policy import Facts, Needs, Policy, Reason, Rule, Verdict

__all__ = ["Facts", "Needs", "Policy", "Reason", "Rule", "Verdict", "judge"]
