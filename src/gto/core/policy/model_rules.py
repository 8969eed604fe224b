"""What rules ask of the model itself: what loading it may run, and whom a new version breaks."""

from collections.abc import Iterator, Sequence

from gto.core import semver
from gto.core.event import Event
from gto.core.indexed_replay import IndexedReplay
from gto.core.policy.policy import CODE_ON_LOAD, Facts, ModelFactsReader, Reason, Rule
from gto.core.replay import Draft
from gto.core.semver import SemVer

_MOST = 3  # changes that are named


def model_reasons(rule: Rule, event: Event, past: IndexedReplay, facts: Facts) -> Iterator[Reason]:
    """Yield why a rule is not met by the model of an event's commit."""
    models, name = facts.models, event.artifact
    version = _version(event, past) if rule.compatible else None
    if rule.code_on_load is None and version is None:
        return
    lack = "they were not read" if models is None else models.lack(event.commit)
    if models is None or lack:
        text = f"the facts of its model are not known: {lack}"
        yield Reason("no-model-facts", text, rule.name, f"`gto annotate {name} --inspect --commit`, then register that")
        return
    found = models.code_on_load(event.commit)
    if rule.code_on_load is not None and not _is_at_most(found, rule.code_on_load):
        text = f"loading its model may run more than '{rule.code_on_load}': {found}"
        yield Reason("code-on-load", text, rule.name, "save it in a form that runs less: `gto inspect` tells what runs")
    if version is not None:
        yield from _breaking(rule, event, models, releases_before(version, past))


def _is_at_most(found: str, limit: str) -> bool:
    return found in CODE_ON_LOAD and CODE_ON_LOAD.index(found) <= CODE_ON_LOAD.index(limit)


def _version(event: Event, past: IndexedReplay) -> SemVer | None:
    """Return the version that an event is about; None where it promises nothing (SemVer 2.0.0, item 4), or for none."""
    draft = past.subject(event)
    found = semver.parse(event.tag.version or (draft.name if draft is not None else ""))
    return found if found is not None and found.key[0] > 0 else None


def _breaking(rule: Rule, event: Event, models: ModelFactsReader, releases: Sequence[Draft]) -> Iterator[Reason]:
    before = {one.commit: one.name for one in releases if one.commit != event.commit}
    commit = models.first_known(list(before))
    changes = models.breaking_changes(commit, event.commit) if commit is not None else ()
    if commit is None or not changes:
        return
    more = f", and {len(changes) - _MOST} more" if len(changes) > _MOST else ""
    old, name = before[commit], event.artifact
    text = f"its model breaks who uses '{old}': {', '.join(changes[:_MOST])}{more}"
    hint = f"register it as a new major version; `gto diff {name}@{old} {event.commit[:7]} --name {name}` shows all"
    yield Reason("breaking-change", text, rule.name, hint)


def releases_before(version: SemVer, past: IndexedReplay) -> list[Draft]:
    """Return the active releases of a version's major that come before it, the highest first.

    A pre-release is none: it promises nothing (SemVer 2.0.0, item 9).
    """
    found = []
    for draft in past.versions():
        one = semver.parse(draft.name) if draft.is_active and draft.registrations else None
        if one is not None and not one.is_prerelease and one.key[0] == version.key[0] and one.key < version.key:
            found.append((one.key, draft))
    return [draft for _, draft in sorted(found, key=lambda one: one[0], reverse=True)]
