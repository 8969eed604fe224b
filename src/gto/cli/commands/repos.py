"""`gto repos`: the catalogue, a file that lists several repositories."""

import click

from gto.cli import catalog_options, options, render
from gto.cli.catalog_options import Across


@click.group("repos", short_help="Keep a catalogue: several repositories as one registry.")
def command() -> None:
    """Keep a catalogue, a YAML file that lists repositories; `gto show --all` and others read them together.

    It is `gto/repos.yaml` in the user's directory of configuration (`~/.config`), or the file that --catalog names,
    which a team can keep in Git.
    """


@command.command(
    "add",
    cls=options.Command,
    short_help="Put repositories into the catalogue.",
    examples="""
    gto repos add ../churn --group marketing
    gto repos add https://example.com/team/fraud.git --name fraud
    gto repos add '~/models/*'                        every repository in a directory, now and later
    gto repos add models --catalog team/repos.yaml
    """,
)
@options.argument("where", help="Path, URL, or glob in quotes", nargs=-1, required=True, metavar="PATH|URL|GLOB...")
@click.option("--name", help="What to call the repository; default: the last part of its path or URL")
@click.option("--group", "groups", multiple=True, help="A group that it belongs to (repeatable)")
@click.option("--branch", help="The branch whose annotations count; default: HEAD")
@catalog_options.file
@options.as_json
def add(
    where: tuple[str, ...],
    name: str | None,
    groups: tuple[str, ...],
    branch: str | None,
    catalog: str | None,
    as_json: bool,
) -> None:
    """Put repositories into the catalogue, which is made if it is not there; all of them or none.

    In a file that --catalog names, a relative path counts from that file. A URL is fetched when it is first read.
    """
    from gto.catalog import membership

    done = membership.add(where, membership.About(name, groups, branch), catalog)
    if as_json:
        render.as_json({"file": done.path, "added": list(done.names)})
    else:
        render.lines(done.lines())


@command.command("remove", cls=options.Command, short_help="Take repositories out of the catalogue.")
@options.argument(
    "names", help="Name of the repository, or a glob as it was added", nargs=-1, required=True, metavar="NAME..."
)
@catalog_options.file
@options.as_json
def remove(names: tuple[str, ...], catalog: str | None, as_json: bool) -> None:
    """Take repositories out of the catalogue; they stay as they are, and so does what was fetched."""
    from gto.catalog import membership

    done = membership.remove(names, catalog)
    if as_json:
        render.as_json({"file": done.path, "removed": list(names)})
    else:
        render.lines(f"Removed '{render.clean(name)}' from {done.path}" for name in names)


@command.command("list", cls=options.Command, short_help="List the repositories of the catalogue.")
@catalog_options.groups
@catalog_options.file
@options.as_json
@options.plain
def list_(groups: tuple[str, ...], catalog: str | None, as_json: bool, plain: bool) -> None:
    """List the repositories of the catalogue, with globs searched; none of them is read."""
    from gto.catalog import file, repositories
    from gto.output.tables import Table

    options.only_one(json=as_json, plain=plain)
    read = file.load(catalog) if catalog is None else file.load_existing(catalog)
    found = repositories.choose(repositories.expand(read.entries, read.base), groups=groups)
    if as_json:
        repos = [one.as_dict() for one in found.places]
        render.as_json({"file": read.path, "repos": repos, "problems": repositories.problems(found.failures)})
    else:
        rows = [(one.name, ", ".join(one.entry.groups) or None, one.entry.branch, one.address) for one in found.places]
        render.table(Table(("name", "groups", "branch", "address"), tuple(rows)), plain=plain)
    catalog_options.end(found.failures)


@command.command("sync", cls=options.Command, short_help="Fetch what the remote repositories of the catalogue have.")
@options.argument("names", help="Names of repositories; empty for all", nargs=-1, metavar="NAME...")
@catalog_options.groups
@catalog_options.file
@catalog_options.timeout
@options.as_json
def sync(names: tuple[str, ...], groups: tuple[str, ...], catalog: str | None, timeout: float, as_json: bool) -> None:
    """Bring the mirrors of URLs up to date, several at once, and say what came; exit code 1 if one failed.

    After it, `gto show --all --offline` reads without the network.
    """
    from gto.catalog import refresh
    from gto.catalog.repositories import choose

    where = Across(wanted=True, catalog=catalog, groups=groups, seconds=timeout)
    found = choose(where.search(), names)
    if not names:
        found = found._replace(places=tuple(one for one in found.places if one.is_remote))
    done = refresh.sync(found, where.way())
    if as_json:
        render.as_json(done.as_dict())
    else:
        render.lines([str(one) for one in done.done] or ["The catalogue has no remote repositories"])
    catalog_options.end(done.failures)
