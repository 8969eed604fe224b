"""The variables of the environment that processes get which have no need of GTO's own secrets."""

import os

_SECRET = ("GTO_STUDIO_", "GTO_URL_")
"""Tokens, keys and passwords: of Studio, and of the remote that git is asked for."""


def without_secrets() -> dict[str, str]:
    """Return the variables of this process but for those that may hold a secret of GTO's: for installers and models."""
    return {key: value for key, value in os.environ.items() if not key.startswith(_SECRET)}
