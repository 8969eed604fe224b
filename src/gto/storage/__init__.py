"""Bytes of artifacts: where they are, and how they get to disk."""
