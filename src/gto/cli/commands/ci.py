"""`gto ci`: what the tag that started a CI job means, handed on to the job's next steps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gto.cli import options, proof_options, render
from gto.exceptions import UsageError
from gto.output import escape

if TYPE_CHECKING:
    from gto.ci.environment import Trigger
    from gto.ci.event_lookup import JobEvent
    from gto.cli.proof_options import Proof
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
    gto ci --shell > gto.sh && . ./gto.sh   GTO_EVENT, GTO_NAME, GTO_VERSION and so on
    gto ci --dotenv gto.env --pull --summary
    """,
    offline_help="Ask no remote: the tags and commits that are here count",
)
@options.repo
@click.option("--ref", help="The tag or ref; default: what the environment of the CI says")
@options.as_json
@click.option("--shell", "as_shell", is_flag=True, help="Print `export GTO_...` lines for a POSIX shell")
@click.option("--dotenv", metavar="FILE", help="Write `GTO_...=` lines too, each value on one line")
@click.option("--pull", is_flag=True, help="Download the version's files to where its annotation says")
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
@proof_options.checked(shown=False)
def command(
    repo: str,
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

    The fields are event, name, version, stage, type, path, description, ref, commit, previous_version and repo; where
    facts are kept beside the model, also framework, code_on_load and model_facts, the path of the facts. A shallow
    checkout without tags is enough: what is lacking is read from the remote, and the tags and commits of the checkout
    stay as they are. A ref that is no event of GTO gives an empty event, and the exit code 0.
    """
    from gto.ci.event_lookup import address, inquire

    options.only_one(json=as_json, shell=as_shell)
    _check_options(summary, out, pull=pull, prints=not (as_json or as_shell), shows=shows or tells)
    render.show_progress()
    registry = options.open_registry(repo)
    trigger = _trigger(ref)
    trigger = trigger._replace(repo=trigger.repo or address(registry))
    needs_all = summary is not None or shows or tells or proof.required or proof.by_policy
    whole = _whole(registry) if needs_all else registry
    signatures = proof.begin(whole)
    answer = inquire(whole, trigger, offline=options.is_offline())
    if answer.event is None:
        proof_options.refuse_left_out(signatures, whole, trigger.tag or "")
    proof_options.note_left_out(signatures, whole)
    for note in answer.notes:
        render.note(f"note: {note}")
    _hand_on(trigger, answer, dotenv, prints=not (as_json or as_shell))
    _print(answer, as_json=as_json, as_shell=as_shell)
    if shows:
        _show(whole)
    if tells:
        _tell(whole)
    if summary is not None:
        _summarize(whole, answer, summary)
    if pull and answer.event is not None:
        # What a job's checkout is of, it may replace; other files that are there stay as they are.
        _pull(registry, answer, out, force=trigger.forge is not None and registry.repo.rev == answer.event.commit)
    if exit_code and answer.event is None:
        raise SystemExit(_NO_EVENT)


def _check_options(summary: str | None, out: str | None, *, pull: bool, prints: bool, shows: bool) -> None:
    """Refuse what would print tables or Markdown into an answer for a program, and what would do nothing."""
    if not prints and shows:
        raise UsageError("--show and --history print for people", "leave --json and --shell out")
    if not prints and summary == "" and not os.environ.get("GITHUB_STEP_SUMMARY"):
        raise UsageError("The summary would stand in the midst of the answer", "name a file: --summary FILE")
    if out is not None and not pull:
        raise UsageError("--out says where to put what --pull brings", "add --pull")


def _trigger(ref: str | None) -> Trigger:
    from gto.ci.environment import TAGS, find_trigger

    found = find_trigger(os.environ)
    if ref is None:
        if not found.ref:
            hint = "name the tag: gto ci --ref churn#prod#3"
            raise UsageError("Nothing says which tag started this job, or it is no job of a CI that GTO knows", hint)
        return found
    return found._replace(ref=ref if ref.startswith("refs/") else TAGS + ref, deleted=False, commit="")


def _whole(registry: Registry) -> Registry:
    """Open the registry with all its events and commits: the remote's, where there is one."""
    from gto.ci.event_lookup import asking
    from gto.registry import remote_check

    if options.is_offline() or not registry.repo.is_own or not remote_check.has_remote(registry):
        return registry
    with asking():
        return remote_check.of_remote(registry)


def _hand_on(trigger: Trigger, answer: JobEvent, dotenv: str | None, *, prints: bool) -> None:
    """Write the outputs where the CI reads them, and where the caller wants them."""
    from gto.ci import job_outputs
    from gto.ci.environment import CiSystem

    report = answer.report
    if trigger.forge is not None and trigger.forge.speaks_github:
        _append(os.environ.get("GITHUB_OUTPUT"), job_outputs.as_github(report))
    elif trigger.forge is CiSystem.CIRCLECI:
        _append(os.environ.get("BASH_ENV"), job_outputs.as_shell(report))
    elif trigger.forge is CiSystem.BITBUCKET:
        _append(os.environ.get("BITBUCKET_PIPELINES_VARIABLES_PATH"), job_outputs.as_dotenv(report))
    elif trigger.forge is CiSystem.AZURE and prints:
        click.echo(job_outputs.as_azure(report), nl=False)
    if dotenv is not None:
        from gto.fs import atomic_write

        text = job_outputs.as_gitlab(report) if trigger.forge is CiSystem.GITLAB else job_outputs.as_dotenv(report)
        atomic_write.replace(os.path.abspath(dotenv), escape.as_utf8(text))


def _append(path: str | None, text: str) -> None:
    """Add lines to a file; they begin a line there, whatever another step left."""
    if not path:
        return
    data = escape.as_utf8(text)
    if os.path.isfile(path) and os.path.getsize(path):
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            data = data if file.read(1) == b"\n" else b"\n" + data
    with open(path, "ab") as file:
        file.write(data)


def _print(answer: JobEvent, *, as_json: bool, as_shell: bool) -> None:
    from gto.ci import job_outputs

    report = answer.report
    if as_json:
        render.as_json(report._asdict())
    elif as_shell:
        click.echo(job_outputs.as_shell(report), nl=False)
    elif answer.event is None:
        render.say(f"No event of GTO: {escape.one_line(report.ref)}")
    else:
        for key, value in report._asdict().items():
            if value:
                render.say(f"{key:16}  {escape.one_line(value[:_LONGEST])}")


def _show(registry: Registry) -> None:
    from gto.core.view import Choice
    from gto.output.tables import overview_table
    from gto.registry.overview import overview

    found = overview(registry, Choice())
    render.table(overview_table(found.rows, found.stages), plain=False)


def _tell(registry: Registry) -> None:
    from gto.output.tables import history_table
    from gto.registry import version_reader

    render.table(history_table(version_reader.history(registry, None)), plain=False)


def _summarize(registry: Registry, answer: JobEvent, place: str) -> None:
    from gto.ci.summary import summary

    text = summary(registry, answer)
    path = place or os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        _append(path, text)
    else:
        render.say(text.rstrip("\n"))


def _pull(registry: Registry, answer: JobEvent, out: str | None, *, force: bool) -> None:
    """Bring the files of the event's version; with `force` over what is there."""
    from gto.ci.event_lookup import get_commit
    from gto.cli import download_progress
    from gto.core.tag import Kind
    from gto.delivery import get

    report, event = answer.report, answer.event
    assert event is not None  # noqa: S101  the caller asked
    if event.kind not in {Kind.REGISTRATION, Kind.ASSIGNMENT}:
        render.note(f"note: {event.kind.noun} brings no version: nothing is pulled")
        return
    get_commit(registry, event, offline=options.is_offline())
    chosen, located = get.find(registry, report.name, event.commit)
    place = out or _place(registry, chosen.path)
    with download_progress.shown(located.name) as progress:
        delivered = get.get(registry, chosen, located, get.GetOptions(place, force, None, progress))
    for note in delivered.notes():
        render.note(f"note: {note}")
    render.note(f"pulled to {delivered.path}")


def _place(registry: Registry, path: str) -> str | None:
    """Return where in the checkout files go that an annotation names; None where it names a web address.

    Whoever may push a tag wrote it: it leads neither out of the checkout nor into Git's own directory.
    """
    from gto.storage import target_paths

    if "://" in path and not path.lower().startswith("file:"):
        return None
    top = registry.repo.top or "."
    target_paths.check_path(path)
    target_paths.check_parents(top, path)
    return os.path.join(top, path)
