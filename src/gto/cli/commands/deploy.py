"""`gto deploy`: versions on the targets that `deploy.yaml` declares: plan, apply, status, rollback, render."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from gto.cli import delivery_options, options, proof_options, render, tag_options
from gto.exceptions import GTOException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gto.cli.proof_options import Proof
    from gto.registry.registry import Registry
    from gto.registry.write.transaction import WriteOptions
    from gto.serve.deploy.planning import Planned
    from gto.serve.deploy.target import DeployTarget
    from gto.serve.deploy.wanted import VersionSource

_CHANGES = 2  # the exit code where something would change, or is not as Git says

_names = options.argument("names", help="Names of targets; all of them without", nargs=-1, metavar="[TARGET]...")
_seconds = click.option(
    "--timeout", type=click.IntRange(min=1), default=300, show_default=True, help="Seconds until a version must answer"
)


_reported = click.option(
    "--report",
    metavar="URL",
    help="Tell a Studio, too: the address of the repository's page there; GTO_STUDIO_TOKEN holds a token",
)


class DeployRequest(NamedTuple):
    """Where the targets are declared, and which events count."""

    repo: str
    path: str
    rev: str | None
    trust_remote: bool
    allow_local: bool
    proof: Proof

    def open(self) -> VersionSource:
        """Open the repository; only the events count that its policy allows."""
        from gto.dvc.dvc_config import RepositoryTrust
        from gto.serve.deploy.wanted import VersionSource

        registry = options.open_registry(self.repo)
        signatures = self.proof._replace(by_policy=True).begin(registry)
        trust = RepositoryTrust(registry.repo.is_own, self.trust_remote, self.allow_local)
        click.get_current_context().call_on_close(lambda: proof_options.note_left_out(signatures, registry))
        return VersionSource(registry, trust, self.proof.required)

    def targets(self, registry: Registry, names: Sequence[str]) -> tuple[DeployTarget, ...]:
        """Return the targets of these names, or all."""
        from gto.serve.deploy.deploy_file import choose_targets

        return choose_targets(self.declared(registry), names)

    def declared(self, registry: Registry) -> tuple[DeployTarget, ...]:
        """Return all targets that the file declares."""
        from gto.serve.deploy.deploy_file import read_targets

        return read_targets(registry, self.path, self.rev)


def _asking(function: options.Function) -> options.Function:
    """Declare what all commands here share; the command gets it as one value, `asked`."""

    @wraps(function)
    def call(
        *args: Any,  # noqa: ANN401  whatever the command takes
        repo: str,
        file: str,
        rev: str | None,
        trust_remote: bool,
        allow_local: bool,
        proof: Proof,
        **kwargs: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        return function(*args, asked=DeployRequest(repo, file, rev, trust_remote, allow_local, proof), **kwargs)

    named = click.option(
        "--file", metavar="PATH", default="deploy.yaml", show_default=True, help="The file of targets, from the root"
    )
    of = click.option("--rev", metavar="REF", help="Read that file at this commit, branch or tag")
    trusting = delivery_options.trust_options(proof_options.checked(shown=False)(call))
    return cast("options.Function", options.repo(named(of(trusting))))


@click.group("deploy", short_help="Run versions on targets, as deploy.yaml says.")
def command() -> None:
    """Bring versions to the targets that `deploy.yaml` declares in Git, and say what runs where.

    A target runs what is in its stage. What runs is recorded on the target itself; there is no other state.
    """


@command.command(
    "plan",
    cls=options.Command,
    short_help="What apply would change; exit code 2 if anything.",
    examples="""
    gto deploy plan
    gto deploy plan prod-eu --json
    """,
)
@_asking
@_names
@options.as_json
def plan(names: tuple[str, ...], asked: DeployRequest, as_json: bool) -> int:
    """Say what `gto deploy apply` would do on each target, and how its files would change. Nothing is written.

    Exit code 0 says that there is nothing to do, 2 that there is, and 1 that a target cannot be asked, or that what
    it shall run is refused.
    """
    from gto.serve.deploy.planning import plan_target

    source = asked.open()
    planned = [plan_target(source, one) for one in asked.targets(source.registry, names)]
    if as_json:
        render.as_json({"targets": [{**one.as_dict(), "diff": one.diff} for one in planned]})
    else:
        for one in planned:
            _say_planned(one)
    return 1 if any(one.is_problem for one in planned) else _CHANGES if any(one.is_change for one in planned) else 0


def _say_planned(one: Planned) -> None:
    wanted = one.wanted.version if one.wanted is not None else ""
    step = f"{one.before or 'nothing'} -> {wanted}" if one.is_change else one.before or wanted or "-"
    render.say(f"{one.target.name}  {one.target.selector}  {step}  {one.action}")
    for reason in one.why:
        render.say(f"  {reason}")
    if one.error is not None and one.error.hint:
        render.note(f"  {one.error.hint}")
    render.lines(f"  {line}" for line in one.diff.splitlines())


@command.command(
    "apply",
    cls=options.Command,
    short_help="Bring targets to what Git says.",
    examples="""
    gto deploy apply
    gto deploy apply prod-eu --timeout 600
    gto watch --stage prod -- gto deploy apply --only-changed
    """,
)
@_asking
@_names
@click.option(
    "--only-changed",
    is_flag=True,
    help="Only targets of the artifact and stage that the event in the environment is of (GTO_NAME, GTO_STAGE)",
)
@_reported
@_seconds
@options.as_json
def apply(
    names: tuple[str, ...], asked: DeployRequest, only_changed: bool, report: str | None, timeout: int, as_json: bool
) -> int:
    """Bring each target to what Git says, wait until it answers, and print what was done.

    Where the new version does not get ready, what ran before is put back, and the exit code is 1. A target that is
    as Git says is left alone; one that an `apply` left half-way is mended. Two at a time wait for each other.
    """
    source = asked.open()
    targets = asked.targets(source.registry, names)
    chosen = _of_event(targets) if only_changed else targets
    code = _apply(source, chosen, timeout, as_json=as_json)
    if report is not None:
        from gto.serve.deploy.planning import plan_target

        _report(report, source.registry, [plan_target(source, one) for one in chosen])
    return code


def _of_event(targets: Sequence[DeployTarget]) -> tuple[DeployTarget, ...]:
    """Return the targets that an event is about; GTO_EVENT, GTO_NAME and GTO_STAGE tell it."""
    import os

    from gto.core import selector
    from gto.exceptions import UsageError

    name, stage = os.environ.get("GTO_NAME", ""), os.environ.get("GTO_STAGE", "")
    if not os.environ.get("GTO_EVENT"):
        if "GTO_EVENT" in os.environ:  # a tag of a CI's that is no event
            return ()
        raise UsageError("--only-changed needs an event", "`gto watch -- gto deploy apply --only-changed` tells it")
    wanted = [(selector.parse(one.selector), one) for one in targets]
    # Without a stage it is of the whole artifact: a version taken back, an artifact deprecated.
    return tuple(
        one for of, one in wanted if of.name == name and (not stage or of.pick.value != "stage" or of.value == stage)
    )


def _apply(source: VersionSource, targets: Sequence[DeployTarget], timeout: int, *, as_json: bool) -> int:
    from gto.serve.deploy.applying import ApplyManner, apply_target

    told: list[dict[str, object]] = []
    failed = False
    for target in targets:
        try:
            done = apply_target(source, target, ApplyManner(timeout, render.note))
        except GTOException as error:
            failed = True
            render.complain(error.message, error.hint)
            told.append({"target": target.name, "error": {"message": error.message, "hint": error.hint}})
            continue
        told.append({**done.as_dict(), "ready": True})
        if not as_json:
            version = done.wanted.version if done.wanted is not None else ""
            what = f"{done.before or 'nothing'} -> {version}" if done.is_change else f"{version}, as it was"
            render.say(f"{target.name}  {target.selector}  {what}")
    if as_json:
        render.as_json({"targets": told})
    return 1 if failed else 0


@command.command(
    "status",
    cls=options.Command,
    short_help="Git beside what runs.",
    examples="""
    gto deploy status
    gto deploy status --exit-code --json
    gto deploy status --report https://studio.example.com/r/models
    """,
)
@_asking
@_names
@click.option("--exit-code", is_flag=True, help="End with 2 where a target is not as Git says, 1 where one is silent")
@_reported
@options.plain
@options.as_json
def status(
    names: tuple[str, ...], asked: DeployRequest, exit_code: bool, report: str | None, plain: bool, as_json: bool
) -> int:
    """Say of each target which version Git wants there, and which one runs."""
    from gto.serve.deploy.planning import plan_target

    source = asked.open()
    found = [plan_target(source, one) for one in asked.targets(source.registry, names)]
    if report is not None:
        _report(report, source.registry, found)
    if as_json:
        render.as_json({"targets": [{**one.as_dict(), "state": str(one.state)} for one in found]})
    else:
        from gto.output.tables import Table

        rows = tuple(
            (one.target.name, one.target.kind, one.target.selector, one.wanted and one.wanted.version,
             one.before or None, _state(one))
            for one in found
        )  # fmt: skip
        render.table(Table(("target", "kind", "selector", "git says", "runs", "state"), rows, wraps=True), plain=plain)
    if not exit_code:
        return 0
    return 1 if any(one.is_problem for one in found) else _CHANGES if any(one.is_change for one in found) else 0


def _report(url: str, registry: Registry, found: Sequence[Planned]) -> None:
    from gto.serve.deploy.studio_report import find_address, send_report

    untold = send_report(find_address(url, registry), found)
    if untold:
        render.note(f"note: Studio is told nothing of what Git refuses: {', '.join(untold)}")


def _state(one: Planned) -> str:
    """Say how a target stands to Git, and why where the versions beside it do not tell."""
    if one.action in ("none", "create") or (one.wanted is not None and one.before not in ("", one.wanted.version)):
        return str(one.state)
    why = one.running.detail if one.running is not None and one.state == "not ready" else "; ".join(one.why)
    return f"{one.state}: {why}" if why else str(one.state)


@command.command(
    "rollback",
    cls=options.Command,
    short_help="Put the previous version back into a target's stage, and apply.",
    examples="""
    gto deploy rollback prod-eu
    gto deploy rollback prod-eu --to v1.1.0 --push
    """,
)
@_asking
@options.argument("name", help="Name of the target", metavar="TARGET")
@click.option("--to", metavar="VERSION", help="The version to go back to, if it is not the one before")
@tag_options.written()
@_seconds
@options.as_json
def rollback(name: str, asked: DeployRequest, to: str | None, manner: WriteOptions, timeout: int, as_json: bool) -> int:
    """Assign the previous version to the target's stage, as `gto rollback` does, then apply every target of the stage.

    The change is in Git first: what runs is never another than what Git says.
    """
    from gto.core import selector
    from gto.core.selector import Pick
    from gto.exceptions import UsageError
    from gto.registry.write import verbs

    registry = options.open_registry(asked.repo)
    (target,) = asked.targets(registry, [name])
    wanted = selector.parse(target.selector)
    if wanted.pick is not Pick.STAGE:
        hint = "change the selector in the file, commit it, and `gto deploy apply`"
        raise UsageError(f"'{name}' runs '{target.selector}', which is no stage", hint)
    outcome = verbs.rollback(registry, wanted.name, wanted.value, to, manner)
    for line in (*outcome.lines(), *(f"note: {one}" for one in outcome.notes)):
        render.note(line)
    again = asked.open()
    same = [one for one in asked.declared(again.registry) if one.selector == target.selector]
    return _apply(again, same, timeout, as_json=as_json)


@command.command(
    "render",
    cls=options.Command,
    short_help="Write the files for Argo CD or Flux.",
    examples="""
    gto deploy render -o manifests
    gto deploy render prod-eu -o manifests --json
    """,
)
@_asking
@_names
@click.option(
    "-o", "--out", metavar="DIR", required=True, callback=options.not_empty, help="Each target gets a directory in it"
)
@click.option("--force", is_flag=True, help="Overwrite files that are there, and that GTO did not write")
@options.as_json
def render_files(names: tuple[str, ...], asked: DeployRequest, out: str, force: bool, as_json: bool) -> None:
    """Write the files of targets below a directory, the same for the same Git, and print those that changed.

    Commit them where Argo CD or Flux looks; `apply` is then not needed. Files of targets that are gone from deploy.yaml
    are removed, but only those that GTO wrote.
    """
    from gto.serve.deploy.kinds import find_kind
    from gto.serve.deploy.rendering import write_tree
    from gto.serve.deploy.wanted import want

    source = asked.open()
    rendered = {}
    for target in asked.targets(source.registry, names):
        platform, wanted = find_kind(target.kind).make(), want(source, target)
        rendered[target.name] = platform.render(wanted)
        platform.validate(wanted, rendered[target.name])
    declared = [one.name for one in asked.declared(source.registry)]
    done = write_tree(out, rendered, declared, force=force)
    for path in done.left:
        render.note(f"note: '{path}' is of a target that is gone, and was changed since: it is left")
    if as_json:
        render.as_json({"directory": out, **{key: list(value) for key, value in done._asdict().items()}})
    else:
        render.lines([*done.written, *(f"{path} (removed)" for path in done.removed)])
