"""The form of an action: its fields with what can be chosen, what would be written, and what speaks for and against."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from gto.core.snapshot import ArtifactState
from gto.exceptions import GTOException
from gto.git import tag_writer
from gto.registry.registry import Registry
from gto.registry.remote_check import has_remote
from gto.registry.write.transaction import digest_of
from gto.studio.actions import perform
from gto.studio.actions.action import OfferedAction
from gto.studio.actions.checks import FormCheck, commit_checks, find_demand, policy_answers, policy_checks
from gto.studio.actions.commit_list import CommitRow, read_commit
from gto.studio.actions.field_choices import Choices, read_choices, with_usual
from gto.studio.actions.trouble import Trouble, trouble_of
from gto.studio.actions.wish import ActionRequest, Tick, Wish, command_of, offered_ticks
from gto.studio.index.history_lines import HistoryLine, history_lines
from gto.studio.write_access import PERSONAL, WriteAccess


class Will(NamedTuple):
    """What would be written."""

    refs: tuple[str, ...]
    commit: CommitRow
    author: str
    notes: tuple[str, ...]
    signed: bool
    key: str


class ActionForm(NamedTuple):
    """All that the page of an action shows."""

    action: OfferedAction
    repo: str
    wish: Wish
    choices: Choices
    command: str
    will: Will | None
    checks: tuple[FormCheck, ...]
    trouble: Trouble | None
    news: tuple[HistoryLine, ...]
    """What somebody else did since the form was made, the newest first."""
    made_for: str
    last: str
    is_remote: bool
    has_origin: bool
    access: WriteAccess = PERSONAL
    refusal: str = ""
    """Why Studio does not write this, in one sentence; empty where it does."""

    @property
    def name(self) -> str:
        """The artifact."""
        return self.wish.name

    @property
    def is_other(self) -> bool:
        """Whether the version is one of the writer's own."""
        return self.wish.version not in {one.value for one in self.choices.numbers}

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What can be ticked beside the usual."""
        return offered_ticks(self.wish.ticks, self.trouble.hint if self.trouble else "")

    def wrong(self, field: str) -> Trouble | None:
        """Return what is wrong with a field."""
        return self.trouble if self.trouble and self.trouble.field == field else None

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        will = self.will
        return {
            "action": self.action.word,
            "repo": self.repo,
            "artifact": self.name,
            "command": self.command,
            "tags": list(will.refs) if will else [],
            "commit": will.commit.oid if will else None,
            "signed": will.signed if will else None,
            "pushed": self.wish.push,
            "write_mode": self.access.mode.value if self.access.mode else None,
            "refusal": self.refusal or None,
            "checks": [one._asdict() for one in self.checks],
            "error": self.trouble._asdict() if self.trouble else None,
            "news": [line.as_dict() for line in self.news],
            "made_for": self.made_for,
            "last": self.last,
        }


def read_action_form(registry: Registry, asked: ActionRequest) -> ActionForm:
    """Read the repository, and make the form of an action on it; nothing is written."""
    with asked.access.reading():
        return _read_action_form(registry, asked)


def _read_action_form(registry: Registry, asked: ActionRequest) -> ActionForm:
    found = registry.read_artifact(asked.wish.name)
    state, before = found.state, asked.wish
    choices = read_choices(registry, state, asked)
    is_remote = asked.place.is_remote
    has_origin = is_remote or has_remote(registry)
    wish = before._replace(push=is_remote or (before.push and has_origin))  # a URL has no other place to write to
    wish = with_usual(wish, asked.action, choices)
    will, trouble = _decide(registry, wish, choices, asked)
    refused = asked.access.why_not(asked.action.word)
    refusal = f"{refused.message}: {refused.hint}" if refused else ""
    checks: list[FormCheck] = []
    if will is not None:
        with suppress(GTOException):  # what is wrong is said beside the field
            wish, wanted = _ask_policies(registry, wish, asked.access, checks)
            refusal = refusal or wanted
        checks += commit_checks(registry, wish, choices.commits) if choices.commits else ()
        checks += (FormCheck("dim", note) for note in will.notes)
    return ActionForm(
        asked.action, asked.place.name, wish, choices, command_of(wish, asked.place), will, tuple(checks), trouble,
        tuple(_news(state, before.last) if before.made_for else ()), digest_of(found.tags),
        state.newest.ref if state.newest else "", is_remote, has_origin, asked.access, refusal,
    )  # fmt: skip


def _ask_policies(registry: Registry, wish: Wish, access: WriteAccess, checks: list[FormCheck]) -> tuple[Wish, str]:
    """Add what the policies say; return the wish, signed where they want that, and what they want of Studio in vain."""
    answers = policy_answers(registry, wish)
    if answers is None:
        return wish, ""
    wanted = find_demand(answers, access.behalf) if access.behalf else None
    if wanted is not None and not wish.sign:
        wish = wish._replace(sign=True)
        answers = policy_answers(registry, wish) or answers
    checks += policy_checks(answers)
    return wish, f"{wanted}: {wanted.hint}" if wanted else ""


def _decide(
    registry: Registry, wish: Wish, choices: Choices, asked: ActionRequest
) -> tuple[Will | None, Trouble | None]:
    """Return what would be written, and what is wrong."""
    error = asked.error
    trouble = trouble_of(error, wish) if error else None
    if not wish.stage and {"stage", "held", "standing"} & set(asked.action.fields):
        return None, trouble  # nobody chose yet
    if choices.commits and choices.commits.is_full and not (wish.commit or wish.was_sent):
        return None, trouble  # there is nothing to choose
    try:
        perform.require(asked.action, wish)
        there = perform.at_commit(registry, wish.commit) if wish.commit else registry
        done = perform.perform(there, wish, perform.write_options(wish, asked.access, dry_run=True))
        who = tag_writer.read_identity(registry.repo.writer)
    except GTOException as found:
        return None, trouble or trouble_of(found, wish)
    row = choices.commits.find(wish.commit) if choices.commits else None
    row = row or read_commit(registry.git, done.commit)
    key = "" if asked.access.mode else dict(who.config).get("user.signingkey", "")  # the server's is nobody's
    return Will(done.refs, row, who.name, done.notes, done.signed, key), trouble


def _news(state: ArtifactState, last: str) -> Sequence[HistoryLine]:
    """Return the events after one, the newest first; none where it is gone."""
    refs = [one.ref for one in reversed(state.events)]
    if not last:
        return history_lines(state)
    return history_lines(state, most=refs.index(last)) if last in refs else ()
