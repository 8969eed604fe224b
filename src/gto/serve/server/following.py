"""A server that follows stages: the parent, which holds the socket and reads Git, and never loads a model."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from gto.models.fresh_environment import link_code
from gto.serve.server.delivered_versions import DeliveredVersions, DeliveryTrust
from gto.serve.server.environment_maker import EnvironmentMaker
from gto.serve.server.scratch_directory import scratch_directory
from gto.serve.server.serving_process import ChildSettings
from gto.serve.server.serving_processes import ServingProcesses
from gto.serve.server.stage_follower import FollowSettings, StageFollower
from gto.serve.server.traffic_split import TrafficSide
from gto.watch.poller import WatchedRepository

_BACKLOG = 1024  # connections that wait while a process that ended is started again


class FollowOptions(NamedTuple):
    """What the command line says."""

    sides: Sequence[TrafficSide]
    is_split: bool = False
    trusted: bool = False
    every: float = 2.0
    """Seconds between two looks."""
    makes_environments: bool = True
    """Whether a version that needs other packages than are here gets an environment."""
    trust: DeliveryTrust = DeliveryTrust()


@contextmanager
def following(
    listener: socket.socket,
    source: WatchedRepository,
    options: FollowOptions,
    settings: Mapping[str, Any],
    note: Callable[[str], None],
) -> Iterator[StageFollower]:
    """Yield what follows; when the block ends, so do all its processes."""
    listener.listen(_BACKLOG)
    told = {
        "sides": [list(one) for one in options.sides] if options.is_split else [],
        "trusted": options.trusted,
        "settings": dict(settings),
    }
    woken: list[StageFollower] = []

    def ended() -> None:
        for one in woken:
            one.wake()

    def ready() -> None:
        for one in woken:
            one.try_again()

    environments = EnvironmentMaker(ready, may_make=options.makes_environments, trusted=options.trusted)
    with scratch_directory() as scratch:
        code = os.path.join(scratch, "code")
        os.mkdir(code)
        link_code(code)
        processes = ServingProcesses(ChildSettings(listener, told, code, ended), environments)
        delivered = DeliveredVersions(os.path.join(scratch, "versions"), options.trust)
        follower = StageFollower(source, options.sides, delivered, processes, FollowSettings(options.every, note))
        woken.append(follower)
        try:
            yield follower
        finally:
            processes.join()
