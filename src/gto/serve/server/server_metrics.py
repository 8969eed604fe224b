"""What a server counts for Prometheus: requests, errors by kind, time, and what is being answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.registry import Collector

    from gto.serve.runtime.served_model import LiveModel

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class ServerMetrics:
    """The counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        names = ("model", "version")
        self.requests = Counter(
            "gto_requests", "Requests that were answered", [*names, "code"], registry=self._registry
        )
        self.errors = Counter(
            "gto_errors", "Requests that were refused or failed", [*names, "kind"], registry=self._registry
        )
        self.seconds = Histogram(
            "gto_request_seconds",
            "From the head of a request to its answer",
            names,
            registry=self._registry,
            buckets=_SECONDS,
        )
        self.in_flight = Gauge("gto_requests_in_flight", "Requests that are being answered", registry=self._registry)
        self._loaded = Gauge("gto_model_loaded", "Models that answer", [*names, "selector"], registry=self._registry)

    def add(self, collector: Collector) -> None:
        """Have somebody else's metrics told beside these."""
        self._registry.register(collector)

    def count(self, model: LiveModel | None, code: int, seconds: float, kind: str) -> None:
        """Count an answer; no model where none was found, no kind where it is no error."""
        labels = ("", "") if model is None else (model.served.name, model.served.version)
        self.requests.labels(*labels, code).inc()
        self.seconds.labels(*labels).observe(seconds)
        if kind:
            self.errors.labels(*labels, kind).inc()

    def text(self, models: Iterable[LiveModel]) -> bytes:
        """Return all as Prometheus reads it."""
        self._loaded.clear()
        for one in models:
            self._loaded.labels(one.served.name, one.served.version, one.served.selector).set(1)
        return generate_latest(self._registry)
