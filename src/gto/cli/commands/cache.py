"""`gto cache`: the mirrors of remote repositories, and the facts of models, that are kept on this machine."""

from datetime import UTC, datetime

import click

from gto.cli import options, render
from gto.cli.download_progress import size
from gto.exceptions import MirrorBusy, WrongArgs
from gto.git import mirror_store, remote
from gto.inspect import kept_facts


@click.group("cache", short_help="Show or clear what is kept of remote repositories.")
def command() -> None:
    """Show or clear the mirrors that `-r URL` and the catalogue keep on this machine.

    They lack the files' contents, are brought up to date when they are used, and can always be made again. Together
    they take at most GTO_CACHE_SIZE bytes, 10 GB by default: those used longest ago are removed. So are the facts of
    models that were read from their files, of which at most 1000 are kept. GTO_CACHE_DIR names the directory of all.
    """


@command.command("info", cls=options.Command)
@options.as_json
def info(as_json: bool) -> None:
    """Show which mirrors are kept, how large they are, and when they were last used."""
    mirrors, facts = mirror_store.kept(), kept_facts.kept()
    if as_json:
        found = [{"url": one.url, "directory": one.directory, "size": one.size, "used": _time(one)} for one in mirrors]
        whole = {"directory": mirror_store.home(), "size": sum(one.size for one in mirrors), "mirrors": found}
        render.as_json({**whole, "model_facts": facts._asdict()})
        return
    render.say(f"{len(mirrors)} mirrors, {size(sum(one.size for one in mirrors))}, in {mirror_store.home()}")
    for one in mirrors:
        used = f"{_time(one):%Y-%m-%d %H:%M}"
        render.say(f"  {size(one.size):>9}  used {used}  {render.clean(one.url or one.directory)}")
    if facts.files:
        render.say(f"Facts of {facts.files} models, {size(facts.size)}, in {facts.directory}")


@command.command("clear", cls=options.Command)
@options.argument("url", "The remote repository; without it all mirrors, and the facts of models", required=False)
def clear(url: str | None) -> None:
    """Remove one mirror, or all and the facts of models: the next use fetches and reads again."""
    mirrors = mirror_store.kept()
    if url is not None:
        place = mirror_store.place_of(remote.parse(url))
        mirrors = [one for one in mirrors if one.directory == place]
        if not mirrors:
            raise WrongArgs(f"There is no mirror of '{remote.parse(url).url}'", "`gto cache info` lists them")
    else:
        mirror_store.sweep()
    removed = [one for one in mirrors if _remove(one)]
    render.say(f"Removed {len(removed)} mirrors, {size(sum(one.size for one in removed))}")
    facts = kept_facts.clear() if url is None else None
    if facts is not None and facts.files:
        render.say(f"Removed the facts of {facts.files} models, {size(facts.size)}")


def _remove(one: mirror_store.StoredMirror) -> bool:
    try:
        mirror_store.remove(one.directory)
    except MirrorBusy:
        render.note(f"'{one.url}' is being fetched: it was left alone")
        return False
    return True


def _time(one: mirror_store.StoredMirror) -> datetime:
    return datetime.fromtimestamp(one.used, UTC).astimezone()
