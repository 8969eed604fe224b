"""`gto url`: where a store has the files of a version."""

import click

from gto.cli import delivery_options, options, render
from gto.cli.delivery_options import Delivery
from gto.exceptions import UsageError

_HOUR = 3600


@click.command(
    "url",
    cls=options.Command,
    short_help="Print the storage URL of a version's files.",
    examples="""
    gto url churn#prod
    gto url churn#prod --sign --expires 600     a link that anybody may read for ten minutes
    """,
)
@options.repo
@delivery_options.selector
@click.option("--sign", is_flag=True, help="Print a link that needs no credentials, where the store can make one")
@click.option(
    "--expires", type=int, metavar="SECONDS", help="With --sign: how long the link works; an hour if not given"
)
@delivery_options.options
@options.as_json
def command(
    repo: str,
    name: str,
    sign: bool,
    expires: int | None,
    delivery: Delivery,
    as_json: bool,
) -> None:
    """Print the URL under which a store has a version's file; of a directory, one for each of its files."""
    if expires is not None and not sign:
        raise UsageError("--expires is for --sign", "add --sign")
    from gto.delivery import file_urls, get

    _, chosen, located = delivery.find(repo, name)
    seconds = (_HOUR if expires is None else expires) if sign else None
    found = file_urls.urls(located, seconds)
    if as_json:
        files = [one._asdict() for one in found]
        render.as_json({**get.about(chosen), "expires": seconds, "files": files})
    else:
        render.lines(one.url for one in found)
