"""Every field of every page, and what it equals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gto.studio.rest import answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.studio.equality.scene import Scene


ONLY_HERE = "only the page: "
_EVENTS = {
    "gto history": "events.timestamp events.artifact events.event events.version events.stage events.commit "
    "events.author events.author_email events.message events.ref",
    "gto history --verify": "events.signature",
    "gto history --require-policy": "events.refusal",
    f"{ONLY_HERE}what the policy of its time said": "events.was_fine",
    "gto history --all": "events.repo",
    f"{ONLY_HERE}what an event replaced; a line of history says it in words": "events.before",
    f"{ONLY_HERE}of the list": "total page pages",
}
_ROW = {
    "gto show -d": "artifact version stage registered active",
    "gto show --verify": "signature",
    "gto show NAME": "commit registered_at registered_by versions",
    "gto show NAME#STAGE": "stages",
    "gto history NAME": "changed_at",
    "gto history NAME --require-policy": "refused",
    f"{ONLY_HERE}how many of these the policy of their time refused, too": "against",
    f"{ONLY_HERE}of targets, as those who reach them reported": "out_of_sync",
    "gto describe NAME": "type description path labels",
    "gto describe NAME@latest --all": "metric model",
    "gto ls NAME@latest": "size",
    "gto doctor": "problems",
    "gto repos list": "repo",
}
_REPOSITORY = {
    "gto repos list": "name address groups",
    "git rev-parse HEAD": "head",
    f"{ONLY_HERE}of the mirror and the index": "is_remote branch read_at changed_at error hint artifacts "
    "problems facts progress",
}
_COMPARED = {
    "gto diff": "comparisons",
    "gto diff, versions that it names": "versions",
    f"{ONLY_HERE}what was asked for": "repo artifact baseline",
    f"{ONLY_HERE}why Git cannot be read": "unread",
    "gto describe --all": "groups",
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "/models": {
        **{command: " ".join(f"artifacts.{one}" for one in keys.split()) for command, keys in _ROW.items()},
        f"{ONLY_HERE}of the list": "total page pages stages totals",
    },
    "/history": _EVENTS,
    "/m/R/N/-/history": _EVENTS,
    "/m/R/N": {
        **_ROW,
        "gto history NAME": "changed_at events",
        "gto verify NAME": "signatures",
        "gto policy test": "may",
        f"{ONLY_HERE}what was reported of targets": "targets",
        "gto show NAME --at": "as_of",
        "gto describe --all": "chosen",
        f"{ONLY_HERE}of the list of versions": "total",
        f"{ONLY_HERE}where the remote's forge shows it": "web",
    },
    "/reviews": {
        "gto reviews": "repositories.policy repositories.reviews",
        "gto reviews, on stderr": "repositories.error repositories.hint",
        f"{ONLY_HERE}of all repositories": "waiting repositories.repo",
    },
    "/repos": {
        **{command: " ".join(f"repositories.{one}" for one in keys.split()) for command, keys in _REPOSITORY.items()},
        "gto repos list, of the whole": "catalogue problems",
    },
    "/r/R": {
        **_REPOSITORY,
        "gto doctor": "config findings notes",
        "gto reviews": "policy policy_error",
        "git for-each-ref": "branches",
        f"{ONLY_HERE}when the doctor looked": "examined_at",
    },
    "/r/R/experiments": {
        "gto describe --rev --all, git rev-list, dvc exp show": "branches.commits",
        "git for-each-ref": "branches.name branches.tip",
        f"{ONLY_HERE}how the table is shown": "repo project projects baseline columns shown page pages unchanged "
        "hidden merged unread not_in_git branches.is_default branches.folded branches.ahead branches.behind "
        "branches.fitting branches.left_out",
    },
    "/m/R/N/-/compare": _COMPARED,
    "/r/R/compare": _COMPARED,
    "/api/v1/repositories": {"/repos": " ".join(f"items.{one}" for one in answers.RepositoryResource.model_fields)},
    "/api/v1/artifacts": {
        "/models": " ".join(f"items.{one}" for one in answers.ArtifactResource.model_fields),
        f"{ONLY_HERE}of the list": "total next",
    },
    "/api/v1/artifacts/R/N": {"/models": " ".join(answers.ArtifactResource.model_fields)},
    "/api/v1/artifacts/R/N/versions": {
        "/m/R/N": " ".join(f"items.{one}" for one in answers.VersionResource.model_fields),
        f"{ONLY_HERE}of the list": "total next",
    },
    "/api/v1/events": {
        "/history": " ".join(f"items.{one}" for one in answers.EventResource.model_fields),
        f"{ONLY_HERE}of the list": "next",
    },
    "/api/v1/compare": {"gto describe --all": "versions metrics params"},
    "/api/v1/resolve": {"gto describe NAME@VERSION": "repo artifact version commit", "gto show": "ref"},
}
"""By page: its fields, by the command whose output they equal, or by the reason why no command has them.

The page of plots is what `gto plots` prints, and the facts of the API are what `gto describe` prints, as a whole.
"""


def unknown(page: str, value: object, place: str = "") -> Iterator[str]:
    """The fields of a page that the table does not name."""
    if isinstance(value, list):
        for one in value:
            yield from unknown(page, one, place)
    elif isinstance(value, dict):
        known = {field for fields in FIELDS[page].values() for field in fields.split()}
        for key, one in value.items():
            field = f"{place}.{key}".lstrip(".")
            if field in known:
                continue
            if any(other.startswith(f"{field}.") for other in known):
                yield from unknown(page, one, field)
            else:
                yield f"{page}: {field}"


def each_page(scene: Scene) -> Iterator[tuple[str, Any]]:
    """One page of each kind, of each artifact and repository."""
    yield "/models", scene.page("/models", **{"is": ["active", "deprecated"]})
    yield "/history", scene.page("/history")
    yield "/reviews", scene.page("/reviews")
    yield "/repos", scene.page("/repos")
    for kind in ("repositories", "artifacts", "events"):
        yield f"/api/v1/{kind}", scene.api(kind)
    for repo, made in scene.repos.items():
        yield "/r/R", scene.page(f"/r/{repo}")
        yield "/r/R/experiments", scene.page(f"/r/{repo}/experiments", unchanged="1")
        commits = made.git("rev-list", "--max-count=2", "HEAD").split()
        yield "/r/R/compare", scene.page(f"/r/{repo}/compare", c=commits)
    for repo, name, path in scene.artifacts():
        yield "/m/R/N", scene.page(path, may="prod")
        yield "/m/R/N/-/history", scene.page(f"{path}/-/history")
        named = scene.named(repo, name)[:2]
        if named:
            yield "/m/R/N/-/compare", scene.page(f"{path}/-/compare", v=named)
            yield "/api/v1/compare", scene.api(f"compare/{repo}/{quote(name)}", v=named)
            yield "/api/v1/resolve", scene.api(f"resolve/{repo}/{quote(name)}@{named[0]}")
        yield "/api/v1/artifacts/R/N/versions", scene.api(f"artifacts/{repo}/{quote(name)}/versions", deprecated="true")
        yield "/api/v1/artifacts/R/N", scene.api(f"artifacts/{repo}/{quote(name)}")
