"""Git hooks that judge pushes by the policy: installed, removed, and run."""

import os
import shlex
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from gto.core.policy import Policy, Verdict
from gto.exceptions import BadFile, Conflict, WrongArgs
from gto.fs import atomic_write
from gto.git import push_turn
from gto.registry.policy import check, enforce
from gto.registry.policy import sources as policy_sources
from gto.registry.policy.check import Update
from gto.registry.policy.enforce import Move
from gto.registry.policy.sources import PolicySource
from gto.registry.registry import Registry

_MANY = 100  # refs
_MARK = "# written by `gto hook install`"
# Where git lets a hook see the objects of a push that was not accepted yet (git-receive-pack, "quarantine").
_QUARANTINE = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH")
_USERS = ("GTO_USER", "GL_USERNAME", "GITEA_PUSHER_NAME", "REMOTE_USER")
"""Variables in which a server says who pushes: our own, GitLab's, Gitea's and Forgejo's, a web server's."""


class Name(Enum):
    """The hooks that there are."""

    PRE_RECEIVE = "pre-receive"
    """Runs on a server, and refuses a whole push."""
    PRE_PUSH = "pre-push"
    """Runs in a clone: an early word, which `git push --no-verify` passes by."""


class Installed(NamedTuple):
    """A hook's file."""

    name: Name
    path: str


def install(registry: Registry, name: Name, *, force: bool = False) -> Installed:
    """Write the hook into the repository; a hook of somebody else stays, unless forced."""
    path = _place(registry, name)
    if os.path.lexists(path) and not _is_ours(path) and not force:
        call = f'{_command(name)} "$@"'
        raise Conflict(f"There is a hook '{path}' already", f"call `{call}` from it, or use --force to put ours there")
    script = f'#!/bin/sh\n{_MARK}\nexec {_command(name)} "$@"\n'
    atomic_write.replace(path, script.encode("utf-8", "surrogateescape"), mode=0o755)  # git runs what can be executed
    return Installed(name, path)


def remove(registry: Registry, name: Name) -> Installed:
    """Remove our hook; one of somebody else is left alone."""
    path = _place(registry, name)
    if not os.path.lexists(path) or not _is_ours(path):
        raise Conflict(f"There is no hook of gto at '{path}'", "nothing was removed")
    os.unlink(path)
    return Installed(name, path)


def _place(registry: Registry, name: Name) -> str:
    args = ["rev-parse", "--path-format=absolute", "--git-path", f"hooks/{name.value}"]
    return registry.git.run(args).decode("utf-8", "surrogateescape").rstrip("\n")


def _is_ours(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return _MARK in file.read(4096)
    except OSError:
        return False


def _command(name: Name) -> str:
    return f"{shlex.quote(sys.executable)} -P -m gto hook run {name.value}"


def quarantined(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return what git must be told to see the objects of a push that was not accepted yet."""
    return MappingProxyType({key: environ[key] for key in _QUARANTINE if key in environ})


def user_of(environ: Mapping[str, str]) -> str | None:
    """Return the name by which the server knows who pushes; None where it says none."""
    return next((environ[key] for key in _USERS if environ.get(key)), None)


def before_receive(registry: Registry, lines: Iterable[str], environ: Mapping[str, str]) -> list[Verdict]:
    """Return the verdicts on a push that a server is about to take.

    Pushes of tags take turns: what is allowed is set before the next one is judged. Git may set a part only, and
    refuse the rest after the hook, or set it late: what is not allowed then is taken back.
    """
    if environ.get("GIT_NAMESPACE"):
        raise WrongArgs("GIT_NAMESPACE is set", "gto judges whole repositories: serve each in one of its own")
    updates = check.parse_lines(lines)
    tags = {one.ref: one.new for one in updates if one.ref.startswith("refs/tags/")}
    if not tags or "GIT_QUARANTINE_PATH" not in environ:  # no tags, or no push: somebody tries the hook
        return _judge(registry, updates, environ)
    with push_turn.turn(registry.repo.common_dir) as handle:
        verdicts = _judge(registry, updates, environ)
        if all(one.is_allowed for one in verdicts):
            push_turn.hand_over(
                handle,
                lambda: _read_refs(registry, tags) == tags,
                lambda: _settle(registry, updates, environ),
            )
    return verdicts


def _settle(registry: Registry, updates: Sequence[Update], environ: Mapping[str, str]) -> None:
    """Judge again what git set of a push, and take back what is not allowed as things are now."""
    here = _read_refs(registry, {one.ref for one in updates})
    part = [one for one in updates if not one.ref.startswith("refs/tags/") or here[one.ref] == one.new]
    oids = {one.ref: one.new for one in part if one.new is not None}
    source = check.source_before(registry, updates, check.default_name(registry))
    for verdict in check.check_push(registry, part, source, user=user_of(environ) or ""):
        if not verdict.is_allowed and (oid := oids.get(f"refs/tags/{verdict.ref}")) is not None:
            registry.git.run(["update-ref", "-d", f"refs/tags/{verdict.ref}", oid])


def _judge(registry: Registry, updates: Sequence[Update], environ: Mapping[str, str]) -> list[Verdict]:
    git = registry.git._replace(env={**registry.git.env, **quarantined(environ)})
    inside = Registry(registry.repo._replace(git=git), registry.rev)
    _check_olds(inside, updates)
    branch = check.default_name(inside)
    _check_new_policy(inside, updates, branch)
    if not any(one.ref.startswith("refs/tags/") for one in updates):
        return []  # a broken policy must not stop the push that mends it
    source = check.source_before(inside, updates, branch)
    return check.check_push(inside, updates, source, user=user_of(environ) or "")


def _check_olds(registry: Registry, updates: Sequence[Update]) -> None:
    """Refuse a push that says of a ref here what is not so: nothing that a client says is a fact."""
    here = _read_refs(registry, {one.ref for one in updates})
    for old, _, ref in updates:
        if here[ref] != old:
            is_there = f"is on {found[:7]}" if (found := here[ref]) is not None else "is not there"
            raise Conflict(f"'{ref}' {is_there}, which the push does not know of", "`git fetch --tags`, and push again")


def _read_refs(registry: Registry, wanted: Collection[str]) -> dict[str, str | None]:
    """Return the object ids of refs as they are now; None for no such ref."""
    named = sorted(wanted) if len(wanted) <= _MANY else []  # of more than a command line takes, all are read
    out = registry.git.run(["for-each-ref", "--format=%(objectname) %(refname)", *named])
    lines = (line.partition(" ") for line in out.decode("utf-8", "surrogateescape").split("\n") if line)
    return {**dict.fromkeys(wanted), **{ref: oid for oid, _, ref in lines if ref in wanted}}


def _check_new_policy(registry: Registry, updates: Iterable[Update], branch: str) -> None:
    """Refuse a policy that cannot be read: it would stop every later push of a tag."""
    for _, new, ref in updates:
        if ref == f"refs/heads/{branch}" and new is not None:
            try:
                policy_sources.trusted(registry, policy_sources.read_source(registry, new, "the push"))
            except BadFile as error:
                error.hint = f"{error.hint}; `gto policy show` reads it here".lstrip("; ")
                raise


def before_push(registry: Registry, lines: Iterable[str]) -> list[Verdict]:
    """Return the verdicts on what a clone is about to push; the stricter of its policies counts."""
    moves = []
    for line in filter(None, (line.rstrip("\n") for line in lines)):
        _, new, ref, old = line.rsplit(" ", 3)  # the first is what was typed: `HEAD@{1 day ago}`
        if ref.startswith("refs/tags/"):
            oids = (oid if oid.strip("0") else None for oid in (old, new))
            moves.append(Move(ref.removeprefix("refs/tags/"), *oids))
    sources = policy_sources.sources(registry) or [PolicySource(Policy(), "", None)]
    verdicts = [enforce.judge(policy_sources.scope(registry, source), moves) for source in sources]
    refused = [one for part in verdicts for one in part if not one.is_allowed]
    return refused or verdicts[0]
