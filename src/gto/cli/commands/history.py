"""`gto history`: what happened, and when."""

import click

from gto.cli import catalog_options, options, proof_options, render
from gto.cli.catalog_options import Across
from gto.cli.proof_options import Proof
from gto.core.dates import parse_date
from gto.output import published, signature_columns
from gto.output.tables import history_table
from gto.registry import version_reader
from gto.registry.registry import Registry
from gto.registry.version_reader import HistoryQuery


@click.command(
    "history",
    cls=options.Command,
    paged=True,
    short_help="Show a journal of registry operations.",
    examples="""
    gto history
    gto history churn --ascending
    gto history --since 2026-01-01 --until 2026-01-31
    gto history 'fraud-*' --limit 20
    gto history --all               all repositories of the catalogue
    """,
)
@options.repo
@options.name_argument("Artifact, or a pattern such as 'fraud-*'; empty for all", required=False)
@options.as_json
@options.plain
@options.limit
@click.option("--ascending", "--asc", "ascending", is_flag=True, help="Show old first")
@click.option("--since", metavar="DATE", help="Only events from then on: 2026-01-31, or an ISO time")
@click.option("--until", metavar="DATE", help="Only events up to then; a day counts whole")
@click.option("-a", "--all-branches", is_flag=True, hidden=True, help="Tags are of all branches anyway")
@click.option("-A", "--all-commits", is_flag=True, hidden=True, help="Tags are of all commits anyway")
@proof_options.checked()
@catalog_options.catalogue
def command(
    repo: str,
    name: str | None,
    as_json: bool,
    plain: bool,
    limit: int | None,
    ascending: bool,
    since: str | None,
    until: str | None,
    all_branches: bool,  # noqa: ARG001  GTO 0.x had it; events were always found everywhere
    all_commits: bool,  # noqa: ARG001
    across: Across,
    proof: Proof,
) -> None:
    """Show a journal of registry operations, the newest first.

    With --all or --catalog, NAME is `repository` or `repository/artifact`; the exit code is 1 if a repository could
    not be read.
    """
    options.only_one(json=as_json, plain=plain)
    first = None if since is None else parse_date(since, end=False)
    last = None if until is None else parse_date(until, end=True)

    def keep(second: int) -> bool:
        return (first is None or second >= first) and (last is None or second <= last)

    if across.wanted:
        proof.refuse()
        options.refuse_limit(limit)
        _across(across, repo, name, HistoryQuery(ascending, keep), as_json=as_json, plain=plain)
        return
    registry = options.open_registry(repo)
    signatures = proof.begin(registry)
    events = version_reader.history(registry, name or None, ascending=ascending, keep=keep)
    proof_options.note_left_out(signatures, registry)
    if limit is not None and len(events) > limit:
        render.note(f"note: {len(events) - limit} older event(s) are not shown (--limit)")
        events = events[-limit:] if ascending else events[:limit]
    if signatures is not None and proof.shown:
        events = signatures.on(events)
    if name and not events:
        _explain(registry, name, everything=first is None and last is None)
    if as_json:
        render.as_json([published.history_line(event) for event in events])
        return
    table = history_table(events)
    if proof.shown:
        table = signature_columns.rows(table, [event.signature for event in events])
    render.table(table, plain=plain)


def _explain(registry: Registry, name: str, *, everything: bool) -> None:
    """Say that nothing is known of an artifact, or nothing of that time, and what the name may have meant."""
    from gto.cli import hints

    reason = f"there is no event of '{name}'{'' if everything else ' in that time'}"
    render.note(f"note: {reason}{hints.meant(registry, {'name': name})}")


def _across(across: Across, repo: str, name: str | None, asked: HistoryQuery, *, as_json: bool, plain: bool) -> None:
    from gto.catalog import combined

    found = combined.history(across.search(repo), name or None, asked, across.way())
    if as_json:
        render.as_json(found.as_dict())
    else:
        render.table(found.table(), plain=plain)
    catalog_options.end(found.failures)
