"""The numbers that MLflow's clients know versions by: each is given once, at first sight, and never again."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, bindparam, insert, select

from gto.core.snapshot import ArtifactState
from gto.exceptions import BadFile, UsageError
from gto.export.mlflow.version_numbers import give_numbers, unnumbered
from gto.studio.lasting.lasting_file import Lasting
from gto.studio.lasting.lasting_tables import model_number

# Made once: that costs more than to ask.
_INSERT = insert(model_number)
_OF_ARTIFACT = select(model_number.c.version, model_number.c.number).where(
    model_number.c.repository == bindparam("repository"), model_number.c.artifact == bindparam("artifact")
)


class NumberedVersion(NamedTuple):
    """The number of a version, as it is exported."""

    repository: str
    artifact: str
    version: str
    number: int


def read_numbers(lasting: Lasting, repository: str, state: ArtifactState) -> Mapping[str, int]:
    """Return the number of each version of an artifact; those that have none yet are given one.

    `repository` is the name that lasts. Versions count that were deregistered, and that are gone from Git.
    """
    with lasting.read() as connection:
        known = find_numbers(connection, repository, state.name)
    if not list(unnumbered(state, known)):
        return known
    with lasting.record() as connection:
        lasting.wait_for_turn(connection, f"numbers {repository} {state.name}")
        known = find_numbers(connection, repository, state.name)  # of others, who were first
        new = give_numbers(list(unnumbered(state, known)), frozenset(known.values()))
        if new:
            same = {"repository": repository, "artifact": state.name}
            rows = [{**same, "version": version, "number": number} for version, number in new.items()]
            connection.execute(_INSERT, rows)
    return {**known, **new}


def find_numbers(connection: Connection, repository: str, artifact: str) -> dict[str, int]:
    """Return the numbers that were given to versions of an artifact."""
    found = connection.execute(_OF_ARTIFACT, {"repository": repository, "artifact": artifact})
    return {row.version: row.number for row in found}


def export_numbers(connection: Connection) -> list[NumberedVersion]:
    """Return all numbers, to be kept elsewhere: as a list of mappings in JSON, by `_asdict()` of each."""
    columns = [model_number.c[name] for name in NumberedVersion._fields]
    found = connection.execute(select(*columns).order_by(*columns))
    return [NumberedVersion._make(row) for row in found]


def read_exported(path: str) -> list[NumberedVersion]:
    """Return the numbers that a file has, as they were exported; BadFile for any other file."""
    try:
        with open(path, "rb") as file:
            return TypeAdapter(list[NumberedVersion]).validate_json(file.read())
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no list of numbers"
        raise BadFile(path, str(reason), hint="`gto studio numbers` prints such a list") from error


def import_numbers(lasting: Lasting, told: Iterable[NumberedVersion]) -> int:
    """Write numbers down that were exported, and return how many were new; UsageError where one says otherwise."""
    with lasting.record() as connection:
        there = set(export_numbers(connection))
        new = [one for one in dict.fromkeys(told) if one not in there]
        by_version = {one[:3]: one for one in there}
        by_number = {(*one[:2], one.number): one for one in there}
        for one in new:
            other = by_version.setdefault(one[:3], one), by_number.setdefault((*one[:2], one.number), one)
            if (wrong := next((each for each in other if each != one), None)) is not None:
                message = f"'{wrong.artifact}@{wrong.version}' of '{wrong.repository}' has number {wrong.number}"
                said = f"the list says {one.number} of '{one.version}'"
                raise UsageError(message, f"{said}: numbers that were given stay")
        if new:
            connection.execute(insert(model_number), [one._asdict() for one in new])
    return len(new)
