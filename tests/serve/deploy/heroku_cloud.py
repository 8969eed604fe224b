"""Heroku's Platform API on loopback, as devcenter.heroku.com has it.

Config vars, dynos, formation and releases: articles/platform-api-reference; the release of an image:
articles/container-registry-and-runtime#api.
Each change of config vars, and each image, is a release, with which all dynos start anew; an image is known by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.serve.deploy.cloud_server import Asked, Object, Reply

TOKEN = "token-of-heroku"  # noqa: S105  of the test
_TYPE = "application/vnd.heroku+json; version=3"


@dataclass(slots=True)
class HerokuCloud:
    """The app `churn`."""

    registry: str = ""
    config: dict[str, str] = field(default_factory=lambda: {"DATABASE_URL": "of somebody else"})
    formation: Object = field(default_factory=lambda: {"type": "web", "quantity": 1, "size": "Basic"})
    version: int = 3
    bad: set[str] = field(default_factory=set)
    """Ids of images whose dynos crash."""
    refusals: int = 0
    """How many changes of config vars fail."""
    starting: int = 0
    writes: list[Object] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/v2/models/"):
            return 200, {"model_version": self.config["GTO_VERSION"], "outputs": []}
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"id": "unauthorized", "message": "Invalid credentials provided."}
        if not asked.headers.get("Accept", "").startswith(_TYPE):
            return 406, {"id": "not_acceptable", "message": "a version must be named"}
        if not asked.path.startswith("/apps/churn"):
            return 404, {"id": "not_found", "message": "Couldn't find that app."}
        part = asked.path.removeprefix("/apps/churn").strip("/")
        return self._changed(part, asked) if asked.method == "PATCH" else (200, self._told(part, asked))

    def _told(self, part: str, asked: Asked) -> object:
        if part == "releases":
            assert asked.headers["Range"] == "version ..; order=desc,max=1"
            return [{"version": self.version, "status": "succeeded", "current": True}]
        if part == "dynos":
            state = "crashed" if self.formation.get("docker_image", {}).get("id") in self.bad else "up"
            state, self.starting = ("starting", self.starting - 1) if self.starting else (state, 0)
            one = {"type": "web", "state": state, "release": {"version": self.version}}
            other = {"type": "run", "state": "up", "release": {"version": 1}}
            return [*([one] * self.formation["quantity"]), other]
        return {"config-vars": self.config, "formation/web": self.formation, "": {"web_url": None}}[part]

    def _changed(self, part: str, asked: Asked) -> Reply:
        self.writes.append(asked.body)
        if part == "config-vars":
            if self.refusals:
                self.refusals -= 1
                return 503, {"id": "maintenance", "message": "Heroku API is unavailable"}
            merged = {**self.config, **asked.body}
            self.config = {key: value for key, value in merged.items() if value is not None}
        else:
            assert (part, asked.headers["Accept"]) == ("formation", f"{_TYPE}.docker-releases")
            (update,) = asked.body["updates"]
            image = update.pop("docker_image")
            self.formation = {**self.formation, **update, "docker_image": {"id": image}}
        self.version += 1
        self.starting = 1
        return 200, {}
