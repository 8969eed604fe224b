"""The REST API beside the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.studio.equality.scene import facts, rows_of, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.studio.equality.scene import Pair, Scene


def api_and_show(scene: Scene) -> Iterator[Pair]:
    """The API's artifacts, versions, events and selectors, and `gto show`, `gto history`."""
    every = scene.api("artifacts", limit="200", deprecated="true")["items"]
    for repo in scene.repos:
        rows = rows_of(scene, repo)
        shown = {one["name"]: one for one in every if one["repo"] == repo}
        yield repo, set(shown), set(rows)
        for name, one in shown.items():
            row = rows[name]
            same = (
                "type",
                "description",
                "path",
                "labels",
                "registered",
                "active",
                "commit",
                "versions",
                "problems",
                "model",
                "size",
            )
            yield f"{repo} {name}", {key: one[key] for key in same}, {key: row[key] for key in same}
            yield f"{repo} {name} latest", one["latest"], row["version"]
            cells = {
                stage: {"time": seconds(cell["assigned_at"]), **without(cell, "assigned_at")}
                for stage, cell in one["stages"].items()
            }
            yield f"{repo} {name} stages", cells, row["stages"]
            metric = row["metric"] and {key: row["metric"][key] for key in ("file", "key", "value", "change")}
            yield f"{repo} {name} metric", one["metric"], metric
            yield f"{repo} {name} alone", scene.api(f"artifacts/{repo}/{quote(name)}"), one
        told = scene.said(repo, "history")
        yield (
            f"{repo} events",
            [
                {**without(one, "before", "repo"), "timestamp": seconds(one["timestamp"])}
                for one in scene.api("events", repo=repo, limit="200")["items"]
            ],
            [{**without(one, "priority"), "timestamp": seconds(one["timestamp"])} for one in told[:200]],
        )
    for repo, name, _ in scene.artifacts():
        address = f"{repo}/{quote(name)}"
        for words, deprecated in (((), "false"), (("-d",), "true")):
            items = scene.api(f"artifacts/{address}/versions", deprecated=deprecated, limit="200")["items"]
            told = scene.shown(repo, name, *words)
            yield (
                f"{address} {words}",
                [{**one, "registered_at": seconds(one["registered_at"])} for one in items],
                [version_of(scene, repo, name, one) for one in told],
            )
        selectors = ["latest", *scene.named(repo, name)]
        asked = [f"{name}@{one}" for one in selectors] + [f"{name}#{one}" for one in ("dev", "staging", "prod")]
        for word in asked:
            told = scene.said_if_any(repo, "describe", word, "--all")
            answer = scene.studio.client.get(f"/api/v1/resolve/{repo}/{quote(word)}")
            found = answer.json() if answer.status_code == 200 else None
            yield (
                f"{repo} {word}",
                found and (found["version"], found["commit"]),
                told and (told["version"] or told["commit"]["hexsha"], told["commit"]["hexsha"]),
            )


def without(told: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """All but these."""
    return {key: value for key, value in told.items() if key not in keys}


def version_of(scene: Scene, repo: str, name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """What the API tells of a version that `gto show NAME` shows."""
    first = (one["registrations"] or one["stages"][0]["assignments"])[-1 if one["registrations"] else 0]
    flat: dict[str, Any] = {}
    for file, keyed in facts(scene, repo, name, one["version"])["metrics"].items():
        for key, value in keyed.items():
            flat.setdefault(key or file, value)
    return {
        "name": one["version"],
        "commit": one["commit_hexsha"],
        "ref": first["tag"] if one["registrations"] else None,
        "registered_at": seconds(first["created_at"]) if one["registrations"] else None,
        "author": first["author"],
        "message": first["message"],
        "active": one["is_active"],
        "stages": [stage["stage"] for stage in one["stages"] if stage["is_active"]],
        "metrics": flat,
    }
