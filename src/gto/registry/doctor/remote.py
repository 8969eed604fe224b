"""The remote that a repository is examined beside: how git reaches it, what it is called, which tags it has."""

from gto.git import remote as remotes
from gto.git import tags
from gto.git.command import Git
from gto.git.repo import Repo


def reach(repo: Repo, remote: str) -> tuple[Git, str]:
    """Return git and what it calls a remote; that of a mirror reads without a network otherwise."""
    return remotes.reach(repo.writer, remote)


def name(remote: str) -> str:
    """Return a remote's name, or its address without what is secret in it."""
    return remotes.parse(remote).url if remotes.is_url(remote) else remote


def list_there(repo: Repo, remote: str) -> dict[str, str]:
    """Ask a remote for its tags and the ids of their objects."""
    return tags.list_remote(*reach(repo, remote))
