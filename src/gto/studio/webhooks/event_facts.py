"""What is told of an event beside what its tag says, and whether it may be told: as the index has it by now."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from gto.studio.index.lookup import mapping_of
from gto.studio.index.schema import event, fact, repository

_PATIENCE = 60.0  # seconds for which facts are waited for
_SOON, _LATER = 1.0, 60.0
_LONGEST = 500  # characters of a reason
_TAGS = "refs/tags/"


class NotYet(NamedTuple):
    """Why an event is not told now."""

    reason: str
    seconds: float
    """After which one looks again."""
    is_final: bool = False
    """Whether that will stay so."""


def complete(connection: Connection, row: Row[Any]) -> dict[str, str] | NotYet:
    """Return all that is told of an event of the outbox.

    It is told once keys and policy have had their say: one that the policy refuses waits, as an approval may still
    come. Who acts on events acts on no tag that a strict reader would leave out.
    """
    told: dict[str, str] = dict(row.body)
    is_fresh = time.time() < row.created_at + _PATIENCE
    wait = _SOON if is_fresh else _LATER
    about = connection.execute(select(repository).where(repository.c.name == row.repository)).first()
    if about is None:
        return NotYet("its repository is not in the catalogue", _LATER)
    why = _objection(connection, about, row, wait)
    if why is not None:
        return why
    ours = (fact.c.repository_id == about.id) & (fact.c.artifact == told["name"]) & (fact.c.commit == told["commit"])
    facts = connection.execute(select(fact.c.body).where(ours)).scalar_one_or_none()
    if facts is None and is_fresh and told["version"]:
        return NotYet("its version is not read yet", wait)
    return {**told, **_described(facts)}


def _objection(connection: Connection, about: Row[Any], row: Row[Any], wait: float) -> NotYet | None:
    """Return why an event may not be told, as keys and policy say by now; None where nothing is against it."""
    if not about.judged or about.judged.endswith(" "):
        return NotYet("its signature is not judged yet", wait)
    if about.policy_error:
        return NotYet(f"the policy cannot be read: {about.policy_error}"[:_LONGEST], _LATER)
    same = (event.c.repository_id == about.id) & (event.c.ref == str(row.body["ref"]).removeprefix(_TAGS))
    found = connection.execute(select(event.c.refusal).where(same, event.c.oid == row.event_id)).first()
    if found is None:
        return NotYet("its tag was taken away before it was told", _LATER, is_final=True)
    if found.refusal is not None:
        return NotYet(f"the policy refuses it: {found.refusal}"[:_LONGEST], _LATER)
    return None


def _described(facts: Mapping[str, object] | None) -> dict[str, str]:
    """Return what `gto watch` tells of an artifact and of its model; of a stale side-car nothing counts."""
    said, model = mapping_of(facts, "annotation"), mapping_of(facts, "model")
    found = {key: str(said.get(key) or "") for key in ("type", "path", "description")}
    source = str(model.get("read_from") or "")
    if model.get("stale") is not False or source == "file":
        return found
    framework = str(mapping_of(model, "framework").get("name") or "")
    return {
        **found,
        "framework": framework,
        "code_on_load": str(model.get("code_on_load") or ""),
        "model_facts": source,
    }
