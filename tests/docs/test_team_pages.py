"""What the pages on a team's Studio say is so: its options, its metrics, and five minutes to the first page."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click

from gto.cli.commands.studio import command
from gto.studio.index.sqlite_database import SqliteDatabase
from gto.studio.team import migrate, monitoring
from scripts import first_page, pages, sample, studio_options_page
from tests.repo import GTO

if TYPE_CHECKING:
    from pathlib import Path

PLACE = pages.ROOT / "docs/studio/team"
OFTEN = {"--json", "--help", "--plain"}
"""Options that say how a command prints."""


def test_every_option_of_what_runs_for_long_is_a_variable_and_a_line_of_the_page() -> None:
    assert isinstance(command, click.Group)
    listed = re.findall(r"^\| `(--[a-z-]+).*?\| `(GTO_STUDIO_[A-Z_]+)` \|", studio_options_page.page(), re.MULTILINE)
    for name in ("serve", "worker", "migrate", "doctor"):
        for param in command.commands[name].params:
            flag = max(param.opts, key=len)
            if isinstance(param, click.Option) and not param.hidden and flag not in OFTEN:
                assert param.help, flag
                assert (flag, f"GTO_STUDIO_{flag[2:].replace('-', '_').upper()}") in listed


def test_every_metric_is_on_the_page_and_no_other(tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "studio.db"), is_lasting=True)
    migrate.require_current(database)
    registry = monitoring.make_registry(database)
    monitoring.Monitor(lambda *_: None, registry)  # type: ignore[arg-type]  # it is asked nothing
    there = {one.name + "_total" * (one.type == "counter") for one in registry.collect()}
    database.close()
    text = (PLACE / "operation.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(gto_studio_\w+)` \|", text, re.MULTILINE)) == there


def test_commands_and_options_on_the_pages_are_real() -> None:
    assert isinstance(command, click.Group)
    variables = {*studio_options_page.options(), "GTO_STUDIO_TOKEN"}  # a token of whoever asks the REST API
    for page in sorted(PLACE.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for line in re.findall(r"(?:^\$ |`)(?:\w+=\S+ )?(gto studio [^`\n]+)", text, re.MULTILINE):
            words = shlex.split(line.partition("  ")[0])
            assert words[2] in command.commands, (page.name, line)
            if not isinstance(command.commands[words[2]], click.Group):
                known = {flag for param in command.commands[words[2]].params for flag in param.opts}
                assert {one.partition("=")[0] for one in words if one[:2] == "--"} <= known, (page.name, line)
        assert set(re.findall(r"GTO_STUDIO_[A-Z_]+", text)) <= variables, page.name


def test_who_follows_the_page_is_logged_in_within_five_minutes(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "gto").write_text(f'#!/bin/sh\nexec {shlex.join(GTO)} "$@"\n', encoding="utf-8")
    (programs / "gto").chmod(0o755)
    env = {**sample.environment(str(programs)), "HOME": str(tmp_path)}
    sample.build(tmp_path / "churn", GTO, env)
    found = list(first_page.follow(tmp_path, env, tmp_path / "churn", installs=False))
    assert [one.what for one in found] == [
        "gto studio serve --catalog team.yaml",
        "gto studio invite ada --role admin",
        "the link, a password, the list of models",
    ]
    assert sum(one.seconds for one in found) < first_page.LIMIT


def test_the_page_begins_with_an_installation_that_the_script_does() -> None:
    lines = [line for block in first_page.steps() for line in block.lines if line.startswith("$ ")]
    assert [line for line in lines if "venv" in line or "pip install" in line] == [
        "$ python3 -m venv ~/studio",
        "$ ~/studio/bin/pip install '.[team]'",
    ]
