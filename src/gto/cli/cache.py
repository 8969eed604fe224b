"""`gto cache`: the mirrors of remote repositories that are kept on this machine."""

from datetime import UTC, datetime

import click

from gto.cli import options, render
from gto.cli.transfer import size
from gto.exceptions import MirrorBusy, WrongArgs
from gto.git import remote, shelf


@click.group("cache", short_help="Show or clear what is kept of remote repositories.")
def command() -> None:
    """Show or clear the mirrors that `-r URL` and the catalogue keep on this machine.

    They lack the files' contents, are brought up to date when they are used, and can always be made again. Together
    they take at most GTO_CACHE_SIZE bytes, 10 GB by default: those used longest ago are removed.
    """


@command.command("info", cls=options.Command)
@options.as_json
def info(as_json: bool) -> None:
    """Show which mirrors are kept, how large they are, and when they were last used."""
    mirrors = shelf.kept()
    if as_json:
        found = [{"url": one.url, "directory": one.directory, "size": one.size, "used": _time(one)} for one in mirrors]
        render.as_json({"directory": shelf.home(), "size": sum(one.size for one in mirrors), "mirrors": found})
        return
    render.say(f"{len(mirrors)} mirrors, {size(sum(one.size for one in mirrors))}, in {shelf.home()}")
    for one in mirrors:
        used = f"{_time(one):%Y-%m-%d %H:%M}"
        render.say(f"  {size(one.size):>9}  used {used}  {render.clean(one.url or one.directory)}")


@command.command("clear", cls=options.Command)
@options.argument("url", "The remote repository; without it all mirrors", required=False)
def clear(url: str | None) -> None:
    """Remove one mirror, or all: the next use fetches again."""
    mirrors = shelf.kept()
    if url is not None:
        place = shelf.place_of(remote.parse(url))
        mirrors = [one for one in mirrors if one.directory == place]
        if not mirrors:
            raise WrongArgs(f"There is no mirror of '{remote.parse(url).url}'", "`gto cache info` lists them")
    else:
        shelf.sweep()
    removed = [one for one in mirrors if _remove(one)]
    render.say(f"Removed {len(removed)} mirrors, {size(sum(one.size for one in removed))}")


def _remove(one: shelf.Kept) -> bool:
    try:
        shelf.remove(one.directory)
    except MirrorBusy:
        render.note(f"'{one.url}' is being fetched: it was left alone")
        return False
    return True


def _time(one: shelf.Kept) -> datetime:
    return datetime.fromtimestamp(one.used, UTC).astimezone()
