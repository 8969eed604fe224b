"""Comparisons and plots beside the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.studio.equality.scene import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.studio.equality.scene import Pair, Scene


def compare_and_diff(scene: Scene) -> Iterator[Pair]:
    """Versions and commits beside each other, and `gto diff`."""
    for repo, name, path in scene.artifacts():
        versions = scene.named(repo, name)[:3]
        if len(versions) > 1:
            base, *others = versions
            page = scene.page(f"{path}/-/compare", v=versions, baseline=base)
            told = [scene.said(repo, "diff", f"{name}@{base}", f"{name}@{one}") for one in others]
            yield f"{repo} {name}", page["comparisons"], told
            held = [facts(scene, repo, name, one) for one in (*others, base)]
            order = [
                next(at for at, one in enumerate(page["versions"]) if one["version"] == each)
                for each in (*others, base)
            ]
            for group in page["groups"]:
                for row in group["rows"] if group["title"] in {"Metrics", "Parameters"} else ():
                    kind = {"Metrics": "metrics", "Parameters": "params"}[group["title"]]
                    values = [one[kind].get(row["file"], {}).get(row["key"]) for one in held]
                    yield f"{repo} {name} {group['title']} {row['key']}", [row["values"][at] for at in order], values
            recorded = {one["version"] for one in held if one["model"] is not None}
            with_facts = [one for one in told if {base, one["new"]["version"]} <= recorded]
            yield from model_and_diff(page, base, with_facts)
            answer = scene.api(f"compare/{repo}/{quote(name)}", v=versions)
            for kind in ("metrics", "params"):
                held = [facts(scene, repo, name, one)[kind] for one in versions]
                rows = {(row["file"], row["key"]): row["values"] for row in answer[kind]}
                places = {(file, key) for one in held for file, keyed in one.items() for key in keyed}
                yield (
                    f"{repo} {name} {kind} of the API",
                    rows,
                    {(file, key): [one.get(file, {}).get(key) for one in held] for file, key in places},
                )
    for repo, made in scene.repos.items():
        commits = made.git("rev-list", "--max-count=3", "HEAD").split()
        page = scene.page(f"/r/{repo}/compare", c=commits, baseline=commits[-1])
        told = [scene.said(repo, "diff", commits[-1], one) for one in commits[:-1]]
        yield f"{repo} commits", page["comparisons"], told


def model_and_diff(page: Any, base: str, told: list[Any]) -> Iterator[Pair]:  # noqa: ANN401  whatever JSON holds
    """The rows of facts, and what `gto diff` says of the model: all that it names differs so, and is so marked."""
    rows = {
        row["key"]: row for group in page["groups"] if group["title"] == "Facts of the model" for row in group["rows"]
    }
    places = {one["version"]: at for at, one in enumerate(page["versions"])}
    for comparison in told:
        new = comparison["new"]["version"]
        for one in comparison["model"]:
            is_framework = one["fact"] == "framework" and one["name"]
            row = rows[one["fact"] if is_framework else f"{one['fact']} {one['name']}".strip()]
            values = [row["values"][places[version]] for version in (base, new)]
            prefix = f"{one['name']} " if is_framework else ""
            said = [value and prefix + value for value in (one["old"], one["new"])]
            yield f"{new} {row['key']}", [values, row["breaking"][places[new]]], [said, one["breaking"]]


def plots_and_plots(scene: Scene) -> Iterator[Pair]:
    """The plots of versions and commits, and `gto plots`."""
    for repo, name, path in scene.artifacts():
        versions = scene.named(repo, name)[:2]
        if versions and (facts(scene, repo, name, versions[0]) or {}).get("plots"):
            page = scene.page(f"{path}/-/plots", v=versions)
            made = scene.repos[repo].path / ".git/plots.html"
            told = scene.said(repo, "plots", *(f"{name}@{one}" for one in versions), "-o", str(made))
            yield f"{repo} {name}", {**page, "page": ""}, {**told, "page": ""}
