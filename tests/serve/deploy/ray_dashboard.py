"""The REST interface of Ray Serve on loopback, as far as `gto deploy` uses it: what is left out of a PUT is removed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.loopback import running

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]

TOKEN = "token-of-ray"  # noqa: S105  of the test
_PATH = "/api/serve/applications/"


@dataclass(slots=True)
class RayDashboard:
    """What Serve has."""

    address: str
    applications: dict[str, Object] = field(default_factory=dict)
    options: Object = field(default_factory=lambda: {"http_options": {"port": 8123}, "proxy_location": "HeadOnly"})
    bad: set[str] = field(default_factory=set)
    """Versions that fail to start."""
    puts: list[Object] = field(default_factory=list)
    """The bodies that were sent."""

    def put(self, body: Object) -> None:
        """Take the configuration of all applications."""
        self.puts.append(body)
        imperative = {name: one for name, one in self.applications.items() if one["source"] == "imperative"}
        self.applications = imperative | {one["name"]: self._details(one) for one in body["applications"]}

    def _details(self, config: Object) -> Object:
        fails = config.get("args", {}).get("place") in self.bad
        message = "Traceback\n  ...\nValueError: bad weights\n" if fails else ""
        status = "DEPLOY_FAILED" if fails else "RUNNING"
        told = {"name": config["name"], "status": status, "message": "", "source": "declarative"}
        return {**told, "deployed_app_config": config, "deployments": {"gto": {"message": message}}}

    def predicted(self, path: str) -> Object | None:
        """What the application of a path answers."""
        for one in self.applications.values():
            config = one["deployed_app_config"] or {}
            if path.startswith(f"{config.get('route_prefix')}/v2/models/") and path.endswith("/infer"):
                return {"model_version": config["args"]["labels"]["version"], "outputs": []}
        return None


@contextmanager
def ray_dashboard() -> Iterator[RayDashboard]:
    """Serve the interface, and predictions, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    dashboard = RayDashboard(f"http://127.0.0.1:{server.server_address[1]}")
    handler = type("Handler", (_Handler,), {"dashboard": dashboard})
    server.RequestHandlerClass = handler
    with running(server):
        yield dashboard


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    dashboard: RayDashboard

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == _PATH and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, "Unauthorized: Missing authentication token")
        elif self.command == "PUT":
            self.dashboard.put(json.loads(body))
            self._send(200, None)
        elif self.command == "POST" and "Authorization" in self.headers:
            self._send(400, "the token of the dashboard is not for whoever answers requests")
        elif self.command == "POST":
            self._send(200, self.dashboard.predicted(self.path))
        else:
            self._send(200, {**self.dashboard.options, "applications": self.dashboard.applications})

    do_PUT = do_POST = do_GET  # noqa: N815  http.server names them

    def _send(self, code: int, value: Object | str | None) -> None:
        data = value.encode() if isinstance(value, str) else json.dumps(value).encode() if value else b""
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
