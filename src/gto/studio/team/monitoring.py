"""What operators see of a running Studio: `/ready`, `/metrics`, and a line in the log for each request."""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from uuid import uuid4

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gto.git.command import masked
from gto.output import escape
from gto.studio.context import context_of
from gto.studio.index.database import Database, reason_of
from gto.studio.index.schema import repository
from gto.studio.respond import json_response
from gto.studio.team import migrate
from gto.studio.team.team_tables import due, session
from gto.studio.webhooks.webhook_tables import outbox
from gto.version import __version__

router = APIRouter()

LOG = logging.getLogger("gto.studio")
FORMATS = ("text", "json")
"""How lines of the log can be written."""

_FAILED = 500  # the status from which on it is our fault
_DULL = ("/static/", "/health", "/ready", "/metrics")  # what is asked again and again, and says nothing of people
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_ABOUT_REQUEST = ("method", "route", "status", "ms", "repository", "person", "address", "request_id")


class Monitor:
    """ASGI middleware that counts and times requests, by the router's path and never by what stands in it."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        """`registry` is what `/metrics` tells."""
        self.app = app
        labels = ("method", "route")
        self._count = Counter("gto_studio_requests", "Requests answered", (*labels, "status"), registry=registry)
        self._time = Histogram(
            "gto_studio_request_seconds", "Seconds to answer", labels, registry=registry, buckets=_BUCKETS
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and note how it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status, ident = time.perf_counter(), _FAILED, uuid4().hex

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                MutableHeaders(scope=message)["x-request-id"] = ident
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._note(scope, status, time.perf_counter() - begun, ident)

    def _note(self, scope: Scope, status: int, seconds: float, ident: str) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} else "other"
        self._count.labels(method, route, str(status)).inc()
        self._time.labels(method, route).observe(seconds)
        state = scope.get("state", {})
        studio, origin = state.get("studio"), state.get("origin")
        told = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "repository": scope.get("path_params", {}).get("repo", ""),
            "person": studio.visitor.name if studio else "",
            "address": origin.address if origin else "",
            "request_id": ident,
        }
        is_dull = scope["path"].startswith(_DULL)
        level = logging.ERROR if status >= _FAILED else logging.DEBUG if is_dull else logging.INFO
        LOG.log(level, "request", extra=told)


class StateCollector:
    """Asks the database, when somebody asks for metrics, how the work stands."""

    def __init__(self, database: Database, ended: Callable[[], tuple[str, ...]]) -> None:
        self._database = database
        self._ended = ended

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        with self._database.read() as connection:
            wrong = repository.c.error.is_not(None)
            counts = select(func.count().filter(~wrong), func.count().filter(wrong), func.min(repository.c.read_at))
            fine, failed, oldest = connection.execute(counts.select_from(repository)).one()
            now = time.time()
            waiting = connection.execute(select(func.count()).where(due.c.not_before <= now)).scalar_one()
            states = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
            sessions = connection.execute(select(func.count()).where(session.c.expires_at > now)).scalar_one()
        repositories = GaugeMetricFamily(
            "gto_studio_repositories", "Repositories, by how reading went", labels=["state"]
        )
        repositories.add_metric(["read"], fine)
        repositories.add_metric(["failed"], failed)
        yield repositories
        age = 0.0 if oldest is None else now - oldest
        yield GaugeMetricFamily("gto_studio_oldest_read_seconds", "Since Git was asked last, of the oldest", value=age)
        yield GaugeMetricFamily("gto_studio_due_repositories", "Repositories that wait to be read", value=waiting)
        messages = GaugeMetricFamily("gto_studio_webhook_messages", "Messages to webhooks, by state", labels=["state"])
        for state, count in states:
            messages.add_metric([state], count)
        yield messages
        dead = len(self._ended())
        yield GaugeMetricFamily("gto_studio_ended_threads", "Threads that ended by a fault; 0 is well", value=dead)
        yield GaugeMetricFamily("gto_studio_sessions", "Sessions of people that last", value=sessions)
        about = GaugeMetricFamily("gto_studio_info", "The release that runs", labels=["version"])
        about.add_metric([__version__], 1)
        yield about


def make_registry(database: Database, ended: Callable[[], tuple[str, ...]] = tuple) -> CollectorRegistry:
    """Return what `/metrics` tells, but for the requests."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StateCollector(database, ended))
    return registry


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """Answer the metrics, in Prometheus' text format."""
    return Response(generate_latest(request.app.state.metrics), media_type=CONTENT_TYPE_LATEST)


@router.get("/ready", include_in_schema=False)
def ready(request: Request) -> Response:
    """Say whether this process does its work: 503 where the database cannot be read, or is of another release.

    Also where a thread has ended that reads Git or delivers webhooks.
    """
    worker = context_of(request).worker
    if ended := request.app.state.ended():
        return json_response({"status": "thread", "ended": list(ended)}, 503)
    try:
        with worker.database.read() as connection:
            is_current = migrate.current(connection) == request.app.state.revision
    except SQLAlchemyError as error:
        LOG.warning("the database cannot be read: %s", reason_of(error))
        return json_response({"status": "database"}, 503)
    if not is_current:
        return json_response({"status": "migration"}, 503)
    return json_response({"status": "ready"})


class JsonLines(logging.Formatter):
    """Writes a line of the log as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; secrets that are known are masked."""
        told: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": masked(record.getMessage()),
        }
        told |= {key: getattr(record, key) for key in _ABOUT_REQUEST if hasattr(record, key)}
        if record.exc_info:
            told["traceback"] = masked("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(told, ensure_ascii=False)

    converter = time.gmtime  # type: ignore[assignment]  # as logging's documentation says; typeshed knows another form


class TextLines(logging.Formatter):
    """Writes a line of the log as text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; secrets that are known are masked."""
        told = {key: getattr(record, key, "") for key in _ABOUT_REQUEST}
        about = " ".join(f"{key}={_word(str(value))}" for key, value in told.items() if value != "")
        when = self.formatTime(record, "%Y-%m-%d %H:%M:%S")
        line = f"{when} {record.levelname.lower()} {masked(record.getMessage())} {about}".rstrip()
        if record.exc_info:
            line += "\n" + masked("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return line


def _word(text: str) -> str:
    """Return a value as it stands in a line: whoever asks says what the path holds, and may not write lines with it."""
    shown = escape.one_line(text).replace('"', '\\"')
    return f'"{shown}"' if " " in shown or '"' in shown else shown


def log_to_stderr(form: str, level: str) -> None:
    """Write what Studio and its server log to stderr, from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    for name in ("gto.studio", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level.upper())
