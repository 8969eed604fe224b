"""`gto show`: the registry, or one artifact's versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.cli import catalog_options, options, proof_options, render
from gto.core.selector import Pick, Selector, is_pattern
from gto.core.selector import parse as parse_selector
from gto.core.view import Choice, Sort
from gto.exceptions import ArtifactNotFound, UsageError
from gto.output.tables import Table, overview_table, version_table
from gto.registry.overview import ArtifactFilter, Look, look_at

if TYPE_CHECKING:
    from gto.catalog.repositories import Failure
    from gto.cli.catalog_options import Across
    from gto.cli.proof_options import Proof
    from gto.registry.registry import Registry
    from gto.registry.signatures import Signatures


@click.command(
    "show",
    cls=options.Command,
    paged=True,
    short_help="Show the registry, an artifact's versions, or what is in a stage.",
    examples="""
    gto show                        all artifacts, their latest versions, what is in which stage
    gto show 'fraud-*' --limit 20   the first 20 artifacts whose names match
    gto show churn                  the versions of one artifact
    gto show churn@latest --ref     the tag of its highest version
    gto show churn#prod --version   the version that is in prod
    gto show --at 2026-01-31        the registry as it was
    gto show --all                  all repositories of the catalogue
    gto show --all repo/churn#prod  one artifact there
    """,
)
@options.repo
@options.branch
@options.name_argument(
    "NAME, NAME@latest, NAME@v1.2.3, NAME#stage, or a pattern; empty for the registry", required=False
)
@options.as_json
@options.plain
@options.limit
@click.option("--name", "show_name", is_flag=True, help="Show artifact names")
@click.option("--version", "show_version", is_flag=True, help="Output artifact version")
@click.option("--stage", "show_stage", is_flag=True, help="Show artifact stage")
@click.option("--ref", "show_ref", is_flag=True, help="Show ref")
@click.option("--ro", "--registered-only", "registered_only", is_flag=True, help="Show only registered versions")
@click.option("-d", "--deprecated", is_flag=True, help="Include deprecated in output")
@click.option(
    "--av",
    "--assignments-per-version",
    "assignments_per_version",
    default=-1,
    show_default=True,
    help="Show N last stages of each version; -1: all",
)
@click.option(
    "--vs",
    "--versions-per-stage",
    "versions_per_stage",
    default=1,
    show_default=True,
    help="Show N last versions of each stage, chosen after --av; -1: all",
)
@click.option(
    "--sort",
    type=click.Choice([sort.value for sort in Sort]),
    default="timestamp",
    show_default=True,
    help="Which version a stage shows: the last assigned, or the greatest",
)
@click.option("--type", "type_", help="Only artifacts whose annotation says this type")
@click.option("--label", "labels", multiple=True, help="Only artifacts whose annotation has this label (repeatable)")
@click.option(
    "--in-stage",
    metavar="STAGE",
    help="Only artifacts, or versions, that are in this stage",
    shell_complete=options.stages,
)
@click.option(
    "--at",
    metavar="DATE",
    help="The registry as it was then: 2026-01-31, or an ISO time; a day counts whole, in your time zone",
)
@click.option("-a", "--all-branches", is_flag=True, help="Find annotations in the tips of all branches")
@click.option("-A", "--all-commits", is_flag=True, help="Find annotations in all commits")
@click.option("-e", "--expected", is_flag=True, help="Exit with 1 if nothing is found")
@proof_options.checked()
@catalog_options.catalogue
def command(
    repo: str,
    branch: str | None,
    name: str | None,
    as_json: bool,
    plain: bool,
    limit: int | None,
    show_name: bool,
    show_version: bool,
    show_stage: bool,
    show_ref: bool,
    registered_only: bool,
    deprecated: bool,
    assignments_per_version: int,
    versions_per_stage: int,
    sort: str,
    type_: str | None,
    labels: tuple[str, ...],
    in_stage: str | None,
    at: str | None,
    all_branches: bool,
    all_commits: bool,
    expected: bool,
    across: Across,
    proof: Proof,
) -> None:
    """Show the registry state, the versions of an artifact, the highest version, or what is in a stage.

    With --all or --catalog, NAME is `repository`, or `repository/artifact` and what may follow; a repository that
    cannot be read is a line on stderr, the others are shown, and the exit code is 1.
    """
    fields = {"name": show_name, "version": show_version, "stage": show_stage, "ref": show_ref}
    options.only_one(json=as_json, plain=plain, **fields)
    field = next((key for key, asked in fields.items() if asked), None)
    choice = Choice(registered_only, deprecated, assignments_per_version, versions_per_stage, Sort(sort))
    until = None if at is None else _second(at)
    pattern, name = (name, None) if name and is_pattern(name) and not across.wanted else (None, name)
    look = Look(choice, ArtifactFilter(type_, labels, in_stage, pattern), until, all_branches, all_commits, limit)
    if name and (not across.wanted or "/" in name):
        _refuse(type=type_, label=labels, all_branches=all_branches, all_commits=all_commits)
    if across.wanted:
        proof.refuse()
        options.refuse_limit(limit)
        table, value, failures = read_all(across, repo, name, look, details=as_json)
    else:
        failures = ()
        registry = options.open_registry(repo, branch or "HEAD")
        signatures = proof.begin(registry)
        read = _one if name else _all
        table, value = read(registry, name or "", look, signatures if proof.shown else None, details=as_json)
        proof_options.note_left_out(signatures, registry)
    if as_json:
        render.as_json(value)
    else:
        _print(table, field, plain=plain)
    catalog_options.end(failures, code=1 if expected and not table.rows else 0)


def _second(text: str) -> int:
    from gto.core.dates import parse_date

    return parse_date(text, end=True)


def _refuse(**given: object) -> None:
    for word, value in given.items():
        if value:
            raise UsageError(f"--{word.replace('_', '-')} is for the whole registry", "leave NAME or the option out")


def _all(
    registry: Registry, _: str, look: Look, signatures: Signatures | None, *, details: bool
) -> tuple[Table, object]:
    seen = look_at(registry, look)
    if seen.set_aside:
        render.note(f"note: {seen.set_aside} tag(s) were set aside: see `gto doctor`")
    if seen.left_out:
        render.note(f"note: {seen.left_out} artifact(s) are not shown (--limit)")
    if not seen.rows:
        _explain_nothing(registry, look)
    table, value = overview_table(seen.rows, seen.stages), seen.dicts() if details else {}
    if signatures is None:
        return table, value
    from gto.output import signature_columns

    found = signatures.under_artifacts(look.until)
    return signature_columns.overview(table, found), signature_columns.artifacts(value, found)


def _one(
    registry: Registry, name: str, look: Look, signatures: Signatures | None, *, details: bool
) -> tuple[Table, object]:
    from gto.registry import version_reader

    selector = parse_selector(name)
    try:
        found = version_reader.versions(registry, selector, look.choice, until=look.until, details=details)
    except ArtifactNotFound as error:
        first = _first(registry, look, name=selector.name)
        error.hint = first or error.hint
        raise
    if look.wanted.stage is not None:
        found = found.in_stage(look.wanted.stage)
    if look.limit is not None and len(found.rows) > look.limit:
        render.note(f"note: {len(found.rows) - look.limit} version(s) are not shown (--limit)")
        found = found._replace(rows=found.rows[: look.limit])
    if not found.rows:
        _explain(registry, selector, look.wanted.stage, hidden=found.hidden)
    table = version_table(selector.name, found.rows, found.enriched.commits, known=found.known)
    value = found.dicts() if details else []
    if signatures is None:
        return table, value
    from gto.output import signature_columns
    from gto.registry import files_signers

    commits = [(row.version.name, row.version.commit) for row in found.rows]
    for line in files_signers.tell(files_signers.who_signed(registry, selector.name, commits)):
        render.note(f"note: {line}")
    under = signatures.under_versions(found.rows)
    return signature_columns.rows(table, under), signature_columns.dicts(value, under) if details else None


def _explain_nothing(registry: Registry, look: Look) -> None:
    """Say why the registry has nothing to show, where something was asked for that it may lack."""
    if look.wanted.stage is not None:
        _note(registry, f"no artifact is in stage '{look.wanted.stage}'", in_stage=look.wanted.stage)
    first = _first(registry, look)
    if first:
        render.note(f"note: {first}")


def _first(registry: Registry, look: Look, name: str | None = None) -> str:
    """Return when the first event was, where the registry is shown as it was before."""
    if look.until is None:
        return ""
    from gto.registry import version_reader

    times = [event.created_at for event in version_reader.history(registry, name, ascending=True)[:1]]
    of = f" of '{name}'" if name else ""
    return (
        f"the first event{of} was at {render.moment(times[0])}" if times and times[0].timestamp() > look.until else ""
    )


def _explain(registry: Registry, selector: Selector, stage: str | None, *, hidden: bool) -> None:
    if hidden:
        render.note(f"note: '{selector.name}' is deprecated: -d shows it")
        return
    if selector.pick is Pick.STAGE:
        reason = f"no version of '{selector.name}' is in stage '{selector.value}'"
    elif selector.pick is Pick.VERSION:
        reason = f"'{selector.name}' has no version '{selector.value}', or it is deregistered: -d shows those"
    else:
        reason = f"'{selector.name}' has no version to show"
    _note(registry, reason, name=str(selector), in_stage=stage)


def _note(registry: Registry, reason: str, **typed: str | None) -> None:
    """Say why there is nothing to show, and what the words may have meant."""
    from gto.cli import hints

    render.note(f"note: {reason}{hints.meant(registry, typed)}")


def _print(found: Table, field: str | None, *, plain: bool) -> None:
    if field is None:
        render.table(found, plain=plain)
    elif field not in found.columns and found.rows:
        raise UsageError(f"Cannot apply --{field}", f"the columns here are {', '.join(found.columns)}")
    elif found.rows:
        render.lines(str(cell) for cell in found.column(field))


def read_all(
    where: Across, repo: str, address: str | None, look: Look, *, details: bool
) -> tuple[Table, object, tuple[Failure, ...]]:
    """Read what an address names, all without one; return its table, what --json prints, and what failed."""
    from gto.catalog import combined  # only where a catalogue is asked for
    from gto.catalog.repositories import choose, parse_address

    found = where.search(repo)
    parsed = parse_address(address) if address else None
    if parsed and parsed.rest:
        one = combined.show_versions(found, parsed, look, where.way(), details=details)
        return one.table(), one.as_dict() if details else None, one.failures
    shown = combined.show(choose(found, [parsed.repo]) if parsed else found, look, where.way())
    for place, part in shown.parts:
        if part.set_aside:
            hint = f"see `gto doctor -r {place.address}`"
            render.note(f"note: {place.name}: {part.set_aside} tag(s) were set aside: {hint}")
    return shown.table(), shown.as_dict() if details else None, shown.failures
