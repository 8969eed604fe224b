"""`gto doctor`: version, configuration, problems; with --fix, repairs."""

import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from gto.cli import options, render
from gto.core.event import WARNINGS, Problem
from gto.exceptions import BadFile, UsageError
from gto.registry.doctor import repair as mending
from gto.registry.doctor.examination import Examination, examine
from gto.registry.doctor.repair import Repair
from gto.registry.registry import Registry
from gto.version import __version__

_RULE = "-" * 33
_ORIGIN = "origin"


@click.command(
    "doctor",
    cls=options.Command,
    short_help="Display GTO version and check the registry for problems.",
    examples="""
    gto doctor                  look only
    gto doctor --remote         and compare the tags with those of origin
    gto doctor --fix            mend what can be mended safely, after asking
    """,
)
@options.repo
@click.option(
    "--remote", is_flag=False, flag_value=_ORIGIN, help="Compare event tags with a remote; origin, if none is named"
)
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, after showing what will be done")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too")
@click.option("--yes", is_flag=True, help="With --fix: do not ask")
@options.as_json
def command(repo: str, remote: str | None, fix: bool, strict: bool, yes: bool, as_json: bool) -> None:
    """Display GTO version and configuration, and check the registry for problems: exit code 1 if there are any.

    A version that no branch reaches, as after a squashed pull request, and stale facts of a model are warnings: they
    alone fail with --strict only.
    --fix removes locks and temporary files that a killed process left more than ten minutes ago, and damaged caches;
    tag objects that are missing or corrupt it fetches again. It deletes and moves no tag.
    """
    registry = options.open_registry(repo)
    settings, found = _examine(registry, remote)
    repairs: list[Repair] = []
    if fix:
        repairs, notes = _fix(registry, found.problems, remote or _ORIGIN, yes=yes)
        if repairs or notes:
            settings, found = _examine(options.open_registry(repo), remote)
            found = found._replace(notes=(*notes, *found.notes))
    if as_json:
        mended: dict[str, Any] = {"fixed": [_published(repair) for repair in repairs]} if fix else {}
        rest = [problem._asdict() for problem in found.problems]
        render.as_json(
            {"version": __version__, "config": settings, **mended, "problems": rest, "notes": list(found.notes)}
        )
    else:
        render.say(f"{render.emoji('🪴 ')} GTO Version: {__version__}")
        render.lines([_RULE, *settings, _RULE])
        _print(found, repairs)
    if any(strict or problem.code not in WARNINGS for problem in found.problems):
        sys.exit(1)


def _examine(registry: Registry, remote: str | None) -> tuple[list[str], Examination]:
    try:
        settings = registry.config.lines()
    except BadFile as error:
        where = f"line {error.line}: " if error.line else ""
        problem = Problem("config-wrong", error.path, where + error.reason, error.hint)
        return [f"{render.emoji('❌ ')}{error.message}"], Examination((problem,))
    return settings, examine(registry, time.time(), remote)


def _fix(registry: Registry, problems: Sequence[Problem], remote: str, *, yes: bool) -> tuple[list[Repair], list[str]]:
    """Show what will be done, ask, and do it."""
    repairs = mending.decide(registry, problems, remote)
    if not repairs:
        return [], []
    render.note("To be done:")
    for repair in repairs:
        render.note(f"  {repair.subject}: {repair.action.value} [{repair.code}]")
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("Nothing was done: there is no terminal to ask on", "`gto doctor --fix --yes` does it")
        if not click.confirm("Go on?", err=True):
            return [], []
    return mending.mend(registry, repairs, remote, time.time())


def _published(repair: Repair) -> dict[str, str]:
    return {"code": repair.code, "subject": repair.subject, "action": repair.action.value}


def _print(found: Examination, repairs: Sequence[Repair]) -> None:
    for repair in repairs:
        render.say(f"{render.emoji('✅ ')} {render.clean(f'{repair.subject}: {repair.action.value}')} [{repair.code}]")
    if not found.problems:
        render.say(f"{render.emoji('✅ ')} No issues found")
    for problem in found.problems:
        mark = "⚠️ " if problem.code in WARNINGS else "❌ "
        render.say(f"{render.emoji(mark)}{render.clean(f'{problem.subject}: {problem.reason}')} [{problem.code}]")
        if problem.hint:
            render.say(f"   {render.clean(problem.hint)}")
    for text in found.notes:
        render.note(f"note: {text}")
