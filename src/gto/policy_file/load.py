"""The whole of the file: its keys at the top, and the policy that they make."""

from collections.abc import Mapping
from typing import Any

from gto.core import names
from gto.core.policy.policy import Policy
from gto.policy_file import fields
from gto.policy_file.fields import ValuePath
from gto.policy_file.people import read_groups, read_users
from gto.policy_file.rules import RuleContext, read_rules
from gto.yamldoc import parse_yaml

FILE = names.POLICY_FILE


def _as_written(value: object, _at: ValuePath) -> object:
    return value  # it is read once the groups are known


SIGNING: Mapping[str, fields.Reader] = {
    "sign": fields.flag,
    "required": fields.flag,
    "allowed_signers": fields.path,
    "public_keys": fields.path,
}
"""The keys of `signing`."""


def _signing(value: object, at: ValuePath) -> dict[str, Any]:
    return fields.settings(value, at, SIGNING)


KEYS: Mapping[str, fields.Reader] = {
    "since": fields.since,
    "max_age": fields.max_age,
    "users": read_users,
    "groups": read_groups,
    "signing": _signing,
    "rules": _as_written,
}
"""The keys at the top."""


def read_policy(data: bytes | None, path: str, stages: tuple[str, ...] | None) -> Policy:
    """Return the policy of a file's bytes; None where there is no file, and an empty one, allow everything.

    `stages` are those of `.gto`. A file that is no YAML raises BadFile, what is wrong in it WrongConfig.
    """
    policy = Policy(stages=stages)
    if data is None or not data.strip():
        return policy
    parsed = parse_yaml(data, path)
    if parsed.value is None:
        return policy
    at = ValuePath(path, parsed.line)
    read = fields.settings(parsed.value, at, KEYS)
    signing = read.get("signing", {})
    groups = read.get("groups", policy.groups)
    return policy._replace(
        rules=read_rules(read.get("rules", []), at.at("rules", ""), RuleContext(stages, groups)),
        groups=groups,
        users=read.get("users", policy.users),
        allowed_signers=signing.get("allowed_signers"),
        public_keys=signing.get("public_keys"),
        sign=signing.get("sign", False),
        signed=signing.get("required", False),
        max_age=read.get("max_age"),
        since=read.get("since", 0),
    )
