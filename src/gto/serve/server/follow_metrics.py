"""What Prometheus is told of stages that are followed: how often a version took over, and which could not."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gto.serve.server.child_messages import ServingOrder

_ABOUT = {
    "takeovers": "Versions that took over from another",
    "takeover_failures": "Tries of a version to take over that failed",
    "restarts": "Processes that were started in the place of one that ended",
}


class FollowMetrics(Collector):
    """Metrics of the last order."""

    def __init__(self) -> None:
        self.order = ServingOrder(())

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics, as prometheus_client has it."""
        order = self.order
        for name, about in _ABOUT.items():
            yield CounterMetricFamily(f"gto_{name}", about, order.counts.get(name, 0))
        away = GaugeMetricFamily(
            "gto_version_left_out",
            "Versions that a stage names, and that do not answer",
            labels=("model", "version", "selector"),
        )
        for one in order.left_out:
            away.add_metric((one.artifact, one.version, one.selector), 1)
        yield away
