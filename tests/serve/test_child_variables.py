"""Secrets of GTO's are nothing to installers, to the tools of platforms, and to the process of a model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gto.models.installer import run_program
from gto.serve.deploy.tool_process import ToolCall, run_tool
from gto.serve.server.serving_process import _variables

if TYPE_CHECKING:
    import pytest

SHOW = [sys.executable, "-c", "import os; print(*sorted(os.environ), sep='\\n')"]


def test_no_child_gets_a_token_of_studio_or_a_password_of_a_remote(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GTO_STUDIO_TOKEN", "GTO_URL_PASSWORD", "AN_OWN_ONE"):
        monkeypatch.setenv(name, "secret")
    seen = [
        set(run_program(SHOW).split()),
        set(run_tool(ToolCall(SHOW)).text.split()),
        set(_variables(sys.executable, "")),
        set(_variables("/other/python", "")),
    ]
    for one in seen:
        assert "AN_OWN_ONE" in one
        assert not one & {"GTO_STUDIO_TOKEN", "GTO_URL_PASSWORD"}
