from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from tests.repo import Repo
    from tests.studio_app import Studio

KEYS = ("timestamp", "artifact", "event", "version", "stage", "commit", "author", "author_email", "message", "ref")


def events(studio: Studio, path: str = "/history", **query: str) -> list[dict[str, object]]:
    """The events that a history shows, with the keys that the command line has too."""
    found = cast("list[dict[str, object]]", studio.json(path, **query)["events"])
    return [{key: one[key] for key in KEYS} for one in found]


def said(registry: Repo, *words: str) -> list[dict[str, object]]:
    """What `gto history --json` says, with the same keys."""
    found = json.loads(registry.gto("history", *words, "--json").stdout)
    return [{key: one[key] for key in KEYS} for one in found]


def test_the_history_is_that_of_the_command_line(studio: Studio, registry: Repo) -> None:
    assert events(studio) == said(registry)
    assert events(studio, "/m/team/churn/-/history") == said(registry, "churn")


def test_filters_leave_what_fits(studio: Studio) -> None:
    refs = [one["ref"] for one in events(studio, event="assignment", stage="prod")]
    assert refs == ["churn#prod#5", "churn#prod#4"]
    assert events(studio, author="nobody") == []
    assert events(studio, event="deprecation", author="ADA@example") == events(studio, version="", event="deprecation")
    assert studio.client.get("/history", params={"event": "party"}).status_code == 400


def test_until_a_moment_later_events_do_not_show(studio: Studio, registry: Repo) -> None:
    when = "2022-01-01T00:05:00+00:00"
    assert events(studio, at=when) == [one for one in said(registry) if str(one["timestamp"]) <= when]


def test_the_feed_is_atom_with_an_entry_an_event(studio: Studio) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    for path, count in (("/history", len(events(studio))), ("/m/team/churn/-/history", 8)):
        answer = studio.client.get(f"{path}.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        feed = ET.fromstring(answer.text)  # noqa: S314  our own answer
        assert len(feed.findall(f"{atom}entry")) == count
        assert feed.findtext(f"{atom}updated")


def test_a_version_that_came_back_is_told_as_rolled_back(studio: Studio, registry: Repo) -> None:
    assert registry.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod").code == 0
    studio.sync()
    assert "rolled" in studio.page("/m/team/churn")
