"""Decisions: a snapshot of one artifact and a request become a `Plan`, or a refusal that says why."""

from gto.core.plan.assignment import Assignment, assign, rollback
from gto.core.plan.plan import Context, NewTag, Plan
from gto.core.plan.registration import Registration, register
from gto.core.plan.undo import TakeBack, deprecate, deregister, unassign

__all__ = [
    "Assignment",
    "Context",
    "NewTag",
    "Plan",
    "Registration",
    "TakeBack",
    "assign",
    "deprecate",
    "deregister",
    "register",
    "rollback",
    "unassign",
]
