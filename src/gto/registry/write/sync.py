"""What of the events and approvals a clone and a remote do not both have, and what evens that out."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby
from typing import NamedTuple, TypeGuard

from gto.core import beside, names, tag
from gto.core.beside import Beside, BesideName
from gto.core.event import Event, Problem, SortKey
from gto.core.tag import Kind, TagName
from gto.exceptions import (
    ArtifactNotFound,
    GitError,
    GTOException,
    PartlyPushed,
    PushRejected,
    Raced,
    RefNotFound,
    RemoteFailed,
    TagsDiffer,
    UsageError,
)
from gto.git import push_refs, tag_reader
from gto.git import remote as remotes
from gto.git.approvals import read_items
from gto.git.command import Git
from gto.git.commit import find_strays
from gto.git.tag_fetcher import fetch_tags
from gto.output.published import Published
from gto.registry.registry import Registry, path_of
from gto.registry.remote_check import REMOTE
from gto.registry.write.publish import TAGS_PER_PUSH
from gto.registry.write.retry import persist

Item = Event | Beside
MOST_TAGS = 2000
"""The most tags in one push: git takes their names as arguments, which a system bounds."""


class State(Enum):
    """How an event, or an approval, stands between a clone and a remote."""

    NOT_PUSHED = "not pushed"
    NOT_FETCHED = "not fetched"
    DIFFERENT = "different"


class SyncLine(NamedTuple):
    """An event, or an approval, that is not the same here and on the remote."""

    state: State
    """One of `not pushed`, `not fetched`, `different`."""
    ref: str
    """The tag's name."""
    tag: TagName | BesideName
    """Its parts."""
    here: str | None
    """The object id of the tag in this clone; None where it is not here."""
    there: str | None
    """The object id of the tag on the remote; None where it is not there."""

    @property
    def noun(self) -> str:
        """The kind of the event, `approval`, or `signature of files`."""
        return self.tag.kind.noun if isinstance(self.tag, TagName) else beside.noun(self.tag)

    def dict_state(self) -> Published:
        """Return it as the command line prints it in JSON."""
        return {
            "state": self.state.value,
            "ref": self.ref,
            "event": self.noun,
            "artifact": self.tag.artifact,
            "version": self.tag.version,
            "stage": self.tag.stage,
            "here": self.here,
            "there": self.there,
        }


class Status(NamedTuple):
    """How the events and approvals of a clone stand to those of a remote."""

    remote: str
    """Its name, or its address without anything secret."""
    lines: tuple[SyncLine, ...]
    """Those that are not the same, by artifact and tag."""
    same: int
    """How many are."""

    def refs(self, state: State) -> list[str]:
        """Return the tags in a state."""
        return [line.ref for line in self.lines if line.state is state]


class Pushed(NamedTuple):
    """What was pushed, and what is worth knowing about it."""

    remote: str
    refs: tuple[str, ...]
    """The tags in the order in which they went."""
    notes: tuple[str, ...] = ()


class Fetched(NamedTuple):
    """What was fetched, and what could not be."""

    remote: str
    refs: tuple[str, ...]
    """The tags, sorted."""
    different: tuple[str, ...] = ()
    """The tags that are here and differ on the remote: they were left alone."""


def open_clone(repo: object) -> Registry:
    """Open the repository around a path; a URL is no clone, and has nothing that its remote lacks."""
    path = path_of(repo)
    if not os.path.isdir(path) and remotes.is_url(path):
        raise UsageError("A clone is compared with its remote, and a URL is no clone", "name a directory with --repo")
    return Registry.open(path)


def status(registry: Registry, words: Iterable[str] = (), remote: str = REMOTE) -> Status:
    """Compare the events and approvals here with those on a remote; `words` are artifacts or tags, none for all."""
    git, shown = remotes.reach(registry.git, remote)
    return _compare(registry, list(words), shown, _list_remote(git, shown))


def _compare(registry: Registry, words: Sequence[str], shown: str, there: Mapping[str, str]) -> Status:
    here = {ref: oid for oid, ref in registry.listing}
    lines, same = [], 0
    for ref, name in _wanted([*here, *(ref for ref in there if ref not in here)], words):
        if here.get(ref) == there.get(ref):
            same += 1
        else:
            lines.append(_line(ref, name, here.get(ref), there.get(ref)))
    return Status(shown, tuple(sorted(lines, key=lambda line: (line.tag.artifact, line.ref))), same)


def _list_remote(git: Git, remote: str) -> dict[str, str]:
    try:
        return tag_reader.list_remote(git, remote)
    except GitError as error:
        failed = RemoteFailed(remote, error.argv, error.status, error.stderr)
        failed.hint = "`git remote -v` lists the remotes; `git ls-remote` shows whether git reaches one"
        raise failed from error


def _list_pushed(git: Git, remote: str) -> dict[str, str]:
    """List the tags that all places have to which a push goes; of one that differs, an object that is not `git`'s."""
    first, *others = [_list_remote(git, place) for place in push_refs.push_places(git, remote)]
    for other in others:
        first = {ref: max(oid, other[ref]) for ref, oid in first.items() if ref in other}
    return first


def _line(ref: str, name: TagName | BesideName, here: str | None, there: str | None) -> SyncLine:
    state = State.NOT_PUSHED if there is None else State.NOT_FETCHED if here is None else State.DIFFERENT
    return SyncLine(state, ref, name, here, there)


def _find(ref: str) -> TagName | BesideName | None:
    """Return the parts of the name of an event, or of a tag beside them."""
    name = tag.find(ref)
    return beside.find(ref) if name is None else name if name.kind is not Kind.CREATION else None


def _wanted(refs: Iterable[str], words: Sequence[str]) -> Iterator[tuple[str, TagName | BesideName]]:
    """Yield the tags that the words name; a word that names none is an error."""
    asked = set(words)
    for word in words:
        if not _is_tag(word):
            names.parse_artifact(word)
    left = set(asked)
    for ref in refs:
        name = _find(ref)
        if name is None or not (not asked or ref in asked or name.artifact in asked):
            continue
        left -= {ref, name.artifact}
        yield ref, name
    if left:
        word = min(left)
        error: GTOException = RefNotFound(word) if _is_tag(word) else ArtifactNotFound(word)
        error.hint = "neither this clone nor the remote has it: `gto status` lists what one of them lacks"
        raise error


def _is_tag(word: str) -> bool:
    return tag.find(word) is not None or beside.find(word) is not None


def push(
    registry: Registry,
    words: Iterable[str] = (),
    remote: str = REMOTE,
    *,
    per_push: int = TAGS_PER_PUSH,
    tell: Callable[[Sequence[str]], None] = lambda _: None,
) -> Pushed:
    """Push what a remote lacks, `per_push` tags at a time (0: as many as git takes), each time all or none.

    A registration goes before its approvals, they go before its assignments, and what one command wrote goes in one
    push if it fits. `tell` is called with the tags of each push that was done.
    """
    git, shown = remotes.reach(registry.git, remote)
    found = _compare(registry, list(words), shown, _list_pushed(git, shown))
    different = found.refs(State.DIFFERENT)
    if different:
        raise TagsDiffer(different, shown)
    lacking = {line.ref: str(line.here) for line in found.lines if line.state is State.NOT_PUSHED}
    items = read_items(registry.git, lacking).values()
    events = [item for item in items if not isinstance(item, Problem)]
    done: list[str] = []
    for part in _parts(events, min(per_push or MOST_TAGS, MOST_TAGS)):
        try:
            _send(git, shown, {event.ref: event.oid for event in part})
        except GTOException as error:
            if not done:
                raise
            raise PartlyPushed(error, done, len(events)) from error
        tell([event.ref for event in part])
        done += [event.ref for event in part]
    aside = [f"'{item.subject}' is no event, and was not pushed: {item.reason}" for item in items if _is_aside(item)]
    return Pushed(found.remote, tuple(done), (*aside, *_strays(registry, events, remote)))


def _send(git: Git, remote: str, oids: dict[str, str]) -> None:
    """Push tags, all or none; that the remote has the same ones already is as good."""
    try:
        push_refs.push_tags(git, remote, oids, {})
    except (PushRejected, Raced) as error:
        there = _list_pushed(git, remote)
        different = [ref for ref, oid in oids.items() if there.get(ref, oid) != oid]
        if different:
            raise TagsDiffer(different, remote) from error
        if not oids.keys() <= there.keys():
            raise


def _is_aside(item: Item | Problem) -> TypeGuard[Problem]:
    return isinstance(item, Problem)


def _key(item: Item) -> tuple[int, str, SortKey]:
    """Return what sorts by time; of one second and artifact, an approval behind what is registered and not counted."""
    if isinstance(item, Event):
        return item.time, item.artifact, item.key
    return item.time, item.name.artifact, (item.time, 0, Kind.DEREGISTRATION, item.ref)


def _parts(events: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut events, in their order, into parts of a size; those of one artifact and second stay together if they fit."""
    part: list[Item] = []
    ordered = sorted(events, key=_key)
    for _, group in groupby(ordered, key=lambda event: _key(event)[:2]):
        together = list(group)
        if part and len(together) <= size < len(part) + len(together):
            yield part
            part = []
        part += together
        while len(part) >= size:
            yield part[:size]
            part = part[size:]
    if part:
        yield part


def _strays(registry: Registry, events: Sequence[Item], remote: str) -> list[str]:
    """Say which commits went with their tags alone: no branch of the remote, as far as it was fetched, has them."""
    if not events or registry.repo.is_shallow or remotes.is_url(remote):
        return []
    commits = {event.commit: event.ref for event in events}
    told = "is on no branch of"
    strays = find_strays(registry.git, remote, commits)
    return [f"commit {oid[:7]} of '{commits[oid]}' {told} '{remote}': it was pushed with its tag" for oid in strays]


def fetch(registry: Registry, words: Iterable[str] = (), remote: str = REMOTE) -> Fetched:
    """Fetch the events and approvals that are lacking here, and nothing else; nothing is overwritten or deleted."""
    names = list(words)
    return persist(lambda: _fetch(registry, names, remote))


def _fetch(registry: Registry, words: Iterable[str], remote: str) -> Fetched:
    del registry.listing  # another process may have fetched meanwhile
    found = status(registry, words, remote)
    lacking = {line.ref: str(line.there) for line in found.lines if line.state is State.NOT_FETCHED}
    if lacking:
        git, shown = remotes.reach(registry.git, remote)
        fetch_tags(registry.repo._replace(git=git), shown, lacking)
    return Fetched(found.remote, tuple(lacking), tuple(found.refs(State.DIFFERENT)))
