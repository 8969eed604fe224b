"""`gto export`: the registry in the formats of other systems."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gto.cli import delivery_options, options, proof_options, render, write_out
from gto.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.cli.proof_options import Proof
    from gto.export.inventory import Inventory
    from gto.registry.registry import Registry

_out = click.option(
    "-o",
    "--out",
    metavar="FILE",
    callback=options.not_empty,
    help="Write to a file, whole or not at all; `-`, the default, is stdout",
)
_address = click.option("--address", metavar="URL", help="What to call the repository; default: its remote's address")


@click.group("export", short_help="Write the registry in the formats of other systems.")
def command() -> None:
    """Write the registry, or one version, in the formats of other systems; the same tags give the same bytes."""


@command.command(
    "json",
    cls=options.Command,
    short_help="The whole registry as one JSON document.",
    examples="""
    gto export json
    gto export json -r https://example.com/team/models.git -o registry.json
    """,
)
@options.repo
@_out
@proof_options.checked(shown=False)
def json_(repo: str, out: str | None, proof: Proof) -> None:
    """Write artifacts with annotations, versions (the highest first), the stages that they are in, and events."""
    from gto.export.registry_json import document

    with _opened(repo, proof) as registry:
        write_out.write(write_out.json_text(document(_read(registry)), indent=4), out)


@command.command(
    "csv",
    cls=options.Command,
    short_help="Versions or events for a spreadsheet.",
    examples="""
    gto export csv -o versions.csv
    gto export csv --events
    """,
)
@options.repo
@click.option("--events", is_flag=True, help="One row an event, the oldest first, instead of one row a version")
@_out
@proof_options.checked(shown=False)
def csv_(repo: str, events: bool, out: str | None, proof: Proof) -> None:
    """Write a row for each version, or for each event.

    A row is one line. An apostrophe stands before whatever a spreadsheet would run as a formula.
    """
    from gto.export import csv

    with _opened(repo, proof) as registry:
        found = _read(registry)
    write_out.write(csv.events(found) if events else csv.versions(found), out)


@command.command(
    "backstage",
    cls=options.Command,
    short_help="Entities for a Backstage catalogue.",
    examples="""
    gto export backstage --owner group:default/ml -o catalog-info.yaml
    """,
)
@options.repo
@click.option("--owner", default="unknown", show_default=True, help="The owner where no annotation names one")
@click.option("--system", help="The system that the artifacts belong to")
@click.option(
    "--production",
    "stages",
    multiple=True,
    metavar="STAGE",
    default=("prod", "production"),
    show_default=True,
    help="A stage that means production (repeatable)",
)
@_address
@_out
@proof_options.checked(shown=False)
def backstage(
    repo: str,
    owner: str,
    system: str | None,
    stages: tuple[str, ...],
    address: str | None,
    out: str | None,
    proof: Proof,
) -> None:
    """Write an entity for each artifact: a Component, or a Resource where its type is `dataset` or `data`.

    `owner` in the annotation's custom metadata names the owner of one artifact.
    """
    from gto.export import backstage as catalogue

    for word in (owner, system):
        if word is not None and not catalogue.is_owner(word):
            raise UsageError(f"'{word}' cannot be an entity of Backstage", "write it like 'ml' or 'group:default/ml'")
    with _opened(repo, proof) as registry:
        house = catalogue.House(owner, system, stages, _address_of(registry, address))
        found = catalogue.entities(_read(registry), house)
    write_out.write(catalogue.text(found), out)


@command.command(
    "readme",
    cls=options.Command,
    short_help="A table in Markdown, kept up to date in a file.",
    examples="""
    gto export readme
    gto export readme --write README.md
    gto export readme --write README.md --check    in CI: exit code 1 if it is out of date
    """,
)
@options.repo
@click.option("--write", metavar="FILE", help="Put the table between the markers of FILE; without markers, at its end")
@click.option("--check", is_flag=True, help="With --write: change nothing, and exit with 1 if FILE would change")
@_out
@proof_options.checked(shown=False)
def readme(repo: str, write: str | None, check: bool, out: str | None, proof: Proof) -> None:
    """Write a table of the artifacts that are not deprecated.

    The markers are the lines `<!-- gto:begin -->` and `<!-- gto:end -->`; every byte outside them stays as it is.
    """
    from gto.export.readme import markdown, table

    if check and write is None:
        raise click.UsageError("--check asks about a file: name it with --write")
    if write is not None and out is not None:
        raise click.UsageError("--write and --out exclude each other")
    with _opened(repo, proof) as registry:
        text = markdown(table(_read(registry)))
    if write is None:
        write_out.write(f"{text}\n", out)
    else:
        write_out.keep_table(text, write, check=check)


@command.command(
    "bom",
    cls=options.Command,
    short_help="The bill of materials of a version, as CycloneDX.",
    examples="""
    gto export bom churn#prod
    gto export bom churn@v1.2.0 -o churn.cdx.json
    gto export bom churn -r https://example.com/team/models.git --trust-remote
    """,
)
@options.repo
@options.name_argument("NAME, NAME@latest, NAME@v1.2.3 or NAME#stage; NAME is its latest version")
@delivery_options.trust_options
@_address
@_out
@proof_options.checked(shown=False)
def bom(
    repo: str, name: str, trust_remote: bool, allow_local: bool, address: str | None, out: str | None, proof: Proof
) -> None:
    """Write files, data, packages, metrics and parameters of a version as a CycloneDX 1.6 document in JSON.

    Hashes are those that DVC and Git LFS noted. Licence (`license`), `task` and `considerations` are read from the
    annotation's custom metadata.
    """
    from gto.dvc.dvc_config import RepositoryTrust
    from gto.export.cyclonedx import bill

    with _opened(repo, proof) as registry:
        trust = RepositoryTrust(registry.repo.is_own, trust_remote, allow_local)
        found = bill(registry, name, _address_of(registry, address), trust)
    for note in found.notes:
        render.note(f"note: {note}")
    write_out.write(write_out.json_text(found.document, indent=2), out)


@command.command(
    "openlineage",
    cls=options.Command,
    short_help="Registrations and assignments as OpenLineage events.",
    examples="""
    gto export openlineage churn
    gto export openlineage --all -o events.ndjson
    """,
)
@options.repo
@options.name_argument("NAME, or NAME@latest, NAME@v1.2.3, NAME#stage for one version", required=False)
@click.option("--all", "everything", is_flag=True, help="The events of all artifacts")
@_address
@_out
@proof_options.checked(shown=False)
def openlineage(
    repo: str, name: str | None, everything: bool, address: str | None, out: str | None, proof: Proof
) -> None:
    """Write two run events, START and COMPLETE, for each registration and each assignment, one JSON a line.

    A registration takes the data that its commit's `dvc.lock` leads back to, and gives the version; an assignment
    takes the version, and gives it under the name NAME#STAGE.
    """
    from gto.export.openlineage import run_events

    if (name is None) is not everything:
        raise click.UsageError("Name an artifact or a version, or say --all")
    with _opened(repo, proof) as registry:
        write_out.write(map(write_out.json_text, run_events(registry, name, _address_of(registry, address))), out)


@contextmanager
def _opened(repo: str, proof: Proof) -> Iterator[Registry]:
    """Open a registry; at the end, say which events were left out."""
    registry = options.open_registry(repo)
    signatures = proof.begin(registry)
    yield registry
    proof_options.note_left_out(signatures, registry)


def _read(registry: Registry) -> Inventory:
    from gto.export.inventory import read

    found = read(registry)
    if found.set_aside:
        render.note(f"note: {found.set_aside} tag(s) were set aside: see `gto doctor`")
    return found


def _address_of(registry: Registry, given: str | None) -> str:
    from gto.ci.event_lookup import address
    from gto.storage.urls import without_user

    return address(registry) if given is None else without_user(given)
