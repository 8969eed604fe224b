"""A host whose `docker` is the stand-in: what is in PATH, and where its containers are kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pytest

STAND_IN = Path(__file__).parent / "docker_stand_in.py"


class DockerHost(NamedTuple):
    """What is known of it."""

    program: Path
    containers: Path
    """A file of JSON: each container by its name."""


def docker_host(place: Path, monkeypatch: pytest.MonkeyPatch) -> DockerHost:
    """Put the stand-in first in PATH, without a container."""
    host = DockerHost(place / "bin" / "docker", place / "containers.json")
    host.program.parent.mkdir()
    host.program.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    host.program.chmod(0o755)
    monkeypatch.setenv("PATH", str(host.program.parent), prepend=":")
    monkeypatch.setenv("DOCKER_STAND_IN", str(host.containers))
    return host
