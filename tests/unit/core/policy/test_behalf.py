from __future__ import annotations

import pytest

from gto.core.policy import Policy, Rule
from gto.core.policy.behalf import OnBehalf, demand
from tests.policies import ADA, rules

PERSON, SERVER = OnBehalf("Studio"), OnBehalf("Studio", is_pusher=True)


@pytest.mark.parametrize(
    ("policy", "of_person", "of_server"),
    [
        (rules(Rule("open")), "", ""),
        (rules(signed=True), "signing.required: a signature", "signing.required: a signature"),
        (rules(sign=True), "gto is to sign", "gto is to sign"),
        (rules(Rule("prod", signed=True)), "rule 'prod': a signature", "rule 'prod': a signature"),
        (rules(Rule("prod", approvals=2)), "", "rule 'prod': approvals are wanted"),
        (rules(Rule("prod", who=(ADA,))), "", "rule 'prod': the rule names who may"),
        (rules(users={"ada": ADA}), "", "users: the server is to know who pushes"),
        (rules(Rule("other", signed=True, approvals=1, who=())), "", ""),
    ],
)
def test_a_program_without_a_key_cannot_give_what_only_a_person_can(
    policy: Policy, of_person: str, of_server: str
) -> None:
    for behalf, said in ((PERSON, of_person), (SERVER, of_server)):
        found = demand(policy, ("prod", "open"), behalf)
        assert (str(found).startswith(said) and "Studio" in str(found)) if said else found is None
