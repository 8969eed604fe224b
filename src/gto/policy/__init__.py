"""The file `.gto.policy.yaml`: what a team allows, from YAML to rules."""

from gto.policy.file import FILE, read_policy

__all__ = ["FILE", "read_policy"]
