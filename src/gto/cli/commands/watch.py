"""`gto watch`: runs a command, or posts a webhook, for each new event of a repository."""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import click

from gto.cli import options, proof_options, render, signals, watch_options, watch_output
from gto.core.tag import Kind
from gto.exceptions import InvalidDate, NoRepo, UsageError
from gto.output.escape import one_line

if TYPE_CHECKING:
    from gto.cli.proof_options import Proof
    from gto.registry.registry import Registry
    from gto.watch.journal import Cursor
    from gto.watch.new_events import Since
    from gto.watch.outcome import Settled
    from gto.watch.poller import WatchedRepository
    from gto.watch.watcher import Orders, Watcher
    from gto.watch.webhook_server import Door

_FEW, _MANY = 5, 300  # tries after the first: while somebody waits for the end, and of a service
_KINDS = [kind.noun for kind in Kind if kind is not Kind.CREATION]


class _Where(NamedTuple):
    """A repository that is watched, and its journal."""

    source: WatchedRepository
    repo: str
    journal: str


@click.command(
    "watch",
    cls=options.Command,
    short_help="Run a command or post a webhook for each new event.",
    examples="""
    gto watch -r https://example.com/team/models.git --event assignment --stage prod -- ./deploy.sh
    gto watch -r URL --post https://ci.example.com/hook --secret-env HOOK_SECRET
    gto watch -r URL --since 2026-01-31 --dry-run -- ./deploy.sh
    gto watch -r URL --dead-letters
    """,
)
@options.repo
@options.argument("argv", help="Behind `--`: the command, and its arguments", nargs=-1, metavar="-- COMMAND...")
@click.option("--post", metavar="URL", help="Post each event there as JSON, in the place of a command")
@click.option("--secret-env", metavar="VARIABLE", help="With --post: the variable with the secret that signs")
@click.option("--artifact", "artifacts", metavar="PATTERN", multiple=True, help="Only of it; `team/*` (repeatable)")
@click.option("--event", "kinds", type=click.Choice(_KINDS), multiple=True, help="Only such events (repeatable)")
@click.option(
    "--stage",
    "stages",
    metavar="STAGE",
    multiple=True,
    help="Only events of the stage (repeatable)",
    shell_complete=options.stages,
)
@click.option("--since", metavar="DATE|TAG|all", help="Deliver older events too: from a date, or a tag, on")
@click.option(
    "--interval", type=watch_options.Seconds(0.1), default=30.0, show_default=True, help="Seconds between looks"
)
@click.option("--listen", metavar="HOST:PORT", help="Take push webhooks of the forge, and look when one comes")
@click.option("--listen-secret-env", metavar="VARIABLE", help="The variable with the secret of those webhooks")
@click.option("--once", is_flag=True, help="Look once, deliver, end; exit code 1 if an event was given up")
@click.option("--dry-run", is_flag=True, help="Look once, say what would be delivered, and change nothing")
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    help="Tries after the first; default: 300, which is about a day, and 5 with --once and --retry-dead",
)
@click.option(
    "--backoff",
    type=watch_options.Seconds(0),
    default=1.0,
    show_default=True,
    help="Seconds before the second try; then twice as long each time, up to 300",
)
@click.option(
    "--timeout",
    type=watch_options.Seconds(0.1),
    help="Seconds that a delivery may take; default: 3600 of a command, 60 of a webhook",
)
@click.option(
    "--jobs", type=click.IntRange(min=1, max=64), default=4, show_default=True, help="Artifacts that are served at once"
)
@click.option("--state", metavar="FILE", help="The journal of what was delivered; default: in ~/.local/state/gto/watch")
@click.option("--dead-letters", is_flag=True, help="Print the events that were given up")
@click.option("--retry-dead", is_flag=True, help="Deliver those again, once, and nothing else")
@options.as_json
@proof_options.checked(shown=False)
def command(
    repo: str,
    argv: tuple[str, ...],
    post: str | None,
    secret_env: str | None,
    artifacts: tuple[str, ...],
    kinds: tuple[str, ...],
    stages: tuple[str, ...],
    since: str | None,
    interval: float,
    listen: str | None,
    listen_secret_env: str | None,
    once: bool,
    dry_run: bool,
    retries: int | None,
    backoff: float,
    timeout: float | None,
    jobs: int,
    state: str | None,
    dead_letters: bool,
    retry_dead: bool,
    as_json: bool,
    proof: Proof,
) -> None:
    """Run a command, or post a webhook, for each new event of a repository.

    A command gets the event in its environment (GTO_EVENT, GTO_NAME, GTO_VERSION, GTO_STAGE and so on) and as JSON on
    its stdin, never as words of a shell. Events of one artifact come one after the other, and each until it was
    delivered: exit code 0, or a status from 200 to 299. One that fails again and again is given up, and those after it
    go on. What was there before the first start is not delivered without --since. With --json each line of the output
    is a JSON object.
    """
    from gto.watch import journal
    from gto.watch.new_events import EventFilter, WatchQuery, find
    from gto.watch.queue import Patience
    from gto.watch.watcher import Orders

    where = _where(repo, state, proof)
    if dead_letters:
        watch_output.dead(journal.read(where.journal, where.repo), as_json=as_json)
        return
    receiver = watch_options.receiver(argv, post, secret_env, timeout, (secret_env, listen_secret_env))
    if options.is_offline() and not (once or dry_run or retry_dead):
        raise UsageError("--offline reaches no remote, so nothing new can come", "leave it out, or add --once")
    asked = WatchQuery(where.repo, EventFilter(artifacts, kinds, stages), _since(since), dead=retry_dead)
    if dry_run:
        registry = where.source.read()
        found = find(registry, journal.read(where.journal, where.repo), set(), asked)
        watch_output.plan(found, receiver, as_json=as_json)
        return
    if retries is None:
        retries = _FEW if once or retry_dead else _MANY
    at = watch_options.door(listen, listen_secret_env, once=once or retry_dead)
    with journal.opened(where.journal, where.repo) as cursor:
        if retry_dead and not cursor.dead():
            render.note("There are no dead letters")
            return
        gc.enable()  # unlike other commands, this one may run for months
        to = watch_options.holding(receiver, cursor.handle)
        watcher = _watcher(
            where, cursor, Orders(asked, to, Patience(retries, backoff, jobs), interval), as_json=as_json
        )
        _run(watcher, at, once=once or retry_dead)
    if watcher.dead and (once or retry_dead):
        raise SystemExit(1)


def _where(repo: str, state: str | None, proof: Proof) -> _Where:
    from gto.git import remote
    from gto.git.session import Session
    from gto.watch import journal
    from gto.watch.poller import WatchedRepository

    if not remote.is_url(repo) and not os.path.isdir(repo):
        raise NoRepo(repo)

    session = Session()

    def read() -> Registry:
        registry = options.open_registry(repo, session=session)
        proof.begin(registry)
        return registry

    address = journal.address_of(repo)
    # Of a symbolic link its end: a journal has one lock, and is replaced where it is.
    return _Where(WatchedRepository(read), address, os.path.realpath(state or journal.journal_of(address)))


def _since(text: str | None) -> Since | None:
    from gto.core import tag
    from gto.core.dates import parse_date
    from gto.watch.new_events import Since

    if text is None or text == "all":
        return None if text is None else Since()
    ref = text.removeprefix("refs/tags/")
    if tag.find(ref) is not None:
        return Since(ref=ref)
    try:
        return Since(parse_date(text, end=False))
    except InvalidDate as error:
        hint = "name a date as 2026-01-31, an event as churn@v1.0.0, or write `all`"
        raise InvalidDate(f"'{text}' is no date and no event tag", hint) from error


def _watcher(where: _Where, cursor: Cursor, orders: Orders, *, as_json: bool) -> Watcher:
    from gto.watch.outcome import AttemptListener
    from gto.watch.watcher import Watcher

    turn = Lock()

    def settled(one: Settled) -> None:
        with turn:
            watch_output.settled(one, as_json=as_json)

    def note(text: str) -> None:
        with turn:
            render.note(f"note: {one_line(text)}")

    return Watcher(where.source, cursor, orders, AttemptListener(settled, note))


def _run(watcher: Watcher, at: Door | None, *, once: bool) -> None:
    """Have it work to its end, or until a signal comes; exit code 128 and the signal's where that left events."""
    from gto.git import process_tree
    from gto.watch import webhook_server

    def end() -> None:
        watcher.end()
        process_tree.stop()  # a remote that hangs holds nobody up

    with ExitStack() as stack:
        came = stack.enter_context(signals.by_signals(end))
        if at is not None:
            port = stack.enter_context(webhook_server.listening(at, watcher))
            render.note(f"note: webhooks are taken at http://{at.name}:{port}{webhook_server.PATH}")
        if once:
            watcher.once()
        else:
            watcher.run()
    if watcher.is_cut:
        raise SystemExit(128 + came[0])
