"""What keys and the policy say: signatures of events, events against the policy, and what waits for approval."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gto.core import approval
from gto.core.event import Event
from gto.core.policy.explain import people
from gto.core.policy.judge import judge_history
from gto.core.snapshot import fold
from gto.core.tag_signature import Signature
from gto.exceptions import BadFile, GTOException, WrongArgs
from gto.fs.cache_dir import digest
from gto.output import published
from gto.output.json_values import plain
from gto.registry import reviews
from gto.registry.policy import check, sources
from gto.registry.policy.sources import PolicySource
from gto.registry.registry import Registry
from gto.registry.remote_check import may_have_policy
from gto.registry.reviews import Reviews
from gto.registry.signatures import as_signed, speaker, under_artifact
from gto.signing.tag_signatures import Trusted, judge_tags
from gto.studio.index.database import IndexWriter
from gto.studio.index.events import read_events
from gto.studio.index.schema import artifact, event, repository, review
from gto.studio.sync.former_policies import fine_then, is_committed
from gto.studio.sync.repository_row import row_of


class Basis(NamedTuple):
    """What judgements rest on beside the events."""

    trusted: Trusted | None
    """None where it cannot be read whose keys count."""
    source: PolicySource | None
    """The policy that a reader goes by; None where it cannot be read, or is not looked for."""
    has_policy: bool
    error: GTOException | None
    digest: str
    """Of keys, policy, approvals, and of the branches that rules name."""


class Judged(NamedTuple):
    """What is said of events: of each tag, and of each artifact as a whole."""

    events: Sequence[tuple[Event, Signature]]
    refused: Mapping[str, str]
    """The reasons by tag."""
    fine: Collection[str]
    """Those of the refused tags that the policy of their time let through."""
    artifacts: Mapping[str, tuple[Signature | None, int, int]]
    """The signature that speaks for an artifact, how many of the events that count are refused, and never were fine."""


def sync_judgements(database: IndexWriter, name: str, registry: Registry) -> None:
    """Judge the events that are new, all of them where keys or policy changed.

    Where somebody else, a second Studio on the same index, wrote meanwhile, it is done again.
    """
    basis = read_basis(registry)
    while not _judge_once(database, name, registry, basis):
        pass


def _judge_once(database: IndexWriter, name: str, registry: Registry, basis: Basis) -> bool:
    """Judge what is in the index now; false where it is another before that is written."""
    whole = f"{basis.digest} {digest(registry.listing.text)}"
    with database.read() as connection:
        row = row_of(connection, name)
        if row.judged == whole:
            return True
        names = None if row.judged.partition(" ")[0] != basis.digest else _unjudged(connection, row.id)
        events = read_events(connection, row.id, names)
    judged = judge(registry, basis, events)
    waiting, error = _reviews(registry, basis)
    with database.write() as connection:
        now = row_of(connection, name, for_update=True)
        if (now.tags, now.judged, now.changed_at) != (row.tags, row.judged, row.changed_at):
            return False
        _write(connection, row.id, judged)
        _write_reviews(connection, row.id, basis, waiting)
        said: dict[str, object] = {"policy_error": error and error.message, "policy_hint": error and error.hint}
        said |= {"judged": whole, "has_policy": basis.has_policy, "policy": waiting.where or None}
        connection.execute(update(repository).where(repository.c.id == row.id).values(said))
    return True


def read_basis(registry: Registry) -> Basis:
    """Read whose keys count, and the policy; a mistake in a file is told, and what does not need it goes on."""
    trusted, source, error, has_policy = None, None, None, False
    try:
        if may_have_policy(registry):
            has_policy = True  # one that cannot be read is one too
            has_policy = bool(sources.sources(registry))
            source = check.own_source(registry)
            has_policy |= source.where != check.NOWHERE
    except (BadFile, WrongArgs) as wrong:
        error = wrong
    try:
        if not isinstance(error, BadFile) or not registry.repo.is_own:  # as `gto verify` goes by keys
            trusted = sources.trusted(registry, source)
    except BadFile as wrong:
        error = error or wrong
    rules = source.policy.rules if source else ()
    tip = sources.find_branches(registry)
    tips = {rule.branch: tip(rule.branch) for rule in rules if rule.branch}
    given = [(oid, ref) for oid, ref in registry.listing if ref.startswith(approval.PREFIX)]
    is_fixed = source is None or source.where == check.NOWHERE or is_committed(registry, source)
    told = repr((trusted, source, is_fixed, has_policy, error and (error.message, error.hint), tips, given))
    return Basis(trusted, source, has_policy, error, digest(told.encode("utf-8", "surrogateescape")))


def _unjudged(connection: Connection, repository_id: int) -> list[str]:
    same = (event.c.repository_id == repository_id) & event.c.verdict.is_(None)
    return list(connection.execute(select(event.c.artifact).where(same).distinct()).scalars())


def judge(registry: Registry, basis: Basis, events: Sequence[Event]) -> Judged:
    """Say what the signatures of events are worth, and which events the policy refuses, as readers have it."""
    found: list[tuple[Event, Signature]] = []
    if basis.trusted is not None:
        signatures = judge_tags(registry.git, [as_signed(one) for one in events], basis.trusted)
        found = list(zip(events, signatures, strict=True))
    refused: dict[str, str] = {}
    fine: Collection[str] = ()
    if basis.source is not None and basis.source.where != check.NOWHERE:
        facts = sources.gather(sources.scope(registry, basis.source), events)
        verdicts = judge_history(basis.source.policy, events, facts)
        refused = {ref: "; ".join(map(str, one.reasons)) for ref, one in verdicts.items() if not one.is_allowed}
        fine = fine_then(registry, basis.source, events, refused)
    by_ref = {one.ref: signature for one, signature in found}
    artifacts = {}
    for name, state in fold(events).artifacts.items():
        under = [(one, by_ref[one.ref]) for one in under_artifact(state) if one.ref in by_ref]
        bad = [one.ref for one in state.events if one.ref in refused]
        artifacts[name] = speaker(under), len(bad), sum(ref not in fine for ref in bad)
    return Judged(found, refused, fine, artifacts)


def _reviews(registry: Registry, basis: Basis) -> tuple[Reviews, GTOException | None]:
    if basis.source is None:
        return Reviews((), "" if basis.error else check.NOWHERE), basis.error
    try:
        return reviews.reviews(registry), basis.error
    except BadFile as wrong:
        return Reviews((), basis.source.where), basis.error or wrong


def _write(connection: Connection, repository_id: int, judged: Judged) -> None:
    same = (event.c.repository_id == repository_id) & (event.c.ref == bindparam("r")) & (event.c.oid == bindparam("o"))
    rows = [
        {"r": one.ref, "o": one.oid, **_columns(signature), **_refusal(judged, one.ref)}
        for one, signature in judged.events
    ]
    if rows:
        connection.execute(update(event).where(same), rows)
    ours = (artifact.c.repository_id == repository_id) & (artifact.c.name == bindparam("n"))
    whole = []
    for name, (one, bad, worse) in judged.artifacts.items():
        said = _columns(one)
        said["fingerprint"] = said.pop("key")
        whole.append({"n": name, **said, "refused": bad, "against": worse})
    if whole:
        connection.execute(update(artifact).where(ours), whole)


def _refusal(judged: Judged, ref: str) -> dict[str, object]:
    said = judged.refused.get(ref)
    return {"refusal": said, "was_fine": None if said is None else ref in judged.fine}


def _columns(signature: Signature | None) -> dict[str, object]:
    if signature is None:
        return dict.fromkeys(("verdict", "signer", "key", "reason"))
    return dict(published.signature(signature))


def _write_reviews(connection: Connection, repository_id: int, basis: Basis, found: Reviews) -> None:
    connection.execute(delete(review).where(review.c.repository_id == repository_id))
    asked = _approvers(basis.source)
    rows = [
        {
            "repository_id": repository_id,
            "place": place,
            "artifact": one.artifact,
            "version": one.version,
            "stage": one.stage,
            "needed": one.tally.needed,
            "given": one.tally.given,
            "approvers": asked.get(one.tally.rule),
            "body": json.loads(json.dumps(one.dict_state(), default=plain)),
        }
        for place, one in enumerate(found.lines)
    ]
    if rows:
        connection.execute(insert(review), rows)


def _approvers(source: PolicySource | None) -> dict[str, str]:
    """Return by rule whose approvals count, in words; a rule that takes anybody's is left out."""
    if source is None:
        return {}
    policy = source.policy
    return {rule.name: people(policy, rule.approvers) for rule in policy.rules if rule.approvers is not None}
