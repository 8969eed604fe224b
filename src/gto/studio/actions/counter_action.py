"""How to take an action back: the action that is its opposite, with its form filled in."""

from typing import NamedTuple

from gto.core.tag import Kind
from gto.studio.addresses import artifact_url, url
from gto.studio.index.history_lines import HistoryLine


class Undo(NamedTuple):
    """The way to take something back."""

    words: str
    href: str


def undo_of(repo: str, line: HistoryLine, kind: Kind) -> Undo | None:
    """Return how to take one event back; None where nothing does."""
    name, version, stage = line.artifact, line.version, line.stage
    match kind:
        case Kind.REGISTRATION:
            words, word, fields = f"Deregister {version}", "deregister", {"version": version}
        case Kind.DEREGISTRATION:
            words, word = f"Register {version} again", "register"
            fields = {"commit": line.commit, "version": version}
        case Kind.ASSIGNMENT if line.verb == "rolled back":
            words, word = f"Put {line.before} into {stage} again", "rollback"
            fields = {"stage": stage, "version": line.before}
        case Kind.ASSIGNMENT:
            words, word = f"Take {line.short} out of {stage}", "unassign"
            fields = {"version": version, "stage": stage}
        case Kind.UNASSIGNMENT:
            words, word = f"Put {line.short} into {stage} again", "assign"
            fields = {"version": version, "stage": stage}
        case Kind.DEPRECATION:
            words, word, fields = "Register a new version, which brings it back", "register", {}
        case _:
            return None
    return Undo(words, url(artifact_url(repo, name, word), **fields))
