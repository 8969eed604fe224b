"""What a target shall run, made without a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from gto.inspect.facts import ModelFacts
from gto.serve.deploy.deploy_file import parse_targets
from gto.serve.deploy.target import WantedDeployment

if TYPE_CHECKING:
    from collections.abc import Mapping


def wanted(kind: str, values: Mapping[str, object] | None = None, **more: object) -> WantedDeployment:
    """What a target of a kind with these settings shall run; others of its keys are keywords."""
    target = {"kind": kind, "selector": "models/eu:churn#prod", "values": dict(values or {}), **more}
    (declared,) = parse_targets(yaml.safe_dump({"targets": {"prod": target}}).encode())
    facts = ModelFacts(requirements=["scikit-learn==1.9.1", "skops==0.16.0"])
    digest = f"sha256:{'d' * 64}"
    return WantedDeployment(declared, "models/eu:churn", "v1.2.0+gpu", "c" * 40, digest, facts, str, "churn 50%.skops")
