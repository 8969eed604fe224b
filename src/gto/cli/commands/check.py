"""`gto check`: judge tags by the policy, as a server's hook would, or files before they are committed."""

import click

from gto.cli import options, render
from gto.core.policy import Verdict


@click.command(
    "check",
    cls=options.Command,
    short_help="Judge tags by the policy, or files before they are committed.",
    examples="""
    gto check churn#prod#3                          one tag of this repository
    gto check --range < lines                       what a push changed: lines of `old new ref`
    gto check churn@v1.0.0 --policy-from origin/main
    gto check --files dvc.yaml .gto                 annotations and settings, as they stand in the work tree
    """,
)
@options.repo
@options.argument("refs", "Tags, or with --files paths", nargs=-1, metavar="REF...")
@click.option("--range", "pushed", is_flag=True, help="Read lines of `old new ref` from stdin, as a hook gets them")
@click.option("--files", is_flag=True, help="Check files: artifacts.yaml, dvc.yaml, .gto, .gto.policy.yaml")
@click.option(
    "--policy-from",
    metavar="REV",
    help="The revision whose policy counts; default: the remote's default branch, with --range as it was before",
)
@options.allowed_signers
@click.option("--user", help="The name by which the server knows who pushed")
@options.as_json
def command(
    repo: str,
    refs: tuple[str, ...],
    pushed: bool,
    files: bool,
    policy_from: str | None,
    allowed_signers: str | None,
    user: str | None,
    as_json: bool,
) -> None:
    """Judge tags by the policy of the default branch, and by what no policy allows: moved and deleted events, say.

    What is checked out does not count. The exit code is 1 if a tag is refused. A tag that is no business of GTO is
    not named.

    With --files it is files of the work tree that are judged: whether what they say can be read. No tag is.
    """
    if files:
        if pushed or policy_from or user or allowed_signers:
            raise click.UsageError("--files judges no tags: leave --range, --policy-from, --user, --allowed-signers")
        _check_files(repo, refs, as_json=as_json)
        return
    from gto.registry.policy import check

    if bool(refs) == pushed:
        raise click.UsageError("Name tags, or use --range: `gto check churn#prod#3`, or `gto check --range < lines`")
    registry = options.open_registry(repo)
    signers = options.read_signers(allowed_signers)
    if pushed:
        source = check.default_source(registry, policy_from) if policy_from else None
        updates = check.parse_lines(options.read_lines())
        verdicts = check.check_push(registry, updates, source, signers=signers, user=user)
    else:
        source = check.default_source(registry, policy_from)
        verdicts = check.check_tags(registry, refs, source, signers=signers, user=user)
    show(verdicts, as_json=as_json)


def _check_files(repo: str, paths: tuple[str, ...], *, as_json: bool) -> None:
    from gto.registry.lint import proofread

    if not paths:
        raise click.UsageError("Name files: `gto check --files dvc.yaml .gto`")
    found = proofread(options.open_registry(repo), paths)
    if as_json:
        render.as_json([problem._asdict() for problem in found])
    for problem in () if as_json else found:
        render.say(f"{problem.subject}: {problem.reason} [{problem.code}]")
        if problem.hint:
            render.note(f"   {problem.hint}")
    if found:
        raise SystemExit(1)


def show(verdicts: list[Verdict], *, as_json: bool = False) -> None:
    """Print verdicts, and exit with 1 if a tag is refused."""
    if as_json:
        render.as_json([one.dict_state() for one in verdicts])
    else:
        for one in verdicts:
            if one.is_allowed:
                render.say(f"{one.ref}: allowed" + (f" by {', '.join(one.rules)}" if one.rules else ""))
            for reason in one.reasons:
                render.say(f"{one.ref}: refused: {reason}")
                if reason.hint:
                    render.note(f"   {reason.hint}")
    if any(not one.is_allowed for one in verdicts):
        raise SystemExit(1)
