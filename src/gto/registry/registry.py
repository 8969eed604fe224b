"""The registry of one repository: read, decide, write, in that order."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gto.config import FILE, Config, Parsed, read_config
from gto.core import message, names, plan, published
from gto.core.event import Event, Problem, TagRecord, moment, read
from gto.core.plan import Context, NewTag, Plan
from gto.core.published import PublishedEvent
from gto.core.semver import Bump
from gto.core.snapshot import ArtifactState, Snapshot, fold, fold_artifact
from gto.core.view import Standing, standing
from gto.exceptions import NoRepo, RefNotFound
from gto.git import cache, tags, write
from gto.git.command import Git
from gto.git.repo import Repo, open_repo, read_objects
from gto.git.write import Identity

REMOTE = "origin"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a command writes: message, form of the tag, force, push, and another author than git's."""

    message: str | None = None
    simple: bool | None = None
    force: bool = False
    push: bool = False
    author: str | None = None
    author_email: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command wrote and deleted; nothing of it is read again."""

    events: tuple[PublishedEvent, ...] = ()
    deleted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pushed: bool = False

    def lines(self) -> list[str]:
        """Return what is said about it on stdout, as GTO 1.x words it."""
        said = []
        for event in self.events:
            said.append(message.created(event.kind, event.ref, event.version))
            said += message.pushed(event.ref) if self.pushed else message.how_to_push(event.ref)
        for ref in self.deleted:
            said.append(message.deleted(ref))
            say = message.pushed if self.pushed else message.how_to_push
            said += say(ref, delete=True)
        return said


@dataclass(frozen=True)
class Registry:
    """One repository's artifacts; what is read is read once."""

    repo: Repo
    rev: str = "HEAD"
    """The revision that the repository was opened with."""
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @classmethod
    def open(cls, path: object = ".", rev: str = "HEAD") -> "Registry":
        """Open the repository around `path`: a path, or an object with `root_dir`; `rev` is resolved on the way."""
        place = path_of(path)
        if not os.path.isdir(place):
            raise NoRepo(place)
        return cls(open_repo(place, rev), rev)

    @property
    def git(self) -> Git:
        """The git executable in this repository."""
        return self.repo.git

    @cached_property
    def config(self) -> Config:
        """The configuration, from the work tree; from HEAD where there is no work tree."""
        return read_config(self._config_file(), FILE, self.environ, _parse)

    def _config_file(self) -> bytes | None:
        if self.repo.top is None:
            found = read_objects(self.git, [f"HEAD:{FILE}"])[0]
            return found.body if found and found.type == "blob" else None
        try:
            with open(os.path.join(self.repo.top, FILE), "rb") as file:
                return file.read(1 << 20)
        except (FileNotFoundError, IsADirectoryError):
            return None

    def commit(self, rev: str | None = None) -> str:
        """Return the commit of a revision; of the one that the repository was opened with, if none is named."""
        if rev is not None and rev != self.rev:
            return self.repo.resolve(rev)
        if self.repo.rev is None:
            raise RefNotFound(self.rev)
        return self.repo.rev

    # --- reading

    @cached_property
    def listing(self) -> tags.Listing:
        """All tag refs."""
        return tags.list_tags(self.git)

    def records(self, name: str | None = None) -> Iterable[TagRecord]:
        """Read the tags that could be events, all or those of one artifact."""
        return tags.read_tags(self.git, self.listing if name is None else tags.list_tags(self.git, name))

    def snapshot(self, until: int | None = None) -> Snapshot:
        """Read the whole registry; with `until`, as it was at that second."""
        return fold(_upto(_read(self.records()), until))

    def artifact(self, name: str, until: int | None = None) -> ArtifactState:
        """Read one artifact; one without events is empty."""
        return self._artifact_and_tags(name, until)[0]

    def _artifact_and_tags(self, name: str, until: int | None = None) -> tuple[ArtifactState, dict[str, str]]:
        """Read one artifact, and the names and object ids of all its tags."""
        if not names.is_artifact(name):
            return ArtifactState(name), {}
        listing = tags.list_tags(self.git, name)
        items = list(_upto(_read(tags.read_tags(self.git, listing)), until)) if len(listing) else []
        snapshot = fold(item for item in items if item.artifact == name)
        return snapshot.artifact(name), {ref: oid for oid, ref in listing}

    def standings(self) -> list[Standing]:
        """Sum all artifacts up; of a large registry, only those whose tags changed are read."""
        keep = self.config.cache and len(self.listing) >= cache.FROM_TAGS
        whole = cache.digest(self.listing.text)
        known = cache.load(self.repo.common_dir) if keep else cache.Cached()
        if keep and known.whole == whole:
            return [one for _, one in known.standings.values() if one is not None]
        groups = cache.group(self.listing.text)
        keys = {one.name: one.digest for one in groups} if keep else {}
        old = {name: known.standings[name] for name, key in keys.items() if known.standings.get(name, ("",))[0] == key}
        changed = [one for one in groups if one.name not in old]
        new, unsure = self._sum_up(changed)
        everything = {**old, **{name: (keys.get(name, ""), one) for name, one in new.items()}}
        if keep:
            kept = {name: entry for name, entry in everything.items() if name not in unsure}
            cache.save(self.repo.common_dir, cache.Cached("" if unsure else whole, kept))
        return [one for _, one in everything.values() if one is not None]

    def _sum_up(self, groups: Sequence[cache.Group]) -> tuple[dict[str, Standing | None], set[str]]:
        """Read the tags of these artifacts; second come those of which git could not read an object."""
        events: dict[str, list[Event]] = {one.name: [] for one in groups}
        aside = dict.fromkeys(events, 0)
        unsure: set[str] = set()
        text = b"".join(line for one in groups for line in one.lines)
        for record in tags.read_tags(self.git, tags.Listing(text)):
            item = read(record)
            if isinstance(item, Event):
                events[item.artifact].append(item)
            elif item is not None and item.artifact:
                aside[item.artifact] += 1
                if record.type in {"missing", "corrupt"}:
                    unsure.add(item.artifact)
        result: dict[str, Standing | None] = {}
        for name, found in events.items():
            state = fold_artifact(name, found) if found else None
            result[name] = standing(state, aside[name]) if state and state.newest else None
        return result, unsure

    def check_ref(self, ref: str) -> PublishedEvent | None:
        """Return the event of a tag, named with or without `refs/tags/`; None where it is no event."""
        from gto.core import tag

        short = ref.removeprefix("refs/tags/")
        name = tag.find(short)
        return published.find_event(self.artifact(name.artifact), short) if name else None

    # --- writing

    def register(
        self,
        name: str,
        version: str | None = None,
        bump: Bump | None = None,
        manner: Manner = Manner(),
        *,
        allow_second_version: bool = False,
    ) -> Outcome:
        """Register a version at the revision that the repository was opened with."""
        names.parse_artifact(name)
        wish = plan.Registration(self.commit(), version, bump, allow_second_version)
        return self._do(name, manner, lambda context: plan.register(context, wish))

    def assign(self, name: str, wish: plan.Assignment, manner: Manner = Manner()) -> Outcome:
        """Assign a stage, registering the commit first where that is needed."""
        names.parse_artifact(name)
        return self._do(name, manner, lambda context: plan.assign(context, wish, self.config.stages))

    def rollback(self, name: str, stage: str, to: str | None, manner: Manner = Manner()) -> Outcome:
        """Put the version that was in a stage before, or the version `to`, into it again."""
        names.parse_artifact(name)
        return self._do(name, manner, lambda context: plan.rollback(context, stage, to, self.config.stages))

    def deregister(
        self, name: str, version: str | None, commit: str | None, manner: Manner, *, delete: bool = False
    ) -> Outcome:
        """Take a version back, or delete its tags."""
        names.parse_artifact(name)
        return self._do(name, manner, lambda context: plan.deregister(context, version, commit, delete=delete))

    def unassign(
        self,
        name: str,
        stage: str,
        version: str | None,
        commit: str | None,
        manner: Manner,
        *,
        delete: bool = False,
    ) -> Outcome:
        """Take a stage off a version, or delete the tags that put it there."""
        names.parse_artifact(name)
        return self._do(name, manner, lambda context: plan.unassign(context, stage, version, commit, delete=delete))

    def deprecate(self, name: str, commit: str | None, manner: Manner, *, delete: bool = False) -> Outcome:
        """Retire an artifact, or delete all its tags."""
        names.parse_artifact(name)

        def decide(context: Context) -> Plan:
            from gto.registry import annotation

            known = context.artifact.newest is not None
            annotated = not known and annotation.find(self, name, None) is not None
            return plan.deprecate(context, commit, self.repo.rev, annotated=annotated, delete=delete)

        return self._do(name, manner, decide)

    def _do(self, name: str, manner: Manner, decide: Callable[[Context], Plan]) -> Outcome:
        """Read, decide, write: tag objects, then the push if it is asked for, then one local transaction."""
        artifact, taken = self._artifact_and_tags(name)
        git = self._as_author(manner)
        who = write.read_identity(git)
        context = Context(artifact, taken, who.time, manner.simple, manner.force, manner.message)
        chosen = decide(context)
        oids = {str(t.name): self._make(git, t, who) for t in chosen.create}
        deleted = {ref: taken[ref] for ref in chosen.delete}
        if manner.push and (oids or deleted):
            write.push_tags(git, REMOTE, oids, deleted)
        if oids or deleted:
            write.update_tags(git, oids, deleted)
        events = tuple(_event(t, who) for t in chosen.create)
        return Outcome(events, chosen.delete, chosen.notes, manner.push)

    def _make(self, git: Git, new: NewTag, who: Identity) -> str:
        return write.make_tag(git, self.repo.common_dir, str(new.name), new.commit, new.message, who)

    def _as_author(self, manner: Manner) -> Git:
        env = {"GIT_COMMITTER_NAME": manner.author, "GIT_COMMITTER_EMAIL": manner.author_email}
        return Git(self.git.directory, {**self.git.env, **{key: value for key, value in env.items() if value}})


def _parse(data: bytes, path: str) -> Parsed:
    from gto.annotations.document import load  # YAML is read only where there is a file of it

    document = load(data, path)
    return Parsed(document.value, document.line)


def path_of(place: object) -> str:
    """Return the path that a caller means: a path, or the `root_dir` of an object such as scmrepo's Git."""
    path = getattr(place, "root_dir", place)
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"a path, or an object with `root_dir`, was expected, not {type(place).__name__}")
    return os.fspath(path)


def _read(records: Iterable[TagRecord]) -> Iterable[Event | Problem]:
    return (item for item in map(read, records) if item is not None)


def _upto(items: Iterable[Event | Problem], until: int | None) -> Iterable[Event | Problem]:
    if until is None:
        return items
    return (item for item in items if not isinstance(item, Event) or item.time <= until)


def _event(new: NewTag, who: Identity) -> PublishedEvent:
    return PublishedEvent(
        new.name.kind.noun,
        new.name.artifact,
        new.version,
        new.name.stage,
        new.commit,
        str(new.name),
        moment(who.time, who.offset),
        who.name,
        who.email,
        new.message.strip(),
        new.name.kind,
    )
