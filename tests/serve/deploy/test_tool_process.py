"""The platforms' own tools, run: what they may do to the process that runs them, which is little."""

from __future__ import annotations

import time

from gto.serve.deploy.tool_process import MOST_READ, ToolCall, run_tool


def test_what_a_tool_writes_is_read_as_far_as_it_may_go() -> None:
    most = MOST_READ
    said = run_tool(ToolCall(("sh", "-c", f"head -c {most + 10} /dev/zero; echo 'the end' >&2; exit 3")))
    assert (said.status, len(said.out), said.said) == (3, most, "the end")


def test_who_leaves_something_running_is_not_waited_for_and_who_does_not_end_is_ended() -> None:
    began = time.monotonic()
    assert run_tool(ToolCall(("sh", "-c", "sleep 2 & echo one"), seconds=30)).text == "one\n"
    late = run_tool(ToolCall(("sh", "-c", "echo two; sleep 30"), seconds=0.3))
    assert (late.status, late.text, late.said) == (-1, "two\n", "it did not end in time")
    assert time.monotonic() - began < 1.9
