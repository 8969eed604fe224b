"""`gto ci`: what the tag that started a CI job means, handed on to the job's next steps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gto.cli import options, render
from gto.cli import proof as proving
from gto.core import escape

if TYPE_CHECKING:
    from gto.ci.forge import Trigger
    from gto.ci.inquiry import Answer
    from gto.cli.proof import Proof
    from gto.registry.registry import Registry

_NO_EVENT = 3
_LONGEST = 200  # characters of a value; the outputs have it whole


@click.command(
    "ci",
    cls=options.Command,
    short_help="Tell a CI job what the tag that started it means.",
    examples="""
    gto ci                                  inside a job: the outputs go where its CI expects them
    gto ci --ref churn@v1.2.0 --json        anywhere
    eval "$(gto ci --shell)"                GTO_EVENT, GTO_NAME, GTO_VERSION and so on
    gto ci --dotenv gto.env --pull --summary
    """,
)
@options.clone
@click.option("--ref", help="The tag or ref; default: what the environment of the CI says")
@options.as_json
@click.option("--shell", "as_shell", is_flag=True, help="Print `export GTO_...` lines for a POSIX shell")
@click.option("--dotenv", metavar="FILE", help="Write `GTO_...=` lines too, each value on one line")
@click.option("--pull", is_flag=True, help="Download the artifact's files, to where its annotation says")
@click.option("-o", "--out", metavar="PATH", help="With --pull: where to put them instead")
@click.option(
    "--summary",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Append a summary in Markdown to FILE; without it to the job's summary, or to stdout",
)
@click.option("--show", "shows", is_flag=True, help="Print the registry's state")
@click.option("--history", "tells", is_flag=True, help="Print the registry's events")
@click.option("--exit-code", is_flag=True, help=f"Exit with {_NO_EVENT} if this is no event of GTO")
@proving.checked(shown=False)
def command(
    clone: str,
    ref: str | None,
    as_json: bool,
    as_shell: bool,
    dotenv: str | None,
    pull: bool,
    out: str | None,
    summary: str | None,
    shows: bool,
    tells: bool,
    exit_code: bool,
    proof: Proof,
) -> None:
    """Tell a CI job what the tag that started it means, and hand it on to the job's next steps.

    The words are event, name, version, stage, type, path, description, ref, commit, previous_version and repo. A
    shallow checkout without tags is enough: what is lacking is read from the remote, and the checkout stays as it is.
    A ref that is no event of GTO gives an empty event, and the exit code 0.
    """
    from gto.ci.inquiry import inquire

    options.only_one(json=as_json, shell=as_shell)
    registry = options.open_clone(clone)
    trigger = _trigger(ref)
    needs_all = summary is not None or shows or tells or proof.required or proof.by_policy
    whole = _whole(registry) if needs_all else registry
    signatures = proof.begin(whole)
    answer = inquire(whole, trigger)
    proving.note_left_out(signatures, whole)
    for note in answer.notes:
        render.note(f"note: {note}")
    _hand_on(trigger, answer, dotenv, prints=not (as_json or as_shell))
    _print(answer, as_json=as_json, as_shell=as_shell)
    if shows and not (as_json or as_shell):
        _show(whole)
    if tells and not (as_json or as_shell):
        _tell(whole)
    if summary is not None:
        _summarize(whole, answer, summary)
    if pull and answer.event is not None:
        _pull(registry, answer, out)
    if exit_code and answer.event is None:
        raise SystemExit(_NO_EVENT)


def _trigger(ref: str | None) -> Trigger:
    from gto.ci.forge import TAGS, find_trigger

    found = find_trigger(os.environ)
    if ref is None:
        if not found.ref:
            raise click.UsageError("This is no job of a CI that GTO knows: name the tag with --ref")
        return found
    return found._replace(ref=ref if ref.startswith("refs/") else TAGS + ref, deleted=False)


def _whole(registry: Registry) -> Registry:
    """Open the registry with all its events and commits: the remote's, where there is one."""
    from gto.registry import basis

    return basis.of_remote(registry) if registry.repo.mirror is None and basis.has_remote(registry) else registry


def _hand_on(trigger: Trigger, answer: Answer, dotenv: str | None, *, prints: bool) -> None:
    """Write the outputs where the CI reads them, and where the caller wants them."""
    from gto.ci import channel
    from gto.ci.forge import Forge

    report = answer.report
    if trigger.forge is not None and trigger.forge.speaks_github:
        _append(os.environ.get("GITHUB_OUTPUT"), channel.as_github(report))
    elif trigger.forge is Forge.CIRCLECI:
        _append(os.environ.get("BASH_ENV"), channel.as_shell(report))
    elif trigger.forge is Forge.BITBUCKET:
        _append(os.environ.get("BITBUCKET_PIPELINES_VARIABLES_PATH"), channel.as_dotenv(report))
    elif trigger.forge is Forge.AZURE and prints:
        click.echo(channel.as_azure(report), nl=False)
    if dotenv is not None:
        from gto.registry import whole_file

        whole_file.replace(os.path.abspath(dotenv), channel.as_dotenv(report).encode())


def _append(path: str | None, text: str) -> None:
    if path:
        with open(path, "a", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            file.write(text)


def _print(answer: Answer, *, as_json: bool, as_shell: bool) -> None:
    from gto.ci import channel

    report = answer.report
    if as_json:
        render.as_json(report._asdict())
    elif as_shell:
        click.echo(channel.as_shell(report), nl=False)
    elif answer.event is None:
        render.say(f"No event of GTO: {escape.one_line(report.ref)}")
    else:
        for key, value in report._asdict().items():
            if value:
                render.say(f"{key:16}  {escape.one_line(value[:_LONGEST])}")


def _show(registry: Registry) -> None:
    from gto.core.table import overview_table
    from gto.core.view import Choice
    from gto.registry.overview import overview

    found = overview(registry, Choice())
    render.table(overview_table(found.rows, found.stages), plain=False)


def _tell(registry: Registry) -> None:
    from gto.core.table import history_table
    from gto.registry import reading

    render.table(history_table(reading.history(registry, None)), plain=False)


def _summarize(registry: Registry, answer: Answer, place: str) -> None:
    from gto.ci.summary import summary

    text = summary(registry, answer)
    path = place or os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        _append(path, text)
    else:
        render.say(text.rstrip("\n"))


def _pull(registry: Registry, answer: Answer, out: str | None) -> None:
    """Bring the files of the event's version, over what is there."""
    from gto.ci.inquiry import get_commit
    from gto.cli import transfer
    from gto.delivery import getting

    report, event = answer.report, answer.event
    assert event is not None  # noqa: S101  the caller asked
    get_commit(registry, event)
    chosen, located = getting.find(registry, report.name, event.commit)
    top = registry.repo.top or "."
    place = out or (None if "://" in chosen.path else os.path.join(top, chosen.path))
    with transfer.shown(located.name) as progress:
        delivered = getting.get(registry, chosen, located, getting.Manner(place, True, None, progress))  # noqa: FBT003
    for note in delivered.notes():
        render.note(f"note: {note}")
    render.note(f"pulled to {delivered.path}")
