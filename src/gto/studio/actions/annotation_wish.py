"""What the form of an annotation asks for, read from an address or from what was sent, and the command for the same."""

import shlex
from collections.abc import Mapping
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.edit import AnnotationEdit
from gto.catalog.repositories import CatalogRepository
from gto.registry.write.edit_target import SaveOptions
from gto.studio.actions.wish import ticked, where

_LONGEST_WORDS = 10_000


class AnnotationWish(NamedTuple):
    """What a form says about an artifact, and where that is written."""

    word: str
    """`annotate`, `remove`, or `add` for a new name."""
    name: str = ""
    path: str = ""
    type: str = ""
    labels: tuple[str, ...] = ()
    text: str = ""
    """The description."""
    place: str = "commit"
    """`tree`, `commit`, `branch` or `new`."""
    branch: str = ""
    new_branch: str = ""
    push: bool = False
    same_path: bool = False
    """Whether another artifact may have the path too."""
    made_for: str = ""
    """Digest of the file when the form was made, and what `ground` it was of."""

    @property
    def rev(self) -> str:
        """The revision that is edited."""
        return f"refs/heads/{self.branch}" if self.place == "branch" and self.branch else "HEAD"

    @property
    def ground(self) -> str:
        """What is edited: the files in hand, or those of a commit."""
        return self.rev if self.place in {"branch", "new"} else "in hand"

    def save_options(self, *, dry_run: bool = False) -> SaveOptions:
        """Return how it is written."""
        new = self.new_branch if self.place == "new" else ""
        commits = self.place != "tree"
        mark, _, ground = self.made_for.partition(" ")
        made_for = mark if mark and not dry_run and ground == self.ground else None
        return SaveOptions(commits, self.push and commits, new, dry_run, made_for)


class ProposalWords(NamedTuple):
    """What a person says of a proposal; each may be empty."""

    branch: str = ""
    title: str = ""
    text: str = ""


def read_words(given: Mapping[str, object]) -> ProposalWords:
    """Read what a form says of a proposal."""
    words = (str(given.get(f"proposal_{key}", ""))[:_LONGEST_WORDS] for key in ProposalWords._fields)
    return ProposalWords(*(word.replace("\r\n", "\n").strip() for word in words))


def read_description(word: str, name: str, given: Mapping[str, object], *, push: bool) -> AnnotationWish:
    """Read the fields of a form."""
    field = {key: str(value).replace("\r\n", "\n").strip() for key, value in given.items()}
    labels = tuple(one for one in field.get("labels", "").replace(",", " ").split() if one)
    pushes = "push" in field if "asked" in field or "push" in field else push
    texts = ("path", "type", "text", "place", "branch", "new_branch", "made_for")
    path, type_, text, place, branch, new, made_for = (field.get(key, "") for key in texts)
    place = place or "commit"
    return AnnotationWish(
        word,
        name or field.get("name", ""),
        path,
        type_,
        labels,
        text,
        place,
        branch,
        new,
        pushes,
        "--allow-same-path" in ticked(field),
        made_for,
    )


def edit_of(wish: AnnotationWish, now: Annotation | None) -> AnnotationEdit:
    """Return what differs from what is said already."""
    known = frozenset(now.labels if now else ())
    labels = tuple(one for one in wish.labels if one not in known)
    return AnnotationEdit(
        (wish.type if now is None or wish.type != now.type else "") or None,
        (wish.path if now is None or wish.path != now.path else "") or None,
        labels,
        (wish.text if now is None or wish.text != now.description else "") or None,
    )


def command_of(wish: AnnotationWish, place: CatalogRepository, now: Annotation | None) -> str:
    """Return the command that does the same, for a POSIX shell."""
    words = ["gto", "remove" if wish.word == "remove" else "annotate", *where(place), wish.name]
    how = wish.save_options()
    branch = wish.branch if wish.place == "branch" else (place.entry.branch or "") if place.is_remote else ""
    parts = [words]
    if wish.word != "remove":
        change = edit_of(wish, now)
        given = (("--type", change.type), ("--path", change.path), ("--description", change.description))
        parts += [[option, value] for option, value in given if value]
        parts += [["--label", label] for label in change.labels]
    places = (("--branch", branch), ("--new-branch", how.new_branch))
    parts += [[option, value] for option, value in places if value]
    parts += [["--allow-same-path"]] if wish.same_path and wish.word != "remove" else []
    parts += [["--commit"]] if how.commit and not how.push else []
    parts += [["--push"]] if how.push else []
    return " \\\n  ".join(shlex.join(part) for part in parts)
