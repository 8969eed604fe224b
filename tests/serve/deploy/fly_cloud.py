"""Fly.io's Machines API on loopback, as fly.io/docs/machines/api/machines-resource and ../machine-states have it.

The example answers there have these keys; a machine's whole configuration is sent with each update, who holds a lease
has to tell its nonce, and a create or an update is answered before the machine has started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.serve.deploy.cloud_server import Asked, Object, Reply

TOKEN = "token-of-fly"  # noqa: S105  of the test
_NONCE = "fly-machine-lease-nonce"


@dataclass(slots=True)
class FlyCloud:
    """An app with machines."""

    registry: str = ""
    machines: dict[str, Object] = field(default_factory=dict)
    leases: dict[str, str] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    """Images whose machines fail."""
    refused: int = 0
    """How many machines more are made before there is no capacity; 0 for no limit."""
    writes: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/v2/models/"):
            return 200, {"model_version": self._some()["config"]["metadata"]["gto_version"], "outputs": []}
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "unauthorized"}
        if asked.path == "/v1/apps/churn/secrets":
            return 200, {"secrets": [{"name": "API_TOKEN", "digest": "b1946ac92492d234"}]}
        parts = asked.path.removeprefix("/v1/apps/churn/machines").strip("/").split("/")
        if asked.path.startswith("/v1/apps/churn/machines"):
            return self._machines(asked, [one for one in parts if one])
        return 404, {"error": "App not found"}

    def _some(self) -> Any:  # noqa: ANN401  JSON
        return next(iter(self.machines.values()))

    def _machines(self, asked: Asked, parts: list[str]) -> Reply:
        if asked.method != "GET" and "lease" not in parts:
            self.writes.append(f"{asked.method} {'/'.join(parts)}")
        if not parts and asked.method == "GET":
            return 200, [self._seen(one) for one in self.machines.values() if _has(one, asked.query)]
        if not parts:
            return self._created(asked.body)
        one = self.machines.get(parts[0])
        if one is None:
            return 404, {"error": "machine not found"}
        return self._leased(asked, parts[0]) if parts[1:] else self._one(asked, one)

    def _one(self, asked: Asked, one: Object) -> Reply:
        if asked.method == "GET":
            return 200, self._seen(one)
        if self.leases.get(one["id"], "") != asked.headers.get(_NONCE, ""):
            return 409, {"error": "failed_precondition: machine is leased"}
        return self._changed(asked, one)

    def _created(self, body: Object) -> Reply:
        if any(one["name"] == body["name"] for one in self.machines.values()):
            return 409, {"error": f"already_exists: unique machine name violation, {body['name']}"}
        if self.refused == 1:
            return 412, {"error": "insufficient capacity"}
        self.refused = max(0, self.refused - 1)
        identity = f"{len(self.machines) + 1:014x}"
        self.machines[identity] = {"id": identity, "region": "ams", **body}
        return 200, self._started(self.machines[identity])

    def _changed(self, asked: Asked, one: Object) -> Reply:
        if asked.method == "DELETE":
            del self.machines[one["id"]]
            self.leases.pop(one["id"], None)
            return 200, {"ok": True}
        one["config"] = asked.body["config"]
        return 200, self._started(one)

    def _started(self, one: Object) -> Object:
        one["state"] = "failed" if one["config"]["image"] in self.bad else "starting"
        one["checks"] = [{"name": "ready", "status": "warning", "output": "waiting for the first check"}]
        config = {**one["config"], "dns": {}}  # what Fly.io adds
        one["config"] = config
        return dict(one)

    def _seen(self, one: Object) -> Object:
        """A machine as it is, and a step further the next time."""
        seen = dict(one)
        if one["state"] == "starting":
            one["state"] = "started"
        elif one["state"] == "started":
            one["checks"] = [{"name": "ready", "status": "passing", "output": "HTTP GET 200"}]
        return seen

    def _leased(self, asked: Asked, identity: str) -> Reply:
        if asked.method == "DELETE":
            self.leases.pop(identity, None)
            return 200, {"status": "success", "data": {"ok": True}}
        if identity in self.leases:
            return 409, {"status": "error", "message": "lease currently held by ada@example.com"}
        self.leases[identity] = f"nonce-{identity}"
        return 201, {"status": "success", "data": {"nonce": self.leases[identity], "owner": "ada@example.com"}}


def _has(one: Object, query: dict[str, str]) -> bool:
    metadata = one["config"].get("metadata", {})
    return all(metadata.get(key.removeprefix("metadata.")) == value for key, value in query.items())
