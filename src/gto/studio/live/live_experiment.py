"""An experiment that posts, or did until a while ago, as the pages show it."""

from typing import Any, NamedTuple

from gto.lineage.values import Value
from gto.output.published import Published
from gto.studio.words import iso

RUNNING, STOPPED, DONE = "running", "stopped", "finished"
_QUIET = 1800.0  # seconds without a step after which it is taken for stopped
_QUIET_AT_FIRST = 86400.0  # and without any step: `dvc exp run` posts its start and its end alone


class LiveExperiment(NamedTuple):
    """An experiment, without its plots."""

    id: int
    baseline: str
    name: str
    client: str
    message: str
    project: str
    person: str
    email: str
    step: int | None
    params: list[tuple[str, str, Value]]
    metrics: list[tuple[str, str, Value]]
    revision: str
    started_at: float
    posted_at: float
    done_at: float | None

    @property
    def oid(self) -> str:
        """What stands for its commit while there is none."""
        return f"live-{self.id}"

    def state(self, now: float) -> str:
        """Return whether it is `running`, `stopped` as it posts no more, or `finished`."""
        if self.done_at is not None:
            return DONE
        quiet = _QUIET if self.step is not None else _QUIET_AT_FIRST
        return RUNNING if now - self.posted_at < quiet else STOPPED

    def as_dict(self, now: float) -> Published:
        """Return it for JSON."""
        times = {key: getattr(self, key) for key in ("started_at", "posted_at", "done_at")}
        told: dict[str, dict[str, dict[str, Any]]] = {"params": {}, "metrics": {}}
        for kind, values in (("params", self.params), ("metrics", self.metrics)):
            for file, key, value in values:
                told[kind].setdefault(file, {})[key] = value
        known = ("name", "baseline", "client", "message", "project", "step")
        return {
            **{key: getattr(self, key) for key in known},
            "state": self.state(now),
            "author": self.person,
            "commit": self.revision or None,
            **{key: None if at is None else iso(at) for key, at in times.items()},
            **told,
        }
