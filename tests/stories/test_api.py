"""`gto.api`: what scripts call does what the commands do, and gives back values."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gto import api, exceptions
from gto.constants import VersionSort
from gto.output.published import PublishedEvent
from tests.stories.healthy import done

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.repo import Repo


@pytest.fixture
def at(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository in whose directory the test works, with the test's clock in the environment."""
    for name, value in repo.dated().items():
        monkeypatch.setenv(name, value)
    return repo


def tick(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a minute pass, and return the path of the repository."""
    for name, value in repo.dated().items():
        monkeypatch.setenv(name, value)
    return str(repo.path)


@pytest.fixture
def filled(at: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Two versions; the second in dev; the first in prod, then taken out, then put in again."""
    api.register(tick(at, monkeypatch), "nn", "HEAD")
    api.assign(tick(at, monkeypatch), "nn", "prod", version="v0.0.1")
    at.commit("second")
    api.assign(tick(at, monkeypatch), "nn", "dev", ref="HEAD", name_version="v1.0.0")
    api.unassign(tick(at, monkeypatch), "nn", version="v0.0.1", stage="prod")
    api.assign(tick(at, monkeypatch), "nn", "prod", version="v0.0.1")
    return at


def test_each_write_returns_its_event_and_says_nothing_unless_asked(
    at: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = api.register(tick(at, monkeypatch), "nn", "HEAD", message="a model")
    assert isinstance(event, PublishedEvent)
    assert (event.tag, event.version, event.message) == ("nn@v0.0.1", "v0.0.1", "a model")
    assert capsys.readouterr().out == ""
    assigned = api.assign(tick(at, monkeypatch), "nn", "prod", version="v0.0.1", stdout=True)
    assert assigned.tag == "nn#prod#1"
    assert capsys.readouterr().out == (
        "Created git tag 'nn#prod#1' that assigns stage to version 'v0.0.1'\n"
        "To push the changes upstream, run:\n"
        "    git push origin 'nn#prod#1'\n"
    )
    at.commit("second")
    assert api.register(tick(at, monkeypatch), "nn", "HEAD", bump_minor=True).tag == "nn@v0.1.0"
    assert api.assign(tick(at, monkeypatch), "nn", "prod", ref="HEAD").tag == "nn#prod#2"
    assert api.rollback(tick(at, monkeypatch), "nn", "prod").version == "v0.0.1"
    unassigned = api.unassign(tick(at, monkeypatch), "nn", version="v0.0.1", stage="prod")
    assert unassigned is not None
    assert unassigned.tag == "nn#prod!#4"
    taken_back = api.deregister(tick(at, monkeypatch), "nn", version="v0.1.0")
    assert taken_back is not None
    assert taken_back.tag == "nn@v0.1.0!"
    retired = api.deprecate(tick(at, monkeypatch), "nn")
    assert retired is not None
    assert retired.tag == "nn@deprecated"
    assert len(at.refs("refs/tags")) == 8


def test_a_tag_carries_the_author_that_was_given(at: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    event = api.register(tick(at, monkeypatch), "nn", "HEAD", author="Grace", author_email="grace@example.com")
    assert (event.author, event.author_email) == ("Grace", "grace@example.com")
    assert at.git("tag", "-l", "--format=%(taggername) %(taggeremail)") == "Grace <grace@example.com>"


def test_deleting_returns_no_event(filled: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.unassign(tick(filled, monkeypatch), "nn", version="v1.0.0", stage="dev", delete=True) is None
    assert api.deregister(tick(filled, monkeypatch), "nn", ref="HEAD", delete=True) is None
    assert api.deprecate(tick(filled, monkeypatch), "nn", delete=True) is None
    assert filled.refs("refs/tags") == {}


def as_json(value: object) -> object:
    return json.loads(json.dumps(value, default=datetime.isoformat))


def test_reads_give_what_the_commands_print_as_json(filled: Repo) -> None:
    path = str(filled.path)
    assert as_json(api.show(path)) == json.loads(done(filled.gto("show", "--json")))
    assert as_json(api.show(path, "nn")) == json.loads(done(filled.gto("show", "nn", "--json")))
    assert as_json(api.history(path)) == json.loads(done(filled.gto("history", "--json")))
    newest_last = api.history(path, "nn", ascending=True)
    assert isinstance(newest_last, list)
    assert list(reversed(newest_last)) == api.history(path)


def test_tables_are_rows_and_the_word_that_tabulate_takes(filled: Repo) -> None:
    rows, headers = api.show(str(filled.path), table=True)
    assert headers == "keys"
    assert isinstance(rows, list)
    assert rows == [{"name": "nn", "latest": "v1.0.0", "#dev": "v1.0.0", "#prod": "v0.0.1"}]
    versions: Any
    versions, _ = api.show(str(filled.path), "nn", table=True, truncate_hexsha=True)
    assert [row["version"] for row in versions] == ["v1.0.0", "v0.0.1"]
    events, _ = api.history(str(filled.path), table=True, truncate_hexsha=True)
    assert len(events) == 6


def test_versions_are_found(filled: Repo) -> None:
    path = str(filled.path)
    latest: Any = api.find_latest_version(path, "nn")
    assert latest.version == "v1.0.0"
    every: Any = api.find_latest_version(path, "nn", all=True)
    assert [one.version for one in every] == ["v1.0.0", "v0.0.1"]
    with pytest.raises(exceptions.ArtifactNotFound):
        api.find_latest_version(path, "nobody")
    filled.commit("annotated only", {"artifacts.yaml": "bare:\n  type: model\n"})
    assert api.find_latest_version(path, "bare") is None
    in_prod = api.find_versions_in_stage(path, "nn", "prod")
    assert in_prod is not None
    assert [one.version for one in in_prod] == ["v0.0.1"]
    assert api.find_versions_in_stage(path, "nn", "never") is None


def test_events_and_names_are_taken_apart(filled: Repo) -> None:
    path = str(filled.path)
    assert [event.tag for event in api.check_ref(path, "nn#prod#1")] == ["nn#prod#1"]
    assert api.check_ref(path, "refs/tags/nn@v1.0.0")[0].version == "v1.0.0"
    assert api.check_ref(path, "main") == []
    assert api.parse_tag("nn@v1.0.0")["version"] == "v1.0.0"
    with pytest.raises(exceptions.InvalidTagName):
        api.parse_tag("v1.0.0")


def test_stages_are_listed(filled: Repo) -> None:
    path = str(filled.path)
    assert api.get_stages(path, used=True) == ["dev", "prod"]
    assert api.get_stages(path, allowed=True) is None
    with pytest.raises(exceptions.UsageError, match='Either "allowed" or "used" can be set'):
        api.get_stages(path, allowed=True, used=True)


def test_annotations_are_written_described_and_removed(at: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(at.path)
    assert api.annotate(path, "nn", type="model", labels=["a"], description="d", custom={"k": 1}) == "artifacts.yaml"
    assert api.describe(path, "nn") is None
    at.git("add", "artifacts.yaml")
    at.commit("annotated")
    found = api.describe(path, "nn")
    assert found is not None
    assert (found.type, list(found.labels), found.description, found.custom) == ("model", ["a"], "d", {"k": 1})
    assert api.describe(path, "nn", rev="HEAD~1") is None
    assert api.describe(path, "nn@v9.9.9") is None
    assert capsys.readouterr().out == ""
    assert api.annotate(path, "nn", type="other", stdout=True) == "artifacts.yaml"
    assert api.remove(path, "nn", stdout=True) == "artifacts.yaml"
    assert capsys.readouterr().out == "Updated `artifacts.yaml`\n" * 2


@dataclass
class Scm:
    root_dir: str


def test_an_object_with_root_dir_is_a_repository(filled: Repo) -> None:
    assert api.show(Scm(str(filled.path))) == api.show(str(filled.path))


@pytest.mark.parametrize("sort", ["semver", VersionSort.SemVer])
def test_the_order_is_a_word_or_a_member(sort: str | VersionSort, filled: Repo) -> None:
    versions: Any = api.show(str(filled.path), "nn", sort=sort)
    assert [one["version"] for one in versions] == ["v1.0.0", "v0.0.1"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda path: api.register(path, "nn", "nope"), "Ref 'nope' was not found"),
        (lambda path: api.register(path, "nn", "HEAD", "v2.0.0", bump_major=True), "either version or single bump"),
        (lambda path: api.register(path, "n n", "HEAD"), "Invalid artifact name 'n n'"),
        (lambda path: api.unassign(path, "nn", version="v0.0.1"), "'stage' is required"),
        (lambda path: api.deregister(path, "nn", version="v9.0.0"), "No versions found for 'nn'"),
        (lambda path: api.show(path, sort="size"), "Cannot sort by 'size'"),
        (lambda path: api.annotate(path, "nn", labels="abc"), "Labels are a list of words"),
        (lambda path: api.rollback(path, "nn", "never"), "'never'"),
    ],
)
def test_a_wrong_argument_raises_a_declared_error_and_writes_nothing(
    call: Callable[[str], object], words: str, filled: Repo
) -> None:
    before = filled.refs()
    with pytest.raises(exceptions.GTOException) as caught:
        call(str(filled.path))
    assert words in str(caught.value)
    assert filled.refs() == before


def test_every_public_function_is_tried_in_a_story() -> None:
    public = {
        name
        for name, value in vars(api).items()
        if inspect.isfunction(value) and value.__module__ == api.__name__ and not name.startswith("_")
    }
    top = Path(__file__).parent.parent
    files = [path for room in ("stories", "delivery", "lineage") for path in (top / room).glob("*.py")]
    stories = "".join(path.read_text(encoding="utf-8") for path in files)
    assert {name for name in public if f"api.{name}(" not in stories} == set()
