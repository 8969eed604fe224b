"""`gto cache`: mirrors of remote repositories, facts of models, and environments, that are kept on this machine."""

from collections.abc import Sized
from datetime import UTC, datetime

import click

from gto.cli import options, render
from gto.cli.download_progress import size
from gto.exceptions import LockHeld, WrongArgs
from gto.git import mirror_store, remote
from gto.inspect import kept_facts
from gto.serve.server import kept_environments


@click.group("cache", short_help="Show or clear what is kept on this machine.")
def command() -> None:
    """Show or clear what GTO keeps on this machine and can make again.

    Mirrors are of the repositories that `-r URL` and the catalogue ask. They lack the files' contents, and are brought
    up to date when they are used; together they take at most GTO_CACHE_SIZE bytes, 10 GB by default. Beside them are
    facts of models that were read from their files, at most 1000, and environments that `gto serve --follow` made for
    versions that need other packages, at most 10. Of more, those used longest ago are removed; an environment that a
    server uses stays. GTO_CACHE_DIR names the directory of all.
    """


@command.command("info", cls=options.Command)
@options.as_json
def info(as_json: bool) -> None:
    """Show which mirrors and environments are kept, how large they are, and when they were last used."""
    mirrors, facts, environments = mirror_store.kept(), kept_facts.kept(), kept_environments.kept()
    if as_json:
        found = [{"url": one.url, "directory": one.directory, "size": one.size, "used": _time(one)} for one in mirrors]
        whole = {"directory": mirror_store.home(), "size": sum(one.size for one in mirrors), "mirrors": found}
        made = [{**one._asdict(), "used": _time(one)} for one in environments]
        render.as_json({**whole, "model_facts": facts._asdict(), "environments": made})
        return
    render.say(f"{_count(mirrors, 'mirror')}, {size(sum(one.size for one in mirrors))}, in {mirror_store.home()}")
    for one in mirrors:
        used = f"{_time(one):%Y-%m-%d %H:%M}"
        render.say(f"  {size(one.size):>9}  used {used}  {render.clean(one.url or one.directory)}")
    if facts.files:
        render.say(f"Facts of {facts.files} models, {size(facts.size)}, in {facts.directory}")
    _say_environments(environments)


def _say_environments(kept: list[kept_environments.KeptEnvironment]) -> None:
    if kept:
        whole = size(sum(one.size for one in kept))
        render.say(f"{_count(kept, 'environment')}, {whole}, in {kept_environments.home()}")
    for one in kept:
        what = ", ".join(one.requirements) or f"{one.directory}, not finished"
        render.say(f"  {size(one.size):>9}  used {_time(one):%Y-%m-%d %H:%M}  {render.clean(what)}")


@command.command("clear", cls=options.Command)
@options.argument(
    "url", "The remote repository; without it all mirrors, facts of models, and environments", required=False
)
def clear(url: str | None) -> None:
    """Remove one mirror, or all that is kept: the next use fetches, reads and makes it again."""
    mirrors = mirror_store.kept()
    if url is not None:
        place = mirror_store.place_of(remote.parse(url))
        mirrors = [one for one in mirrors if one.directory == place]
        if not mirrors:
            raise WrongArgs(f"There is no mirror of '{remote.parse(url).url}'", "`gto cache info` lists them")
    else:
        mirror_store.sweep()
    removed = [one for one in mirrors if _remove(one)]
    render.say(f"Removed {_count(removed, 'mirror')}, {size(sum(one.size for one in removed))}")
    if url is None:
        _clear_others()


def _clear_others() -> None:
    facts = kept_facts.clear()
    if facts.files:
        render.say(f"Removed the facts of {facts.files} models, {size(facts.size)}")
    removed = [one for one in kept_environments.kept() if _remove_environment(one)]
    if removed:
        render.say(f"Removed {_count(removed, 'environment')}, {size(sum(one.size for one in removed))}")


def _remove_environment(one: kept_environments.KeptEnvironment) -> bool:
    try:
        kept_environments.remove(one.directory)
    except LockHeld:
        what = ", ".join(one.requirements) or one.directory
        render.note(f"The environment of {what} is used, or being made: it was left alone")
        return False
    return True


def _remove(one: mirror_store.StoredMirror) -> bool:
    try:
        mirror_store.remove(one.directory)
    except LockHeld:
        render.note(f"'{one.url}' is being fetched: it was left alone")
        return False
    return True


def _count(what: Sized, word: str) -> str:
    return f"1 {word}" if len(what) == 1 else f"{len(what)} {word}s"


def _time(one: mirror_store.StoredMirror | kept_environments.KeptEnvironment) -> datetime:
    return datetime.fromtimestamp(one.used, UTC).astimezone()
