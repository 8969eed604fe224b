"""What a change rests on: the events here, and what the remote has of them where that counts."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from gto.core import names, tag
from gto.core.event import Event, Problem
from gto.core.tag import Kind
from gto.exceptions import NoRepo, RemoteFailed, TagsDiffer
from gto.git import push_refs, tag_fetcher, tag_reader, tag_writer
from gto.git.approvals import list_remote_beside
from gto.registry.registry import ArtifactTags, Registry, found_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gto.core.plan import Plan
    from gto.git.command import Git
    from gto.git.remote import Remote

REMOTE = "origin"


def read(registry: Registry, name: str, *, pushed: bool, force: bool) -> ArtifactTags:
    """Read what the decision rests on: the events here, and what the remote has of them where that counts."""
    if not registry.repo.is_own:
        return registry.read_artifact(name)
    if registry.repo.is_shallow and not force:
        return _with_remote(registry, name)
    if pushed:
        try:
            push_refs.fetch_events(registry.git, REMOTE, name)
        except TagsDiffer as error:
            if force or not set(error.tags) <= set(registry.read_artifact(name).lightweight):
                raise
            return _with_remote(registry, name)
    found = registry.read_artifact(name)
    if found.lightweight and not force and has_remote(registry):
        with suppress(RemoteFailed, NoRepo):  # then what is here has to do, as in any clone
            return _with_remote(registry, name)
    return found


def _with_remote(registry: Registry, name: str) -> ArtifactTags:
    """Read an artifact here and on the remote: a shallow clone comes without tags, and must not get their commits."""
    here, items = tag_reader.read_artifact(registry.git, name)
    try:
        there, others = events_of_remote(registry, name)
    except (RemoteFailed, NoRepo) as error:
        error.hint = "this clone is shallow, so the tags of the remote are needed; --force goes by those that are here"
        raise
    events = {item.ref for item in others if isinstance(item, Event)}
    false = {item.subject for item in items if isinstance(item, Problem) and item.code == "tag-lightweight"} & events
    kept = [item for item in items if _ref_of(item) not in false]
    lacking = [item for item in others if (ref := _ref_of(item)) not in here or ref in false]
    return found_in(name, {**there, **here, **{ref: there[ref] for ref in false}}, [*kept, *lacking])


def _ref_of(item: Event | Problem) -> str:
    return item.ref if isinstance(item, Event) else item.subject


def of_remote(registry: Registry) -> Registry:
    """Open the remote's registry: a directory, or a mirror of it. RemoteFailed where there is none, or no answer."""
    there = _where(registry)
    if isinstance(there, str):
        return Registry.open(there)
    from gto.git.mirror_objects import open_mirror

    return Registry(open_mirror(there, session=registry.session))


def events_of_remote(registry: Registry, artifact: str) -> tuple[dict[str, str], list[Event | Problem]]:
    """Read one artifact's tags, names to object ids, as the remote has them now, and what they say."""
    there = _where(registry)
    if isinstance(there, str):
        return tag_reader.read_artifact(Registry.open(there).git, artifact)
    from gto.git.remote_events import read_remote_events

    return read_remote_events(there, registry.repo, artifact)


def _where(registry: Registry) -> Remote | str:
    """Return the remote's address, with what this clone knows of reaching it; a path where it is a directory."""
    url = registry.git.run(["ls-remote", "--get-url", REMOTE]).decode("utf-8", "surrogateescape").strip()
    if url == REMOTE:
        raise RemoteFailed(url, ["ls-remote"], None, "there is no such remote")
    from gto.git import remote  # only where a remote is asked for more than a listing

    if not remote.is_url(url):
        return os.path.join(registry.git.directory, url)
    keys = r"^(http|credential|url|ssh)\.|^core\.(sshcommand|askpass|gitproxy)$"
    # The clone's own, and its worktree's; a CI may keep them in a file that is included. The user's apply in any case.
    out = registry.git.run(["config", "--show-scope", "-z", "--get-regexp", keys], ok=(0, 1)).decode("utf-8", "replace")
    parts = out.split("\0")
    entries = [(scope, *entry.partition("\n")[::2]) for scope, entry in zip(parts[::2], parts[1::2], strict=False)]
    above = {key for scope, key, _ in entries if scope == "command" and not key.endswith(".extraheader")}  # they win
    own = [(key, value) for scope, key, value in entries if scope in {"local", "worktree"} and key not in above]
    return remote.parse(url)._replace(extra=tuple(own))


def get_commits(registry: Registry, chosen: Plan, taken: Mapping[str, str]) -> None:
    """Fetch the commits that a shallow clone lacks for new tags, through tags of the remote that are on them."""
    if not registry.repo.is_shallow or not chosen.create or not isinstance(taken, dict):
        return
    wanted = {new.commit for new in chosen.create if not registry.repo.has(new.commit)}
    if wanted:
        _, items = events_of_remote(registry, str(chosen.create[0].name.artifact))
        events = [event for event in items if isinstance(event, Event)]
        tag_fetcher.fetch_commits(
            registry.git, REMOTE, {event.ref: event.oid for event in events if event.commit in wanted}
        )


def lacking_versions(
    registry: Registry, git: Git, versions: Collection[str | None], taken: Mapping[str, str]
) -> dict[str, str]:
    """Return the registrations of versions of one artifact that are here, and that the remote lacks."""
    found = {ref: name for ref in taken if (name := tag.find(ref)) is not None and name.kind is Kind.REGISTRATION}
    needed = [ref for ref, name in found.items() if name.version in versions]
    if not registry.repo.is_own or not needed:
        return {}
    there = set(tag_reader.list_remote_tags(git, REMOTE, found[needed[0]].artifact))
    return {ref: taken[ref] for ref in needed if ref not in there}


def fetch_beside(registry: Registry, artifact: str) -> None:
    """Fetch what stands beside the events into a shallow clone, which comes without tags: a policy may count it."""
    if not registry.repo.is_own or not registry.repo.is_shallow:
        return
    there = list_remote_beside(registry.git, REMOTE, artifact)
    here = tag_writer.read_refs(registry.git, there) if there else {}
    lacking = {ref: oid for ref, oid in there.items() if ref not in here}
    if lacking:
        tag_fetcher.fetch_tags(registry.repo, REMOTE, lacking)


def has_remote(registry: Registry) -> bool:
    """Tell whether the repository has the remote that is asked."""
    return REMOTE in registry.git.run(["remote"]).decode("utf-8", "replace").split()


def knows_upstream(registry: Registry) -> bool:
    """Tell, without a process, whether the clone knows the default branch of its remote."""
    return os.path.isfile(os.path.join(registry.repo.common_dir, "refs", "remotes", REMOTE, "HEAD"))


def may_have_policy(registry: Registry) -> bool:
    """Tell, without a process, whether it is worth looking for a policy."""
    top = registry.repo.top
    return top is None or os.path.lexists(os.path.join(top, names.POLICY_FILE)) or knows_upstream(registry)
