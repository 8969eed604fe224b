"""A change proposed: committed on a new branch as a person, pushed with their token, and opened as a pull request."""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from gto.core.names import parse_branch
from gto.exceptions import ArtifactNotFound, Conflict, GTOException, PushRejected, UsageError
from gto.git import commit as commits
from gto.git.acting import Person, as_person
from gto.git.push_refs import push_commit
from gto.git.repo import commit_of
from gto.registry.registry import Registry
from gto.registry.remote_check import REMOTE
from gto.registry.write.edit_target import Branch, Edit, EditTarget, Tip, open_branch
from gto.registry.write.retry import persist
from gto.studio.proposals.forge_api import ForgeApi, ForgeRefused, client_of
from gto.studio.proposals.forge_client import BranchPair, ForgeToken, PullRequestDraft
from gto.studio.proposals.forge_probe import find_or_probe
from gto.studio.proposals.forge_site import ForgeSettings
from gto.studio.proposals.push_access import credential_of, explain_push

DERIVED = "gto/"
"""What the names of branches begin with that are made for a proposal."""
_LONGEST_TITLE = 250
_UNKNOWN = ForgeSettings()


class ProposedChange(NamedTuple):
    """What is proposed, and in which words."""

    edit: Callable[[EditTarget], Edit]
    branch: str
    title: str = ""
    """Of the pull request, and the first line of the commit; empty for the edit's own."""
    text: str = ""


class Proposer(NamedTuple):
    """Who proposes."""

    person: Person
    token: ForgeToken | None = None
    """Without one the branch is pushed as this machine pushes, and the person opens the pull request by the link."""


class Proposal(NamedTuple):
    """What became of a change that was proposed."""

    branch: str
    base: str
    commit: str
    """The tip of the branch."""
    url: str = ""
    """The page of the pull request; empty where none is open."""
    pushed: bool = False
    """Whether the branch was pushed now; else it was there."""
    opened: bool = False
    """Whether a pull request is open."""
    link: str = ""
    """The page on which the person opens one; empty where nobody knows the forge."""
    problem: str = ""
    """Why none is open, in words, where that was tried."""
    hint: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return dict(self._asdict())


class _OnBranch(NamedTuple):
    base: str
    commit: str
    message: str
    pushed: bool
    holds: bool = True
    """Whether the branch says what is proposed."""


def propose(
    registry: Registry, change: ProposedChange, proposer: Proposer, settings: ForgeSettings = _UNKNOWN
) -> Proposal:
    """Propose a change to a repository that was opened by its address; the same one again finds what is there.

    The branch starts from the one that the registry was opened with, or the remote's own. Errors before the branch is
    pushed are raised; what goes wrong after that is told beside the link. The token goes to its own forge alone.
    """
    if registry.repo.is_own or registry.repo.address is None:
        raise UsageError("A change is proposed to a repository that is opened by its address", "open its remote")
    address, branch = registry.repo.address, parse_branch(change.branch)
    where = find_or_probe(address, settings)
    client = client_of(where) if where else None
    credential = credential_of(address, client, proposer.token)

    def act() -> _OnBranch:
        with as_person(proposer.person, credential):
            return _put_on_branch(registry, change)

    try:
        made = persist(act, registry.repo.refresh)
    except PushRejected as error:
        raise explain_push(error, client, proposer.token) from error
    if made.pushed:
        with suppress(GTOException):  # the remote has it: the mirror follows now or when it is next used
            registry.repo.refresh()
    link = client.link(branch, made.base) if client else ""
    proposal = Proposal(branch, made.base, made.commit, pushed=made.pushed, link=link)
    draft = PullRequestDraft(BranchPair(branch, made.base), _title(change, made), change.text)
    api = ForgeApi(client, proposer.token, settings) if client and proposer.token else None
    return _opened(proposal, api, draft, holds=made.holds)


def _put_on_branch(registry: Registry, change: ProposedChange) -> _OnBranch:
    """Commit the change on its branch, and push that; where it is there already, leave it."""
    base = open_branch(registry)
    if base.name == change.branch:
        raise UsageError(f"'{base.name}' is the branch that the change is proposed to", "choose another name")
    edit = change.edit(base)
    if _reads(base, edit):
        raise Conflict(f"There is nothing to propose: '{edit.path}' on '{base.name}' says that already")
    message = "\n\n".join(part for part in (_one_line(change.title) or edit.message, change.text.strip()) if part)
    git = registry.repo.writer
    there = commit_of(registry.git, f"refs/heads/{change.branch}")
    is_merged = there is not None and registry.git.ask(["merge-base", "--is-ancestor", there, base.commit])[1] == 0
    if there is not None and not (is_merged and change.branch.startswith(DERIVED)):
        holds = _says(base, base._replace(commit=there), edit, change)
        return _OnBranch(base.name, there, message, pushed=False, holds=holds)
    tip = Tip(registry, base.commit)
    texts = {tip.place(path): text.encode() for path, text in edit.texts.items()}
    made = commits.make_commit(git, base.commit, texts, message)
    push_commit(git, REMOTE, change.branch, there or "", made)
    return _OnBranch(base.name, made, message, pushed=True)


def _says(base: Branch, there: Branch, edit: Edit, change: ProposedChange) -> bool:
    """Tell whether a branch that is there holds the change and nothing else, whatever came to the other one since."""
    places = {Tip(base.registry, base.commit).place(path) for path in edit.texts}
    args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--merge-base", base.commit, there.commit]
    out, status, _ = base.registry.git.ask(args)
    if status != 0 or set(out.decode("utf-8", "surrogateescape").split("\0")) - {"", *places}:
        return False  # somebody else's work would go under this person's name
    if _reads(there, edit):
        return True
    try:
        return _reads(there, change.edit(there))
    except ArtifactNotFound:  # it is to go, and is gone
        return True
    except GTOException:
        return False


def _reads(there: Branch, edit: Edit) -> bool:
    return all(there.text(path) == text for path, text in edit.texts.items())


def _opened(proposal: Proposal, api: ForgeApi | None, draft: PullRequestDraft, *, holds: bool) -> Proposal:
    """Open the pull request; a branch with another change counts only where one is open from it."""
    try:
        if api is None:
            found = None
        elif holds:
            found = api.open(draft)
        else:
            found = api.find_open(draft.of)
    except ForgeRefused as error:
        if holds:
            return proposal._replace(problem=error.message, hint=error.hint)
        found = None
    if found is None and not holds:
        raise Conflict(f"There is a branch '{draft.of.branch}' already, with another change", "choose another name")
    return proposal._replace(url=found.url, opened=True) if found else proposal


def _title(change: ProposedChange, made: _OnBranch) -> str:
    title = _one_line(change.title) or made.message.partition("\n")[0]
    return title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}..."


def _one_line(text: str) -> str:
    return " ".join(text.split())
