"""The page of an artifact beside the command line."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.studio.equality.scene import columns_of, facts, rows_of, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.studio.equality.scene import Pair, Scene


def versions_and_show(scene: Scene) -> Iterator[Pair]:
    """The table of versions, and `gto show NAME -d --verify` with the metrics and the subject of `gto describe`."""
    for repo, name, path in scene.artifacts():
        page = scene.page(path)
        told = scene.shown(repo, name, "-d", "--verify")
        assert page["total"] == len(told)
        lines = []
        for one in told[: len(page["versions"])]:
            first = (one["registrations"] or one["stages"][0]["assignments"])[-1 if one["registrations"] else 0]
            lines.append(
                {
                    "name": one["version"],
                    "commit": one["commit_hexsha"],
                    "ref": first["tag"] if one["registrations"] else None,
                    "time": seconds(first["created_at"]),
                    "author": first["author"],
                    "is_active": one["is_active"],
                    "stages": [stage["stage"] for stage in one["stages"] if stage["is_active"]],
                    "proof": one["signature"],
                    **measured(scene, repo, name, one["version"], page),
                }
            )
        yield f"{repo} {name}", [{key: one[key] for key in lines[0]} for one in page["versions"]], lines


def measured(scene: Scene, repo: str, name: str, version: str, page: Any) -> dict[str, Any]:  # noqa: ANN401
    """What the line of a version has of its commit."""
    told = facts(scene, repo, name, version)
    flat: dict[str, Any] = {}
    for file, keyed in told["metrics"].items():
        for key, value in keyed.items():
            flat.setdefault(key or file, value)
    columns = page["versions"][0]["metrics"]
    return {"message": told["commit"]["subject"], "metrics": {key: flat.get(key) for key in columns}}


def facts_and_describe(scene: Scene) -> Iterator[Pair]:
    """Each version in full, and `gto describe --all`, `gto ls`."""
    for repo, name, path in scene.artifacts():
        for version in scene.versions(repo, name):
            chosen = scene.page(path, version=version)["chosen"]
            told = facts(scene, repo, name, version)
            yield f"{repo} {name} {version}", chosen["facts"], told
            yield f"{repo} {name} {version} commit", chosen["commit"], told["commit"]["hexsha"]
            held = [
                cell["stage"]
                for cell in next(one for one in scene.shown(repo, name, "-d") if one["version"] == version)["stages"]
                if cell["is_active"]
            ]
            shown = {
                stage for stage, cell in rows_of(scene, repo)[name]["stages"].items() if cell["version"] == version
            }
            yield f"{repo} {name} {version} stages", set(chosen["stages"]), shown & set(held)
            yield (
                f"{repo} {name} {version} api",
                scene.api(f"artifacts/{repo}/{quote(name)}/facts", version=version),
                told,
            )


def files_and_ls(scene: Scene) -> Iterator[Pair]:
    """The files of each version, and `gto ls`."""
    for repo, name, path in scene.artifacts():
        for version in scene.named(repo, name)[:2]:
            told = scene.said_if_any(repo, "ls", f"{name}@{version}", "--recursive")
            if told is not None:
                files = scene.page(path, version=version)["chosen"]["files"]
                base = told["path"]
                yield (
                    f"{repo} {name} {version}",
                    [(one["path"], one["size"], one["hash"]) for one in files],
                    [
                        (
                            base if one["path"] == posixpath.basename(base) else posixpath.join(base, one["path"]),
                            one["size"],
                            (one["hash"] or "").partition(":")[2] or None,
                        )
                        for one in told["files"]
                    ],
                )


def past_and_show_at(scene: Scene) -> Iterator[Pair]:
    """The page of an artifact as it was, and `gto show NAME --at`."""
    for repo, name, path in scene.artifacts():
        told = scene.said(repo, "history", name)
        for when in dict.fromkeys(one["timestamp"] for one in told[1::7]):
            page = scene.page(path, at=when)
            then = scene.shown(repo, name, "-d", "--at", when)
            row = scene.said(repo, "show", "-d", "--at", when)[name]
            yield f"{repo} {name} {when}", [one["name"] for one in page["versions"]], [one["version"] for one in then]
            keys = ("version", "active")
            yield (
                f"{repo} {name} {when} row",
                {**{key: page[key] for key in keys}, **columns_of(page["stage"])},
                {**{key: row[key] for key in keys}, **columns_of(row["stage"])},
            )
            events = scene.said(repo, "history", name, "--until", when)
            yield f"{repo} {name} {when} events", page["events"], events[:100]


def signatures_and_verify(scene: Scene) -> Iterator[Pair]:
    """The verdicts on the events of an artifact, and `gto verify`."""
    keys = ("verdict", "signer", "key", "reason")
    for repo, name, path in scene.artifacts():
        events = {one["ref"] for one in scene.said(repo, "history", name)}
        shown = {ref: {key: one[key] for key in keys} for ref, one in scene.page(path)["signatures"].items()}
        told = {one["tag"]: {key: one[key] for key in keys} for one in scene.said(repo, "verify", name)["tags"]}
        yield (
            f"{repo} {name}",
            shown,
            {ref: one for ref, one in told.items() if ref in events},
        )


def may_and_policy_test(scene: Scene) -> Iterator[Pair]:
    """What the policy says of a promotion, and `gto policy test`."""
    for repo, name, path in scene.artifacts():
        for version in scene.versions(repo, name)[:2]:
            for stage in ("staging", "prod"):
                may = scene.page(path, version=version, may=stage)["may"]
                if may is not None and len(version) < 40:
                    told = scene.said(repo, "policy", "test", name, "--version", version, "--stage", stage)
                    yield f"{repo} {name} {version} {stage}", {key: may[key] for key in told}, told
                    waits = [
                        one
                        for one in scene.said(repo, "reviews")["reviews"]
                        if (one["artifact"], one["version"], one["stage"]) == (name, version, stage)
                    ]
                    yield f"{repo} {name} {version} {stage} waits", may["reviews"], waits
