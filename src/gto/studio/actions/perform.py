"""An action carried out on a repository, or only decided: the verbs of the command line, with what a form says."""

from typing import NamedTuple

from gto.catalog.parallel import Way, limited
from gto.catalog.repositories import CatalogRepository, is_repository
from gto.core.plan import Assignment, TakeBack
from gto.exceptions import MissingArg, NoRepo
from gto.registry.registry import Registry
from gto.registry.write import approve, verbs
from gto.registry.write.transaction import WriteOptions
from gto.studio.actions.action import OfferedAction
from gto.studio.actions.wish import Wish
from gto.studio.write_access import WriteAccess


class WrittenTags(NamedTuple):
    """What was written, or would be."""

    refs: tuple[str, ...]
    commit: str
    notes: tuple[str, ...]
    signed: bool


def open_at(place: CatalogRepository, way: Way, rev: str = "HEAD") -> Registry:
    """Open a repository as the command line does with `-r`, at the revision that an action is about."""
    if not place.is_remote and not is_repository(place.address):
        raise NoRepo(place.address)
    return limited(Registry.open(place.address, rev, offline=way.offline, seconds=way.seconds), place)


def at_commit(registry: Registry, rev: str) -> Registry:
    """Return the same repository, opened at another revision; nothing is fetched again."""
    return Registry(registry.repo._replace(rev=registry.repo.resolve(rev)), rev, registry.session)


def write_options(wish: Wish, access: WriteAccess, *, dry_run: bool = False) -> WriteOptions:
    """Return how a wish is written."""
    forced, sign = "--force" in wish.ticks, wish.sign or None
    how = WriteOptions(message=wish.text, force=forced, sign=sign, behalf=access.behalf)
    return how._replace(dry_run=True) if dry_run else how._replace(push=wish.push, made_for=wish.made_for)


def require(action: OfferedAction, wish: Wish) -> None:
    """Raise where a form leaves out what it asks for: what nobody chose is not written."""
    if "commit" in action.fields and not wish.commit:
        raise MissingArg("commit")
    if {"number", "version"} & set(action.fields) and not wish.version:
        raise MissingArg("version")
    if {"stage", "held", "standing"} & set(action.fields) and not wish.stage:
        raise MissingArg("stage")


def perform(registry: Registry, wish: Wish, how: WriteOptions) -> WrittenTags:
    """Do what a wish asks for; `registry` is opened at its commit, where it names one."""
    if wish.action == "approve":
        return _approve(registry, wish, how)
    done = _do(registry, wish, how)
    commits = [one.commit_hexsha for one in done.events]
    refs = tuple(one.ref for one in done.events)
    return WrittenTags(refs, commits[-1] if commits else "", done.notes, done.signed)


def _do(registry: Registry, wish: Wish, how: WriteOptions) -> verbs.Outcome:
    name, stage, version = wish.name, wish.stage, wish.version
    match wish.action:
        case "register" if not stage:
            second = "--allow-second-version" in wish.ticks
            return verbs.register(registry, name, version or None, None, how, allow_second_version=second)
        case "register":
            asked = Assignment(stage, commit=registry.commit(), name_version=version or None)
            return verbs.assign(registry, name, asked, how)
        case "assign":
            return verbs.assign(registry, name, Assignment(stage, version=version), how)
        case "rollback":
            return verbs.rollback(registry, name, stage, version or None, how)
        case _:
            return _take_back(registry, wish, how)


def _take_back(registry: Registry, wish: Wish, how: WriteOptions) -> verbs.Outcome:
    match wish.action:
        case "unassign":
            return verbs.unassign(registry, wish.name, wish.stage, TakeBack(wish.version), how)
        case "deregister":
            return verbs.deregister(registry, wish.name, TakeBack(wish.version), how)
        case _:
            return verbs.deprecate(registry, wish.name, None, how)


def _approve(registry: Registry, wish: Wish, how: WriteOptions) -> WrittenTags:
    chosen = f"{wish.name}@{wish.version}" if wish.version else wish.name
    if how.dry_run:
        found = registry.artifact(wish.name).version(wish.version)
        ref = f"approvals/{wish.name},{wish.version},{wish.stage},"
        return WrittenTags((ref,), found.commit if found else "", (), signed=True)
    done = approve.approve(registry, chosen, wish.stage, how)
    return WrittenTags((done.approval.ref,), done.approval.commit, done.notes, signed=True)
