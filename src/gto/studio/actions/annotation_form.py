"""The form of an annotation: what its file says now, what it would say, and the writing, on a branch or a new one."""

import difflib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.catalog.parallel import Way
from gto.catalog.repositories import CatalogRepository
from gto.exceptions import (
    ArtifactNotFound,
    GTOException,
    InvalidName,
    PathIsUsed,
    RefNotFound,
    TypeNotAllowed,
    UsageError,
)
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.registry.remote_check import has_remote
from gto.registry.write import annotate
from gto.registry.write.edit_target import Edit, EditTarget, Saved, SaveOptions, Tip, digest_of
from gto.studio.actions.annotation_wish import AnnotationWish, ProposalWords, command_of, edit_of
from gto.studio.actions.commit_list import BranchName, default_branch, list_branches
from gto.studio.actions.perform import open_at
from gto.studio.actions.trouble import Trouble
from gto.studio.actions.wish import Tick, offered_ticks
from gto.studio.write_access import PERSONAL, WriteAccess

_CONTEXT = 3


class AnnotationForm(NamedTuple):
    """All that the page of an annotation shows."""

    repo: str
    wish: AnnotationWish
    file: str
    diff: tuple[tuple[str, str], ...]
    """Lines with `good` for new ones, `bad` for old ones, `dim` for those around."""
    command: str
    trouble: Trouble | None
    made_for: str
    branches: tuple[BranchName, ...]
    branch: str
    """The one that is checked out, or the remote's own."""
    types: tuple[str, ...]
    is_remote: bool
    has_tree: bool
    has_origin: bool
    access: WriteAccess = PERSONAL
    words: ProposalWords = ProposalWords()
    """What is said of a proposal, where the repository's mode makes it one."""
    refusal: str = ""
    """Why Studio does not write this, in one sentence; empty where it does."""

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What can be ticked beside the usual."""
        chosen = ("--allow-same-path",) if self.wish.same_path else ()
        return offered_ticks(chosen, self.trouble.hint if self.trouble else "")

    def wrong(self, field: str) -> Trouble | None:
        """Return what is wrong with a field."""
        return self.trouble if self.trouble and self.trouble.field == field else None

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "action": self.wish.word,
            "repo": self.repo,
            "artifact": self.wish.name,
            "file": self.file,
            "diff": [f"{mark}{text}" for mark, text in ((_MARKS[mood], text) for mood, text in self.diff)],
            "command": self.command,
            "error": self.trouble._asdict() if self.trouble else None,
            "made_for": self.made_for,
            "write_mode": self.access.mode.value if self.access.mode else None,
            "refusal": self.refusal or None,
        }


class AnnotationRequest(NamedTuple):
    """What a form is made for."""

    place: CatalogRepository
    wish: AnnotationWish
    access: WriteAccess = PERSONAL
    words: ProposalWords = ProposalWords()


_MARKS = {"good": "+", "bad": "-", "dim": " "}


def placed(place: CatalogRepository, way: Way, wish: AnnotationWish) -> AnnotationWish:
    """Return the form with a branch chosen, where the repository has no files in hand."""
    if place.is_remote or wish.place not in {"commit", "tree"}:
        return wish
    registry = open_at(place, way)
    if registry.repo.top is not None:
        return wish
    branches = list_branches(registry.git)
    return wish._replace(place="branch", branch=default_branch(registry.git, branches))


def open_for(place: CatalogRepository, way: Way, wish: AnnotationWish) -> Registry:
    """Open the repository at what is edited."""
    usual = place.rev if place.is_remote else "HEAD"
    return open_at(place, way, wish.rev if wish.rev != "HEAD" else usual)


def save(registry: Registry, wish: AnnotationWish, how: SaveOptions) -> Saved:
    """Write an annotation, or take it away."""
    if wish.word == "remove":
        return annotate.remove(registry, wish.name, how)
    change = edit_of(wish, present(registry, wish))
    return annotate.annotate(registry, wish.name, change, how, allow_same_path=wish.same_path)


def edit_for(registry: Registry, wish: AnnotationWish) -> Callable[[EditTarget], Edit]:
    """Return what decides what the file of an annotation becomes."""
    if wish.word == "remove":
        return annotate.removal_of(registry, wish.name)
    change = edit_of(wish, present(registry, wish))
    return annotate.edit_of(registry, wish.name, change, allow_same_path=wish.same_path)


def _decide(registry: Registry, wish: AnnotationWish, access: WriteAccess) -> tuple[Saved, str]:
    """Return what would be written, and the message of the commit where that is a proposal."""
    if access.mode is None:
        return save(registry, wish, wish.save_options(dry_run=True)), ""
    tip = Tip(registry, registry.commit())  # of the branch that it is proposed to; another may bear the new one's name
    edit = edit_for(registry, wish)(tip)
    return Saved(edit.path, before=tip.text(edit.path), after=edit.text), edit.message


def present(registry: Registry, wish: AnnotationWish) -> Annotation | None:
    """Return what is said of the artifact where the edit goes."""
    in_tree = registry.repo.top is not None and registry.rev == "HEAD" and wish.place != "new"
    return annotation_lookup.find(registry, wish.name, None, work_tree=in_tree)


def read_annotation_form(
    registry: Registry, asked: AnnotationRequest, error: GTOException | None, *, is_new: bool
) -> AnnotationForm:
    """Make the form; `is_new` says that nobody filled it in yet."""
    place, wish, access, words = asked
    now = present(registry, wish) if wish.name else None
    if is_new and now is not None:
        wish = wish._replace(
            path=wish.path or now.path or "",
            type=wish.type or now.type or "",
            labels=wish.labels or now.labels,
            text=wish.text or now.description,
        )
    trouble, saved, message = trouble_of(error) if error else None, None, ""
    if wish.name and (wish.word != "add" or not is_new) and (wish.place != "new" or wish.new_branch):
        try:
            saved, message = _decide(registry, wish, access)
        except GTOException as found:
            trouble = trouble or trouble_of(found)
    refused = access.why_not(wish.word)
    words = words._replace(
        title=words.title or message, text=words.text or _introduction(access) if is_new else words.text
    )
    branches = list_branches(registry.git)
    return AnnotationForm(
        place.name, wish, saved.file if saved else "", tuple(_diff(saved)) if saved else (),
        command_of(wish, place, now), trouble,
        f"{digest_of(saved.before)} {wish.ground}" if saved else "",
        tuple(one for one in branches if one.ref.startswith("refs/heads/")),
        default_branch(registry.git, branches), registry.config.types or (), place.is_remote,
        registry.repo.top is not None, place.is_remote or has_remote(registry), access, words,
        f"{refused.message}: {refused.hint}" if refused else "",
    )  # fmt: skip


def _introduction(access: WriteAccess) -> str:
    return f"Proposed by {access.person.name} with GTO Studio." if access.person else ""


def _diff(saved: Saved) -> Iterator[tuple[str, str]]:
    lines = difflib.unified_diff(saved.before.splitlines(), saved.after.splitlines(), lineterm="", n=_CONTEXT)
    for line in list(lines)[2:]:
        if not line.startswith("@@"):
            yield {"+": "good", "-": "bad"}.get(line[:1], "dim"), line[1:]


def trouble_of(error: GTOException) -> Trouble:
    """Say what is wrong, at the field that it is about."""
    match error:
        case InvalidName():
            kinds = {"artifact": "name", "type": "type", "label": "labels", "branch": "place"}
            field = next((name for word, name in kinds.items() if word in error.message), "")
        case TypeNotAllowed():
            field = "type"
        case RefNotFound():
            field = "place"
        case PathIsUsed():
            field = "path"
        case ArtifactNotFound():
            field = ""
        case UsageError() if "path" in error.message.lower():
            field = "path"
        case _:
            field = "place" if "branch" in error.message.lower() else ""
    return Trouble(field, error.message, error.hint)
