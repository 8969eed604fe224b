"""`gto doctor`: version, configuration, problems."""

import sys

import click

from gto.cli import options, render
from gto.core.event import Problem
from gto.exceptions import BadFile
from gto.registry import doctor
from gto.registry.registry import Registry
from gto.version import __version__

_RULE = "-" * 33


@click.command("doctor", cls=options.Command, short_help="Display GTO version and check the registry for problems.")
@options.repo
@options.as_json
def command(repo: str, as_json: bool) -> None:
    """Display GTO version and configuration, and check the registry for problems: exit code 1 if there are any."""
    registry = options.open_registry(repo)
    settings, problems = _examine(registry)
    if as_json:
        render.as_json(
            {
                "version": __version__,
                "config": settings,
                "problems": [problem._asdict() for problem in problems],
            }
        )
    else:
        render.say(f"{render.emoji('🪴 ')} GTO Version: {__version__}")
        render.lines([_RULE, *settings, _RULE])
        _print(problems)
    if problems:
        sys.exit(1)


def _examine(registry: Registry) -> tuple[list[str], list[Problem]]:
    try:
        settings = registry.config.lines()
    except BadFile as error:
        where = f"line {error.line}: " if error.line else ""
        problem = Problem("config-wrong", error.path, where + error.reason, error.hint)
        return [f"{render.emoji('❌ ')}{error.message}"], [problem]
    return settings, doctor.problems(registry)


def _print(problems: list[Problem]) -> None:
    if not problems:
        render.say(f"{render.emoji('✅ ')} No issues found")
        return
    for problem in problems:
        render.say(f"{render.emoji('❌ ')}{render.clean(f'{problem.subject}: {problem.reason}')} [{problem.code}]")
        if problem.hint:
            render.say(f"   {render.clean(problem.hint)}")
