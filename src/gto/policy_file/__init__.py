"""The file `.gto.policy.yaml`: what a team allows, from YAML to rules."""

from gto.policy_file.load import FILE, read_policy

__all__ = ["FILE", "read_policy"]
