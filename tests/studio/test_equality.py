"""What a page and the command line say of one thing is the same, value by value, in each layout of a repository."""

from __future__ import annotations

import csv
import io
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import copied
from tests.studio.layouts import LAYOUTS, demo
from tests.studio_app import Studio, studio_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.repo import Repo

Pair = tuple[str, Any, Any]
"""What is asked, and what the page and the command line say."""


class Scene(NamedTuple):
    """The repositories of a layout, and a Studio over them."""

    studio: Studio
    repos: Mapping[str, Repo]
    answers: dict[tuple[str, ...], Any]
    """What the command line said, by the repository and the words."""

    def said(self, name: str, *words: str) -> Any:  # noqa: ANN401  whatever JSON holds
        """What a command prints as JSON."""
        if (name, *words) not in self.answers:
            result = self.repos[name].gto(*words, "--json")
            assert result.stdout, (words, result.stderr)
            self.answers[name, *words] = json.loads(result.stdout)
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
        return [one["version"] for one in self.said(repo, "show", name, "-d")]
