"""What questions share: a layout, its Studio, and what the command line says of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.repo import Repo
    from tests.studio_app import Studio


Pair = tuple[str, Any, Any]
"""What is asked, and what the page and the command line say."""


class Scene(NamedTuple):
    """The repositories of a layout, and a Studio over them."""

    studio: Studio
    repos: Mapping[str, Repo]
    answers: dict[tuple[str, ...], Any]
    """What the command line said, by the repository and the words."""
    env: Mapping[str, str]
    """Of the command line: one cache for the whole session."""

    def said(self, name: str, *words: str) -> Any:  # noqa: ANN401  whatever JSON holds
        """What a command prints as JSON."""
        told = self.said_if_any(name, *words)
        assert told is not None, (name, words)
        return told

    def said_if_any(self, name: str, *words: str) -> Any:  # noqa: ANN401  whatever JSON holds
        """What a command prints as JSON; None where it is refused."""
        if (name, *words) not in self.answers:
            result = self.repos[name].gto(*words, "--json", env=self.env)
            self.answers[name, *words] = json.loads(result.stdout) if result.stdout else None
        return self.answers[name, *words]

    def page(self, path: str, **query: str | list[str]) -> Any:  # noqa: ANN401  whatever JSON holds
        """What a page says as JSON."""
        return self.studio.json(path, **query)

    def api(self, path: str, **query: str | list[str]) -> Any:  # noqa: ANN401  whatever JSON holds
        """What the API answers."""
        answer = self.studio.client.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def artifacts(self) -> Iterator[tuple[str, str, str]]:
        """Each repository with each of its artifacts that has an event, and the address of its page."""
        for repo in self.repos:
            for name in self.said(repo, "show", "-d"):
                if self.said(repo, "history", name):
                    yield repo, name, f"/m/{repo}/{quote(name)}"

    def versions(self, repo: str, name: str) -> list[str]:
        """The versions of an artifact, those that were deregistered, and commits that only have stages."""
        return [one["version"] for one in self.shown(repo, name, "-d")]

    def named(self, repo: str, name: str) -> list[str]:
        """The versions of an artifact that count, and can be named."""
        if not self.said(repo, "show", "-d")[name]["active"]:
            return []
        return [one["version"] for one in self.shown(repo, name, "-d") if one["registrations"] and one["is_active"]]

    def shown(self, repo: str, name: str, *words: str) -> list[Any]:
        """What `gto show NAME` says, but for the commit of HEAD that is annotated and has no tag: no page lists it."""
        return [one for one in self.said(repo, "show", name, *words) if one["registrations"] or one["stages"]]


def rows_of(scene: Scene, repo: str) -> dict[str, Any]:
    """The rows of the list by the names of their artifacts."""
    page = scene.page("/models", repo=repo, **{"is": ["active", "deprecated"]})
    assert page["pages"] == 1
    return {one["artifact"]: one for one in page["artifacts"]}


def columns_of(told: Mapping[str, str | None]) -> dict[str, str]:
    """The stages that hold something: a list of several repositories has the columns of them all."""
    return {stage: version for stage, version in told.items() if version}


def seconds(moment: str | None) -> int | None:
    """Since 1970."""
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp())


def moment(second: int | None) -> str | None:
    """As Studio writes it."""
    return None if second is None else datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def text_of(value: object) -> str:
    """As CSV has it."""
    return "" if value is None else str(value)


def facts(scene: Scene, repo: str, name: str, version: str) -> Any:  # noqa: ANN401  whatever JSON holds
    """What `gto describe --all` says of a version; of a commit, and of what is deprecated, by `--rev`."""
    found = next(one for one in scene.shown(repo, name, "-d") if one["version"] == version)
    if version in scene.named(repo, name):
        return without_file_facts(scene.said(repo, "describe", f"{name}@{version}", "--all"))
    told = scene.said(repo, "describe", name, "--all", "--rev", found["commit_hexsha"])
    return {**without_file_facts(told), "version": version if found["registrations"] else None}


def without_file_facts(told: dict[str, Any]) -> dict[str, Any]:
    """What is said without what was read from a model's file: Studio reads many versions, and no file of any."""
    model = told["model"]
    return {**told, "model": None if model is not None and model["read_from"] == "file" else model}


def annotation(scene: Scene, repo: str, name: str, version: str | None) -> dict[str, Any]:
    """What HEAD says of an artifact, else the latest version."""
    told = scene.said_if_any(repo, "describe", name, "--rev", "HEAD")
    if told is None:
        told = (facts(scene, repo, name, version)["annotation"] if version else None) or {}
    return {**{key: told.get(key) for key in ("type", "path", "description")}, "labels": told.get("labels", [])}


def refused_events(scene: Scene, repo: str) -> set[str]:
    """The tags of a repository that its policy refuses."""
    kept = {one["ref"] for one in scene.said(repo, "history", "--require-policy")}
    return {one["ref"] for one in scene.said(repo, "history")} - kept


def counting(scene: Scene, repo: str, name: str) -> list[Any]:
    """The events of an artifact."""
    return list(scene.said(repo, "history", name))


EVENT = ("timestamp", "artifact", "event", "version", "stage", "commit", "author", "author_email", "message", "ref",
         "signature")  # fmt: skip


def event_of(one: Mapping[str, object]) -> dict[str, object]:
    """What both say of an event."""
    return {key: one[key] for key in EVENT}


def every_page(scene: Scene, path: str, **query: str) -> list[Any]:
    """The events of all pages of a history."""
    first = scene.page(path, **query)
    pages = [first, *(scene.page(path, page=str(number), **query) for number in range(2, first["pages"] + 1))]
    return [one for page in pages for one in page["events"]]
