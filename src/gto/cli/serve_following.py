"""What the words of `gto serve` say about stages that are followed, and about requests that are split."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.cli import options, render, signals, watch_options
from gto.exceptions import ExtraMissing, GTOException, UsageError
from gto.output.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from socket import socket

    import click

    from gto.registry.registry import Registry
    from gto.serve.server.server_settings import ServerSettings
    from gto.serve.server.traffic_split import TrafficSide


class Every(watch_options.Seconds):
    """A number of seconds, as `2`, or as `2s`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401  click's word
        """Read it."""
        return super().convert(value.removesuffix("s") if isinstance(value, str) else value, param, ctx)


class Follow(NamedTuple):
    """What the options say of stages that are followed."""

    repo: str
    every: float
    trusted: bool
    environments: bool
    trust_remote: bool
    allow_local: bool


def check_extra() -> None:
    """Raise ExtraMissing where what a process needs that answers is not here; this one imports nothing of it."""
    for module in ("fastapi", "prometheus_client", "uvicorn"):
        if find_spec(module) is None:
            raise ExtraMissing("To serve models", module, "serve")


def sides_of(selectors: Sequence[str], split: str | None) -> Sequence[TrafficSide]:
    """Return what each selector gets of the requests that name no version."""
    from gto.serve.server.traffic_split import TrafficSide, parse_split

    return parse_split(split, selectors) if split is not None else [TrafficSide(one, 0) for one in selectors]


def run(
    listener: socket,
    sides: Sequence[TrafficSide],
    settings: ServerSettings,
    asked: Follow,
    started: Callable[[Sequence[tuple[str, str, str]]], None],
) -> None:
    """Serve what the selectors name, now and later, until a signal comes; `started` is told what is served at first."""
    from gto.core import names, selector
    from gto.git import process_tree
    from gto.git.session import Session
    from gto.serve.server.delivered_versions import DeliveryTrust
    from gto.serve.server.following import FollowOptions, following
    from gto.watch.poller import WatchedRepository

    for side in sides:
        names.parse_artifact(selector.parse(side.selector).name)  # a file has no stage
    if options.is_offline():
        raise UsageError("--offline reaches no remote, so nothing new can come", "leave it or --follow out")
    session = Session()

    def read() -> Registry:
        return options.open_registry(asked.repo, session=session)

    def note(text: str) -> None:
        render.note(f"note: {one_line(text)}")

    trust = DeliveryTrust(asked.trust_remote, asked.allow_local)
    is_split = any(side.weight for side in sides)
    told = FollowOptions(sides, is_split, asked.trusted, asked.every, asked.environments, trust)
    with following(listener, WatchedRepository(read), told, settings._asdict(), note) as follower:

        def end() -> None:
            follower.end()
            process_tree.stop()  # a remote that hangs holds nobody up

        with signals.by_signals(end) as came:
            try:
                follower.begin()
            except GTOException:
                if not came:  # else git was ended too
                    raise
            if not came:
                started([(one.artifact, one.version, one.selector) for one in follower.served])
            follower.run()
