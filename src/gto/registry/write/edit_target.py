"""Where a file of annotations is edited: the work tree, or a branch of a remote repository; committed, pushed."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from gto.exceptions import (
    BadFile,
    CannotLocate,
    Conflict,
    GTOException,
    NotFound,
    Outdated,
    UncommittedChanges,
    UsageError,
    WrongArgs,
)
from gto.fs import atomic_write
from gto.fs.cache_dir import digest
from gto.fs.regular_file import is_within
from gto.git import commit as commits
from gto.git.commit_files import Files, read_small
from gto.git.commit_tree import Tree
from gto.git.objects import TOO_LARGE
from gto.git.push_refs import push_branch, push_commit
from gto.git.remote import default_branch
from gto.git.repo import commit_of
from gto.registry.registry import Registry
from gto.registry.remote_check import REMOTE
from gto.registry.write.retry import persist

_LEADS_OUT = "it is a link out of the repository"


class Edit(NamedTuple):
    """The new text of a file, and the message of its commit."""

    path: str
    text: str
    message: str
    beside: Mapping[str, str] = MappingProxyType({})
    """Texts of files that are made by programs, by path: they are written with the file, whatever they held."""

    @property
    def texts(self) -> dict[str, str]:
        """The texts of all files, by path."""
        return {**self.beside, self.path: self.text}


class SaveOptions(NamedTuple):
    """What becomes of an edit."""

    commit: bool = False
    push: bool = False
    new_branch: str = ""
    """A branch that is made for the commit; empty for the one that was opened."""
    dry_run: bool = False
    """Whether the edit is only made, and nothing of it written."""
    made_for: str | None = None
    """Digest of the file that somebody saw who chose the edit; where it is another, nothing is done."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was done: the file that was written, and what became of it."""

    file: str
    committed: bool = False
    pushed: bool = False
    branch: str = ""
    """The branch that got the commit, where it is not the one that is checked out."""
    before: str = ""
    """The text of the file before."""
    after: str = ""

    def lines(self) -> list[str]:
        """Return what is said about it on stdout, as GTO 0.x worded it."""
        said = [f"Updated `{self.file}`"]
        if self.pushed:
            said += ["Running `git commit` and `git push`" if self.committed else "Running `git push`"]
            said += ["Successfully pushed a new commit to remote." if self.committed else "Nothing new to commit."]
        elif self.committed:
            said.append("Running `git commit`")
        return [*said, *([f"The commit is on branch `{self.branch}`"] if self.branch else [])]


class EditTarget(Protocol):
    """Where files are read and written."""

    @property
    def commit(self) -> str | None:
        """The commit whose files they are; None for the work tree."""

    def has(self, *paths: str) -> bool:
        """Tell whether one of these is there."""

    def text(self, path: str) -> str:
        """Return the text of a file; empty where there is none."""


def carry_out(registry: Registry, edit: Callable[[EditTarget], Edit], how: SaveOptions) -> Saved:
    """Let `edit` say what the file becomes, and write it."""

    def checked(ground: EditTarget) -> Edit:
        wanted = edit(ground)
        if how.made_for is not None and how.made_for != digest_of(ground.text(wanted.path)):
            raise Outdated(wanted.path)
        return wanted

    if registry.repo.is_own and not how.new_branch and registry.rev == "HEAD":
        tree = WorkTree(registry, _own_top(registry))
        wanted = checked(tree)
        before = tree.text(wanted.path)
        if how.dry_run:
            return Saved(wanted.path, before=before, after=wanted.text)
        if how.commit or how.push:
            _check_unchanged(registry, tree, wanted, edit)
        return tree.save(wanted, commit=how.commit or how.push, push=how.push)
    if not (how.commit or how.push or how.new_branch or registry.repo.is_own):
        raise UsageError("A remote repository has no work tree to write to", "add --commit: the commit is pushed")
    # Where somebody else pushed to the branch, what is there now is edited.
    return persist(lambda: open_branch(registry, how.new_branch).change(checked, how), registry.repo.refresh)


def digest_of(text: str) -> str:
    """Return a digest of a file's text."""
    return digest(text.encode("utf-8", "surrogatepass"))


class WorkTree(NamedTuple):
    """The files that are checked out."""

    registry: Registry
    top: str
    """The root of the work tree."""

    @property
    def commit(self) -> None:
        """No commit's files."""

    def has(self, *paths: str) -> bool:
        """Tell whether one of these is there."""
        return any(os.path.exists(os.path.join(self.top, path)) for path in paths)

    def text(self, path: str) -> str:
        """Return the text of a file; empty where there is none."""
        place = os.path.join(self.top, self.place(path))
        data = read_small(place, path)
        if data is None and os.path.lexists(os.path.join(self.top, path)):
            raise BadFile(path, "it is no file")
        try:
            return (data or b"").decode()
        except UnicodeDecodeError as error:
            raise BadFile(path, "it is not UTF-8") from error

    def place(self, path: str) -> str:
        """Return where a file is when links are followed, from the root; BadFile for a link that leads out."""
        place = os.path.join(self.top, path)
        if not is_within(place, self.top):
            raise BadFile(path, _LEADS_OUT)
        return os.path.relpath(os.path.realpath(place), self.top).replace(os.sep, "/")

    def save(self, edit: Edit, *, commit: bool, push: bool) -> Saved:
        """Write the file; if asked commit it alone, and push."""
        git = self.registry.git
        if push:
            commits.check_branch(git)
        texts = {self.place(path): text.encode() for path, text in edit.texts.items()}
        old = {path: atomic_write.read(os.path.join(self.top, path)) for path in texts}
        changed = [path for path, text in texts.items() if old[path] != text]
        if not changed and not (commit and any(commits.is_changed(git, path) for path in texts)):
            if push:  # an earlier push may have failed
                push_branch(git, REMOTE)
            return Saved(edit.path, pushed=push)
        with ExitStack() as undo:
            for path in changed:
                place = os.path.join(self.top, path)
                atomic_write.replace(place, texts[path])
                undo.callback(atomic_write.put_back, place, old[path])
            if commit:
                commits.commit_files(git, texts, edit.message)
            undo.pop_all()
        if push:
            push_branch(git, REMOTE)
        return Saved(edit.path, commit, push)


class Tip(NamedTuple):
    """The files of a commit."""

    registry: Registry
    commit: str

    def has(self, *paths: str) -> bool:
        """Tell whether one of these is there."""
        return any(found is not None for found in self.registry.repo.read([f"{self.commit}:{path}" for path in paths]))

    def text(self, path: str) -> str:
        """Return the text of a file; empty where there is none."""
        found = self.registry.repo.read([f"{self.commit}:{self.place(path)}"])[0]
        if found is None:
            return ""
        if found.type != "blob" or found.body is None:
            raise BadFile(path, "it is no file" if found.type != "blob" else TOO_LARGE)
        try:
            return found.body.decode()
        except UnicodeDecodeError as error:
            raise BadFile(path, "it is not UTF-8") from error

    def place(self, path: str) -> str:
        """Return where a file is when links are followed, from the root; BadFile for a link that leads out."""
        try:
            return Tree(Files(self.registry.repo), self.commit).resolve(path)
        except CannotLocate:
            raise BadFile(path, _LEADS_OUT) from None


def _check_unchanged(registry: Registry, tree: WorkTree, wanted: Edit, edit: Callable[[EditTarget], Edit]) -> None:
    """Raise UncommittedChanges where a file has others than this edit, which a killed process may have left."""
    path = tree.place(wanted.path)
    if not commits.is_changed(registry.git, path):
        return
    if registry.repo.rev is not None:
        with suppress(NotFound):  # what is to be removed may be no longer there
            once = edit(Tip(registry, registry.repo.rev))
            if once.path == wanted.path and once.text == tree.text(path):
                return
    raise UncommittedChanges(path)


class Branch(NamedTuple):
    """A branch that is not checked out, here or of a remote repository, and the commit at its tip."""

    registry: Registry
    name: str
    commit: str
    new: str = ""
    """The branch to make, from that commit; empty to go on with this one."""

    def has(self, *paths: str) -> bool:
        """Tell whether one of these is there."""
        return Tip(self.registry, self.commit).has(*paths)

    def text(self, path: str) -> str:
        """Return the text of a file; empty where there is none."""
        return Tip(self.registry, self.commit).text(path)

    def change(self, decide: Callable[[EditTarget], Edit], how: SaveOptions) -> Saved:
        """Commit the file on top of the branch, and push; nothing is kept here before the remote has it."""
        edit = decide(self)
        before = self.text(edit.path)
        if how.dry_run:
            return Saved(edit.path, branch=self.new or self.name, before=before, after=edit.text)
        if all(self.text(path) == text for path, text in edit.texts.items()) and not self.new:
            return Saved(edit.path)
        git, name = self.registry.repo.writer, self.new or self.name
        tip = Tip(self.registry, self.commit)
        texts = {tip.place(path): text.encode() for path, text in edit.texts.items()}
        made = commits.make_commit(git, self.commit, texts, edit.message)
        is_own = self.registry.repo.is_own
        if how.push or not is_own:
            push_commit(git, REMOTE, name, "" if self.new else self.commit, made)
        if is_own:
            commits.move_branch(git, name, made, "" if self.new else self.commit)
        else:
            with suppress(GTOException):  # the remote has it: the mirror follows now or when it is next used
                self.registry.repo.refresh()
        return Saved(edit.path, committed=True, pushed=how.push or not is_own, branch=name if is_own else "")


def open_branch(registry: Registry, new: str = "") -> Branch:
    """Return the branch with whose name the repository was opened, or its own for HEAD, as it is now.

    `new` is the name of a branch that is made for the commit.
    """
    name = registry.rev.removeprefix("refs/heads/")
    if name == "HEAD" and not registry.repo.is_own:
        name = default_branch(registry.repo.writer, str(registry.repo.address))
    commit = commit_of(registry.git, name if name == "HEAD" else f"refs/heads/{name}")
    if commit is None:
        where = registry.repo.address or registry.git.directory
        raise WrongArgs(f"'{where}' has no branch '{name}'", "--branch names another")
    if new:
        commits.check_new_branch(registry.git, new)
    elif registry.repo.is_own and commits.is_checked_out(registry.git, name):
        raise Conflict(f"Branch '{name}' is checked out", "leave out --branch to write to the work tree")
    return Branch(registry, name, commit, new)


def _own_top(registry: Registry) -> str:
    """Return the root of the work tree to write in: the directory that holds `.git`, and no other (core.worktree)."""
    top = _top(registry)
    if not os.path.lexists(os.path.join(top, ".git")):
        raise WrongArgs(f"The repository says that its work tree is elsewhere: '{top}'", "`git config core.worktree`")
    return top


def _top(registry: Registry) -> str:
    if registry.repo.top is None:
        raise WrongArgs("A bare repository has no work tree to annotate in", "run this in a clone")
    return registry.repo.top
