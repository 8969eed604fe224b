"""The sentences of GTO 1.x that scripts match: tag messages, confirmations, hints to push."""

import re
import shlex

from gto.core.tag import Kind, TagName

_SIGNATURE_RE = re.compile("^(?=-----BEGIN )", re.MULTILINE)  # from there on nothing is message to git
_TRAILER_RE = re.compile(r"[A-Za-z0-9-]+: \S")


def default_message(tag: TagName, version: str | None) -> str:
    """Return the message of a tag that its author gave none; `version` is the version that a stage event concerns."""
    return {
        Kind.REGISTRATION: f"Registering artifact {tag.artifact} version {tag.version}",
        Kind.DEREGISTRATION: f"Deregistering artifact {tag.artifact} version {tag.version}",
        Kind.ASSIGNMENT: f"Assigning stage {tag.stage} to artifact {tag.artifact} version {version}",
        Kind.UNASSIGNMENT: f"Unassigning stage '{tag.stage}' to artifact '{tag.artifact}' version '{version}'",
        Kind.DEPRECATION: f"Deprecating artifact '{tag.artifact}'",
        Kind.CREATION: f"Creating artifact '{tag.artifact}'",
    }[tag.kind]


def with_trailer(message: str, line: str) -> str:
    """Return a message with a line among its trailers, its last paragraph as `git interpret-trailers` has it."""
    text = _SIGNATURE_RE.sub(" ", message.rstrip("\n"))
    start, blank, last = text.rpartition("\n\n")
    has_trailers = blank and start.strip() and all(_TRAILER_RE.match(one) for one in last.splitlines())
    return f"{text}{chr(10) if has_trailers else chr(10) * 2}{line}"


def created(kind: Kind, ref: str, version: str | None) -> str:
    """Say that a tag was created."""
    effect = {
        Kind.REGISTRATION: "registers version",
        Kind.DEREGISTRATION: "deregisters version",
        Kind.ASSIGNMENT: f"assigns stage to version '{version}'",
        Kind.UNASSIGNMENT: f"unassigns stage from version '{version}'",
        Kind.DEPRECATION: "deprecates artifact",
        Kind.CREATION: "creates artifact",
    }[kind]
    return f"Created git tag '{ref}' that {effect}"


def deleted(ref: str) -> str:
    """Say that a tag was deleted."""
    return f"Deleted git tag '{ref}'"


def how_to_push(ref: str, *, delete: bool = False) -> tuple[str, str]:
    """Say how to push what was done; the tag is quoted as a POSIX shell needs it."""
    return (
        "To push the changes upstream, run:",
        f"    git push{_flag(delete=delete)} origin {shlex.quote(ref)}",
    )


def pushed(ref: str, *, delete: bool = False) -> tuple[str, str]:
    """Say that the change was pushed."""
    done = "deleted" if delete else "pushed"
    return (
        f"Running `git push{_flag(delete=delete)} origin {ref}`",
        f"Successfully {done} git tag {ref} on remote.",
    )


def happened(kind: Kind, artifact: str, version: str | None, stage: str | None) -> str:
    """Say what an event did."""
    return {
        Kind.REGISTRATION: f'Version "{version}" of artifact "{artifact}" was registered',
        Kind.DEREGISTRATION: f'Version "{version}" of artifact "{artifact}" was deregistered',
        Kind.ASSIGNMENT: f'Stage "{stage}" was assigned to version "{version}" of artifact "{artifact}"',
        Kind.UNASSIGNMENT: f'Stage "{stage}" was unassigned from version "{version}" of artifact "{artifact}"',
        Kind.DEPRECATION: f'Artifact "{artifact}" was deprecated',
        Kind.CREATION: f'Artifact "{artifact}" was created',
    }[kind]


def _flag(*, delete: bool) -> str:
    return " --delete" if delete else ""
