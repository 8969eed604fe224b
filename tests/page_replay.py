"""A page held to what its commands print, with what stands for its hosts."""

from __future__ import annotations

import difflib
import os
import shlex
import sys
from typing import TYPE_CHECKING

from scripts import pages, sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

WITH_MODEL = "tests/docs/test_model_pages.py runs it, where scikit-learn is"
"""Why blocks are left out that make a model, and those that use it."""


def page_environment(place: Path, python: str | Path = sys.executable) -> dict[str, str]:
    """An environment in which `gto` is the one that is tested, run by `python`; its programs are written to `place`."""
    place.mkdir(exist_ok=True)
    for name, words in (("gto", [str(python), "-P", "-m", "gto"]), ("python", [str(python)])):
        (place / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        (place / name).chmod(0o755)
    return sample.environment(str(place))


def committing() -> dict[str, str]:
    """Variables of somebody who commits."""
    name, mail = sample.AUTHOR
    return {
        f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in (("NAME", name), ("EMAIL", mail))
    }


def check_page(
    page: str,
    scratch: Path,
    env: Mapping[str, str],
    registry: Path,
    *also: str,
    hosts: Mapping[str, str] | None = None,
) -> None:
    """Replay a page, with the blocks that are left out for the reasons `also`; `hosts` are put in for those it names.

    With PAGES_WRITE the page gets what was printed.
    """
    path = pages.ROOT / page
    text = path.read_text(encoding="utf-8")
    for reason in also:
        assert f"<!-- not run: {reason} -->" in pages.earlier(text) + text, reason
    asked = put_in(text, hosts or {})
    new = pages.replay(asked, scratch, {**env, "HOME": str(scratch)}, registry, also)
    if "PAGES_WRITE" in os.environ:
        back = {host: name for name, host in reversed(tuple((hosts or {}).items()))}
        path.write_text(put_in(new, back), encoding="utf-8")
    assert new == asked, "\n".join(difflib.unified_diff(asked.splitlines(), new.splitlines(), "page", "run"))


def put_in(text: str, hosts: Mapping[str, str]) -> str:
    """The text with other hosts; each of those that are to be replaced stands there."""
    for name, host in hosts.items():
        assert name in text, name
        text = text.replace(name, host)
    return text


def commands(page: str, reason: str) -> Sequence[pages.Step]:
    """The commands of the blocks that a page leaves out for a reason."""
    blocks = pages.blocks((pages.ROOT / page).read_text(encoding="utf-8"))
    found = [step for block in blocks if block.not_run == reason for step in pages.steps(block)]
    assert found, reason
    return found
