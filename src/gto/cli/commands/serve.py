"""`gto serve`: versions that answer requests over HTTP."""

from functools import partial
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from gto.cli import delivery_options, options, render, serve_following, signals
from gto.exceptions import Untrusted, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from socket import socket

    from gto.serve.runtime.served_model import LiveModel
    from gto.serve.server.server_settings import ServerSettings
    from gto.serve.server.traffic_split import TrafficSide

_MEGABYTE = 1 << 20


@click.command(
    "serve",
    cls=options.Command,
    short_help="Serve versions of models over HTTP.",
    examples="""
    gto serve churn#prod
    gto serve churn#prod churn#canary ranking@v1.2.0 --port 9000
    gto serve churn#prod --follow -r https://example.com/team/models.git
    gto serve churn#prod churn#canary --follow --split 90:10
    gto serve model.joblib --trusted
    """,
)
@options.repo
@options.argument(
    "selectors",
    help="What is served: NAME, NAME@latest, NAME@v1.2.3, NAME#stage, a model's file, or NAME@VERSION=FILE",
    nargs=-1,
    required=True,
    shell_complete=options.names,
)
@click.option("--follow", is_flag=True, help="When a stage moves, have its new version take over; needs no restart")
@click.option(
    "--every",
    type=serve_following.Every(0.1),
    default="2s",
    show_default=True,
    help="With --follow: seconds between two looks at the repository",
)
@click.option(
    "--environments/--no-environments",
    default=True,
    show_default=True,
    help="With --follow: make an environment for a version that needs other packages than are here",
)
@click.option("--split", metavar="W:W", help="Spread requests that name no version over the selectors, by weights")
@delivery_options.trust_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="Answer under this name, too; on 127.0.0.1, without, only under addresses and localhost",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    envvar="PORT",
    show_envvar=True,
    help="The port; 0: any",
)
@click.option("--trusted", is_flag=True, help="Load files whose loading runs code: you trust whoever wrote them")
@click.option("--max-body", type=click.IntRange(1), metavar="MB", default=64, show_default=True, help="Of a request")
@click.option("--threads", type=click.IntRange(1), default=4, show_default=True, help="Models that work at a time")
@click.option("--max-connections", type=click.IntRange(1), default=512, show_default=True, help="Connections at a time")
@click.option(
    "--patience", type=click.FloatRange(0.1), default=30, show_default=True, help="Seconds for a client's whole request"
)
@click.option(
    "--loading/--no-loading",
    default=None,
    help="Let clients load and unload; if not given, where only this machine can",
)
@options.as_json
def command(
    repo: str,
    selectors: tuple[str, ...],
    follow: bool,
    every: float,
    environments: bool,
    split: str | None,
    trust_remote: bool,
    allow_local: bool,
    host: str,
    names: tuple[str, ...],
    port: int,
    trusted: bool,
    max_body: int,
    threads: int,
    max_connections: int,
    patience: float,
    loading: bool | None,
    as_json: bool,
) -> None:
    """Answer requests with versions: in the Open Inference Protocol, and as rows of JSON at /predict.

    Each request is checked by the schema that was recorded with the model; which version answered stands in the header
    GTO-Model-Version. A model is asked for by the artifact's name; of several versions of one, the first answers who
    names none, or --split says how often which does: callers that send a header GTO-Split-Key stay on one side. With
    --follow the version that is in a stage answers, whenever it moves: the new one is loaded beside the old, which goes
    on where that fails. Ctrl-C or SIGTERM ends it, after the requests that are being answered.
    """
    import gc

    serve_following.check_extra()
    from gto.serve.server.server_settings import ServerSettings
    from gto.serve.server.serving import bind
    from gto.storage.address_check import is_loopback

    if not follow:
        _refuse_follow_options()
    is_local = is_loopback(host)
    settings = ServerSettings(
        max_body * _MEGABYTE,
        threads,
        max_connections,
        patience,
        is_local if loading is None else loading,
        hosts=[one.lower() for one in names] if is_local or names else None,
    )
    if len(selectors) > 1 and selectors[-1] == "serve":  # SageMaker puts this word behind an image's entry point
        selectors = selectors[:-1]
    sides = serve_following.sides_of(tuple(dict.fromkeys(selectors)), split)
    gc.enable()  # unlike other commands, this one may run for months
    with bind(host, port) as listener:
        address = _address(host, int(listener.getsockname()[1]))
        if not is_local:
            render.note(f"note: whoever reaches {host} may ask these models; GTO checks no passwords")
        say = partial(_say, address, as_json=as_json)
        if follow:
            asked = serve_following.Follow(repo, every, trusted, environments, trust_remote, allow_local)
            serve_following.run(listener, sides, settings, asked, say)
            return
        _serve(listener, sides, settings, partial(_bring, repo=repo, trusted=trusted), say)


_FOLLOWED = ("every", "environments", "trust_remote", "allow_local")


def _refuse_follow_options() -> None:
    """Raise UsageError for an option that says how stages are followed, where none is."""
    context = click.get_current_context()
    for one in context.command.params:
        if one.name in _FOLLOWED and context.get_parameter_source(one.name) is not ParameterSource.DEFAULT:
            raise UsageError(f"{one.opts[0]} is for --follow", "add --follow, or leave it out")


def _serve(
    listener: "socket",
    sides: "Sequence[TrafficSide]",
    settings: "ServerSettings",
    bring: "Callable[[str], LiveModel]",
    say: "Callable[[Iterable[tuple[str, str, str]]], None]",
) -> None:
    """Serve in this process what the selectors name now."""
    from gto.serve.server.model_repository import ModelRepository, first_of
    from gto.serve.server.serving import Server
    from gto.serve.server.serving_app import make_app
    from gto.serve.server.traffic_split import by_split

    repository = ModelRepository(bring, by_split(sides) if any(one.weight for one in sides) else first_of)
    for one in sides:
        repository.put(bring(one.selector))
    server = Server(make_app(repository, settings))
    with signals.by_signals(server.end):
        server.serve(listener, lambda: say(one.served for one in repository.models))


def _bring(selector: str, *, repo: str, trusted: bool) -> "LiveModel":
    from gto.serve.runtime.bring_model import bring_model

    try:
        found = bring_model(selector, repo, trusted=trusted)
    except Untrusted as error:
        error.hint = "--trusted loads it nevertheless, and it may do whatever you may"
        raise
    for note in found.notes:
        render.note(f"note: {note}")
    return found.model


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(address: str, served: "Iterable[tuple[str, str, str]]", *, as_json: bool) -> None:
    """Say where what is served: names, versions, selectors."""
    there = list(served)
    if as_json:
        import json

        models = [{"name": name, "version": version, "selector": selector} for name, version, selector in there]
        render.say(json.dumps({"address": address, "models": models}))  # one line: it goes on
    else:
        render.say(f"{address} serves {', '.join(f'{name}@{version}' for name, version, _ in there)}")
