"""`/models` beside the command line."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gto.core.event import WARNINGS
from tests.studio.equality.scene import (
    EVENT,
    annotation,
    columns_of,
    counting,
    every_page,
    facts,
    moment,
    refused_events,
    rows_of,
    seconds,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.studio.equality.scene import Pair, Scene


def list_and_show(scene: Scene) -> Iterator[Pair]:
    """`/models` and `gto show`, with and without what is deprecated."""
    keys = ("version", "registered", "active", "signature")
    for repo in scene.repos:
        for words, state in (((), ["active"]), (("-d",), ["active", "deprecated"])):
            told = scene.said(repo, "show", *words, "--verify")
            shown = scene.page("/models", repo=repo, **{"is": state})["artifacts"]
            yield (
                f"{repo} {words}",
                {row["artifact"]: {**columns_of(row["stage"]), **{key: row[key] for key in keys}} for row in shown},
                {name: {**columns_of(row["stage"]), **{key: row[key] for key in keys}} for name, row in told.items()},
            )


def list_and_details(scene: Scene) -> Iterator[Pair]:
    """The other columns of `/models`, and the commands that tell them."""
    for repo in scene.repos:
        refused = refused_events(scene, repo)
        for name, row in rows_of(scene, repo).items():
            history = scene.said(repo, "history", name)
            every = scene.shown(repo, name, "-d") if history else []
            named = [one for one in every if one["version"] == row["version"]]
            registration = (named[0]["registrations"] or [{}])[-1] if named else {}
            counted = [one for one in every if one["is_active"] and one["registrations"]]
            kept = {one["ref"] for one in counting(scene, repo, name)}
            told = {
                "commit": named[0]["commit_hexsha"] if named else None,
                "registered_at": seconds(registration.get("created_at")),
                "registered_by": registration.get("author"),
                "changed_at": seconds(history[0]["timestamp"]) if history else None,
                "versions": len(counted),
                "refused": len(kept & refused),
                "model": model(scene, repo, name, row["version"]),
                "metric": trend(scene, repo, name, row["version"]),
                **annotation(scene, repo, name, row["version"]),
            }
            if row["version"] in scene.named(repo, name):  # `gto ls` knows no other
                yield f"{repo} {name} size", row["size"], size(scene, repo, name, row["version"])
            measured = row["metric"] and {key: one for key, one in row["metric"].items() if key != "higher"}  # a guess
            yield f"{repo} {name}", {**{key: row[key] for key in told}, "metric": measured}, told


def model(scene: Scene, repo: str, name: str, latest: str | None) -> dict[str, Any] | None:
    """What the side-car of the latest version says that a row has."""
    told = facts(scene, repo, name, latest)["model"] if latest else None
    return told and {key: told[key] for key in ("framework", "code_on_load", "stale")}


def size(scene: Scene, repo: str, name: str, latest: str) -> int | None:
    """The bytes of the latest version."""
    told = scene.said_if_any(repo, "ls", f"{name}@{latest}", "--recursive")
    sizes = [one["size"] for one in told["files"]] if told else []
    return None if not sizes or None in sizes else sum(sizes)


def trend(scene: Scene, repo: str, name: str, latest: str | None) -> dict[str, Any] | None:
    """The first number among the metrics of the latest version, and what it was in the versions before."""
    if latest is None:
        return None
    measured = facts(scene, repo, name, latest)["metrics"]
    found = ((file, key, value) for file, keyed in measured.items() for key, value in keyed.items())
    file, key, value = next((one for one in found if isinstance(one[2], int | float)), ("", "", None))
    if value is None:
        return None
    counted = [one["version"] for one in scene.shown(repo, name, "-d") if one["registrations"] and one["is_active"]]
    held = [facts(scene, repo, name, one)["metrics"].get(file, {}).get(key) for one in reversed(counted)]
    values = [one for one in held if isinstance(one, int | float)]
    change = values[-1] - values[-2] if len(values) > 1 else None
    return {"file": file, "key": key, "value": value, "change": change, "values": values[-12:]}


def stages_and_show(scene: Scene) -> Iterator[Pair]:
    """The cells of the stages, and `gto show NAME#STAGE`."""
    for repo in scene.repos:
        for name, row in rows_of(scene, repo).items():
            for stage, cell in row["stages"].items():
                told = scene.said(repo, "show", f"{name}#{stage}", "-d")[0]
                held = next(one for one in told["stages"] if one["stage"] == stage)
                last = held["assignments"][-1]
                higher = [one for one in scene.shown(repo, name) if one["registrations"]]
                names = [one["version"] for one in higher]
                yield (
                    f"{repo} {name} {stage}",
                    cell,
                    {
                        "version": told["version"],
                        "commit": told["commit_hexsha"],
                        "ref": last["tag"],
                        "time": seconds(last["created_at"]),
                        "author": last["author"],
                        "behind": names.index(told["version"]) if told["version"] in names else 0,
                    },
                )


def filters_and_show(scene: Scene) -> Iterator[Pair]:
    """Filters of the list, and those of `gto show` and `gto search`."""
    for repo in scene.repos:
        rows = rows_of(scene, repo).values()
        asked = {("--type", "type", one["type"]) for one in rows if one["type"]}
        asked |= {("--label", "label", label) for one in rows for label in one["labels"]}
        for framework in {one["model"]["framework"]["name"] for one in rows if one["model"]}:
            shown = scene.page("/models", repo=repo, framework=framework)["artifacts"]
            held = [one for one in rows if one["active"] and one["model"]]
            named = {one["artifact"] for one in held if one["model"]["framework"]["name"] == framework}
            yield f"{repo} {framework}", {one["artifact"] for one in shown}, named
        asked |= {("--in-stage", "stage", stage) for one in rows for stage in one["stages"]}
        for option, key, value in sorted(asked):
            shown = scene.page("/models", repo=repo, **{key: value})["artifacts"]
            told = scene.said(repo, "show", option, value)
            yield f"{repo} {option} {value}", {one["artifact"] for one in shown}, set(told)
        for text in ("EU", "dev", "GRÖSSE"):
            shown = scene.page("/models", repo=repo, q=f'"{text}"')["artifacts"]
            hits = scene.said(repo, "search", text)["hits"]
            also = {one["artifact"] for one in shown if text.lower() in (one["path"] or "").lower()}  # searched, too
            yield f"{repo} search {text}", {one["artifact"] for one in shown}, {one["artifact"] for one in hits} | also


def csv_and_list(scene: Scene) -> Iterator[Pair]:
    """`/models.csv` and `/models`."""
    for repo in scene.repos:
        text = scene.studio.client.get("/models.csv", params={"repo": repo, "is": ["active", "deprecated"]}).text
        lines = {one["artifact"]: one for one in csv.DictReader(io.StringIO(text, newline=""))}
        rows = rows_of(scene, repo)
        yield repo, set(lines), set(rows)
        for name, row in rows.items():
            metric = row["metric"] or {}
            told = {
                "latest": row["version"], "commit": row["commit"], "registered_at": moment(row["registered_at"]),
                "registered_by": row["registered_by"], "changed_at": moment(row["changed_at"]),
                "versions": row["versions"], "registered": json.dumps(row["registered"]),
                "active": json.dumps(row["active"]), "type": row["type"], "path": row["path"],
                "labels": " ".join(row["labels"]), "description": row["description"],
                "metric_file": metric.get("file"), "metric": metric.get("key"), "metric_value": metric.get("value"),
                "problems": row["problems"], **{f"#{stage}": version for stage, version in row["stage"].items()},
            }  # fmt: skip
            line = lines[name]
            yield name, {key: line[key] for key in told}, {key: text_of(value) for key, value in told.items()}


def catalogue_and_all(scene: Scene) -> Iterator[Pair]:
    """All repositories together, and the commands with `--catalog`."""
    first, *_ = scene.repos.values()
    file = first.path / ".git/catalogue.yaml"
    places = "".join(f"- path: {json.dumps(str(one.path))}\n  name: {name}\n" for name, one in scene.repos.items())
    file.write_text(f"repos:\n{places}", encoding="utf-8")

    def said(*words: str) -> Any:  # noqa: ANN401  whatever JSON holds
        return json.loads(first.gto(*words, "--catalog", str(file), "--json").stdout)

    told = said("history")["events"]
    shown = every_page(scene, "/history")
    keys = ("repo", *EVENT[:-1])
    yield (
        "events",
        [{key: one[key] for key in keys} for one in shown],
        [{key: one[key] for key in keys} for one in told],
    )
    told_of = ("version", "registered", "active")
    yield (
        "artifacts",
        {
            f"{one['repo']}/{one['artifact']}": {**columns_of(one["stage"]), **{key: one[key] for key in told_of}}
            for one in scene.page("/models")["artifacts"]
        },
        {
            name: {**columns_of(one["stage"]), **{key: one[key] for key in told_of}}
            for name, one in said("show")["artifacts"].items()
        },
    )
    listed = {one["name"]: one for one in said("repos", "list")["repos"]}
    for one in scene.page("/repos")["repositories"]:
        told = listed[one["name"]]
        yield f"{one['name']} in the list", (one["address"], one["groups"]), (told["path"], told["groups"])
        yield f"{one['name']} at HEAD", one["head"], scene.repos[one["name"]].git("rev-parse", "HEAD")
    for one in scene.api("repositories")["items"]:
        row = next(row for row in scene.page("/repos")["repositories"] if row["name"] == one["name"])
        same = ("name", "address", "is_remote", "head", "error", "artifacts", "problems")
        yield f"{one['name']} of the API", {key: one[key] for key in same}, {key: row[key] for key in same}
    for one in scene.page("/models", **{"is": ["active", "deprecated"]})["artifacts"]:
        if one["version"]:
            page = scene.page(f"/m/{one['repo']}/{quote(one['artifact'])}")
            wrong = [each for each in page["problems"] if each["code"] not in WARNINGS]  # as the doctor's exit code
            yield f"{one['repo']} {one['artifact']} problems", one["problems"], len(wrong)
