"""The clients of the Hub that are on PyPI and npm: each in an environment that is made once."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.environment import INSTALL_SECONDS, PLACE

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = ("hub", ["huggingface_hub>=2.4.0", "datasets>=5.2.0", "transformers>=5.24.0"])
OLD = tuple((f"hub-{one}", [f"huggingface_hub=={one}"]) for one in ("0.23.5", "0.36.0", "1.33.0"))
NPM = "@huggingface/hub@2.17.5"


def node_modules() -> Path:
    """The directory in which Node finds the Hub's client; whoever comes first installs it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("needs npm and node: apt-get install npm")
    root = PLACE / "hub-npm"
    root.mkdir(parents=True, exist_ok=True)
    with (PLACE / "hub-npm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "node_modules/@huggingface/hub").exists():
            argv = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(root), NPM]
            subprocess.run(argv, check=True, timeout=INSTALL_SECONDS, capture_output=True)
    return root
