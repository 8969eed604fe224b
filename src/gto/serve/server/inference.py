"""The requests that ask a model: read, checked, answered; a model that takes its time does so in a thread."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from gto.exceptions import GTOException, ModelFailed
from gto.serve.server.call_seconds import CallSeconds
from gto.serve.server.error_answers import SERVER_ERROR, ErrorLog, error_body, kind_of, status_of
from gto.serve.server.request_body import Bodies, Gone, number_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from gto.serve.runtime.served_model import Answer, LiveModel, ModelQuestion
    from gto.serve.server.model_repository import ModelRepository
    from gto.serve.server.server_metrics import ServerMetrics
    from gto.serve.server.server_settings import ServerSettings

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]

_VERSION = r"(?:/versions/(?P<version>[^/]+))?"
_INFER_RE = re.compile(rf"/v2/models/(?P<name>.+?){_VERSION}/infer")
_PREDICT_RE = re.compile(rf"(?:/models/(?P<name>.+?){_VERSION})?/predict")
_INVOCATIONS = "/invocations"  # where SageMaker sends requests
_ROWS_RE = re.compile(rb"\s*(?:\[|\{\s*\"rows\")")
_SMALL = 64 << 10  # bytes of a body that is read at once


class AskedPath(NamedTuple):
    """What the path and the head of a request say."""

    name: str
    """Empty where the server has but one."""
    version: str
    has_rows: bool | None
    """Whether the body is rows of JSON, and no request of the protocol; None where the body tells."""


def read_path(path: str) -> AskedPath | None:
    """Return which model a path asks; None where it asks none."""
    if path == _INVOCATIONS:
        return AskedPath("", "", None)
    is_infer = path.startswith("/v2/")
    match = (_INFER_RE if is_infer else _PREDICT_RE).fullmatch(path)
    return None if match is None else AskedPath(match["name"] or "", match["version"] or "", not is_infer)


class Inference:
    """Answers the requests that ask a model."""

    def __init__(self, repository: ModelRepository, settings: ServerSettings, metrics: ServerMetrics) -> None:
        self._repository = repository
        self._metrics = metrics
        self._bodies = Bodies(settings.max_body)
        self._threads = settings.threads
        self._pool = ThreadPoolExecutor(settings.threads, "model")
        self._seconds: WeakKeyDictionary[LiveModel, defaultdict[str, CallSeconds]] = WeakKeyDictionary()
        self._running = 0
        self._log = ErrorLog()
        self.is_closing = False
        """Whether each answer ends its connection: another process takes over."""

    def end(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def answer(self, asked: AskedPath, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = perf_counter()
        model: LiveModel | None = None
        kind, json_length, is_read = "", None, True
        self._metrics.in_flight.inc()
        try:
            is_read = False
            body = await self._bodies.read(scope["headers"], receive)
            is_read = True
            model = self._repository.find(asked.name or self._repository.only_name(), asked.version, scope["headers"])
            status, (content, json_length) = 200, await self._ask(model, asked, scope, body)
        except Gone:
            return
        except GTOException as error:
            status, kind, content = status_of(error), kind_of(error), error_body(error)
            if isinstance(error, ModelFailed):
                self._log.note(error)
        except Exception as error:  # noqa: BLE001  whatever it is, the client learns nothing of it
            status, kind, content = SERVER_ERROR, "server", error_body(None)
            self._log.note(error)
        finally:
            self._metrics.in_flight.dec()
        self._metrics.count(model, status, perf_counter() - began, kind)
        headers = _headers(content, model, json_length)
        if self.is_closing or not is_read:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _ask(self, model: LiveModel, asked: AskedPath, scope: Scope, body: bytes) -> Answer:
        query: bytes = scope["query_string"]
        method = parse_qs(query.decode("latin-1")).get("method", [""])[-1] if query else ""
        json_length = number_of(scope["headers"], b"inference-header-content-length")

        has_rows = bool(_ROWS_RE.match(body)) if asked.has_rows is None else asked.has_rows

        def read() -> ModelQuestion:
            return model.read_rows(body, method) if has_rows else model.read(body, method, json_length)

        run = asyncio.get_running_loop().run_in_executor
        if len(body) > _SMALL:
            return await run(self._pool, lambda: model.answer(read()))
        question = read()
        seconds = self._seconds.setdefault(model, defaultdict(CallSeconds))[question.method.name]
        self._running += 1
        try:
            if seconds.is_short:
                return self._timed(model, question, seconds)
            return await run(self._pool, self._timed, model, question, seconds)
        finally:
            self._running -= 1

    def _timed(self, model: LiveModel, question: ModelQuestion, seconds: CallSeconds) -> Answer:
        """Answer, and note how long it took."""
        running, began, began_busy = self._running, perf_counter(), thread_time()
        try:
            return model.answer(question)
        finally:
            running = min(max(running, self._running), self._threads)
            seconds.note(perf_counter() - began, thread_time() - began_busy, running)


def _headers(content: bytes, model: LiveModel | None, json_length: int | None) -> list[tuple[bytes, bytes]]:
    kind = b"application/json" if json_length is None else b"application/octet-stream"
    found = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
    if json_length is not None:
        found.append((b"inference-header-content-length", str(json_length).encode()))
    if model is not None:
        found.append((b"gto-model-version", model.served.header.encode()))
    return found
