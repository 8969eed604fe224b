from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gto.annotations.annotation import Annotation
from gto.core.names import ArtifactName
from gto.studio.actions.annotation_wish import AnnotationWish, edit_of
from tests.conftest import copied
from tests.studio_app import OWN, studio_of
from tests.studio_forms import command_on, fields_of, opened, send

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

WHEN = {"GIT_COMMITTER_DATE": "2022-03-01T00:00:00+00:00", "GIT_AUTHOR_DATE": "2022-03-01T00:00:00+00:00"}
ADD = "/r/team/-/add"
EDIT = "/m/team/churn/-/annotate"

CASES: dict[str, tuple[str, dict[str, str]]] = {
    "a new one": (ADD, {"name": "fresh", "path": "a b.txt", "type": "model", "labels": "x, y", "text": 'It\'s "new"'}),
    "in the work tree": (EDIT, {"text": "Others", "place": "tree"}),
    "committed": (EDIT, {"labels": "weekly more", "type": "dataset"}),
    "on another branch": (EDIT, {"text": "Others", "place": "branch", "branch": "trial"}),
    "on a new branch": (EDIT, {"text": "Others", "place": "new", "new_branch": "words"}),
    "removed": ("/m/team/churn/-/remove", {}),
    "removed on a new branch": ("/m/team/churn/-/remove", {"place": "new", "new_branch": "words"}),
}


@pytest.fixture(autouse=True)
def trial(registry: Repo) -> None:
    """A second branch."""
    registry.git("branch", "trial")


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_what_the_command_writes(
    studio: Studio, registry: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    path, changed = CASES[case]
    other = copied(registry, tmp_path / "other")
    for key, value in WHEN.items():
        monkeypatch.setenv(key, value)
    fields = {**fields_of(opened(studio, path)), **changed}
    query = {key: value for key, value in fields.items() if key not in {"form_token", "made_for"}}
    answer = studio.client.get(path, params=query)
    assert answer.status_code == 200
    fields["made_for"] = fields_of(answer.text)["made_for"]  # of the file on that branch
    sent = studio.client.post(path, data=fields, headers=OWN)
    assert sent.status_code == 303, sent.text
    result = other.gto(*command_on(answer.text, registry.path, other.path)[1:], env=WHEN)
    assert result.code == 0, result.stderr
    assert registry.refs("refs/heads") == other.refs("refs/heads")  # the commits are the same to the letter
    assert (registry.path / "dvc.yaml").read_text() == (other.path / "dvc.yaml").read_text()
    page = opened(studio, sent.headers["location"])
    assert "dvc.yaml" in page
    assert "Was that wrong?" in page


def test_a_new_artifact_is_in_the_list_at_once(studio: Studio, registry: Repo) -> None:
    assert send(studio, ADD, name="fresh", path="a.txt").status_code == 303
    assert "fresh" in studio.page("/models")
    assert "  fresh:" in registry.git("show", "HEAD:dvc.yaml")


def test_a_file_that_somebody_changed_meanwhile_is_left_alone(studio: Studio, registry: Repo) -> None:
    fields = fields_of(opened(studio, EDIT))
    head = registry.commit("other words", {"dvc.yaml": (registry.path / "dvc.yaml").read_text() + "# theirs\n"})
    answer = studio.client.post(EDIT, data={**fields, "text": "kept text"}, headers=OWN)
    assert answer.status_code == 409
    assert "kept text" in answer.text
    assert registry.git("rev-parse", "HEAD") == head
    assert send(studio, EDIT, text="now").status_code == 303


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        (ADD, {"name": "a b", "path": "a.txt"}, "name"),
        (ADD, {"name": "fresh", "path": "models/churn.txt"}, "path"),
        (ADD, {"name": "fresh", "path": "../out"}, "path"),
        (EDIT, {"type": "a b"}, "type"),
        (EDIT, {"labels": "a? b"}, "labels"),
        (EDIT, {"text": "x", "place": "new", "new_branch": "trial"}, "place"),
        (EDIT, {"text": "x", "place": "branch", "branch": "nosuch"}, "place"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    studio: Studio, registry: Repo, path: str, fields: dict[str, str], field: str
) -> None:
    before = registry.refs()
    answer = send(studio, path, **fields)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert registry.refs() == before
    assert registry.git("status", "--porcelain") == ""


def test_of_one_repository_nobody_is_asked_which(studio: Studio) -> None:
    assert studio.client.get("/add").headers["location"] == ADD


def test_in_a_bare_repository_the_commit_goes_to_its_branch(registry: Repo, tmp_path: Path) -> None:
    registry.git("clone", "--quiet", "--bare", str(registry.path), str(tmp_path / "bare.git"))
    bare = type(registry)(tmp_path / "bare.git", registry.clock)
    with studio_of({"team": bare.path}, tmp_path / "bare.db") as studio:
        assert send(studio, EDIT, text="Others").status_code == 303
        assert "Others" in bare.git("show", "main:dvc.yaml")
        assert "Others" in studio.page("/m/team/churn")


def test_of_many_labels_a_page_shows_the_first(studio: Studio, registry: Repo) -> None:
    many = [f"label-{number:05}" for number in range(3_000)]
    registry.gto("annotate", "churn", *(word for one in many for word in ("--label", one)), "--commit")
    studio.sync()
    page = studio.page("/m/team/churn")
    assert "and 2,952 more</span>" in page
    assert len(page) < 100_000


def test_labels_are_compared_in_the_time_of_reading_them() -> None:
    many = tuple(f"label-{number}" for number in range(20_000))
    now = Annotation(ArtifactName("churn"), "dvc.yaml", labels=many)
    before = time.process_time()
    assert edit_of(AnnotationWish("annotate", "churn", labels=(*many, "new")), now).labels == ("new",)
    assert time.process_time() - before < 1  # where each is looked for among all, it takes several


def test_a_key_that_is_missing_is_said_and_the_form_kept(studio: Studio, registry: Repo, tmp_path: Path) -> None:
    for key, value in {
        "gpg.format": "ssh",
        "user.signingKey": str(tmp_path / "no-key"),
        "commit.gpgSign": "true",
    }.items():
        registry.git("config", key, value)
    before = registry.refs()
    answer = send(studio, EDIT, text="kept text", labels="weekly kept")
    assert answer.status_code == 400
    assert "no-key" in answer.text
    assert {"text": "kept text", "labels": "weekly kept"}.items() <= fields_of(answer.text).items()
    assert (registry.refs(), registry.git("status", "--porcelain")) == (before, "")


def test_a_path_that_another_artifact_has_can_be_allowed(studio: Studio, registry: Repo, tmp_path: Path) -> None:
    refused = send(studio, ADD, name="fresh", path="models/churn.txt").text
    assert "add “Allow the same path” if both are meant" in refused
    sent = fields_of(refused) | {"same_path": "1", "place": "tree"}
    page = studio.client.get(ADD, params={key: value for key, value in sent.items() if key != "form_token"}).text
    other = copied(registry, tmp_path / "other")
    sent["made_for"] = fields_of(page)["made_for"]
    assert studio.client.post(ADD, data=sent, headers=OWN).status_code == 303
    assert other.gto(*command_on(page, registry.path, other.path)[1:]).code == 0
    assert (registry.path / "dvc.yaml").read_text() == (other.path / "dvc.yaml").read_text()


def test_what_only_came_to_an_annotation_is_not_said_to_be_taken_back_by_saying_the_rest_again(studio: Studio) -> None:
    page = opened(studio, send(studio, "/m/team/features/-/annotate", text="the first description").location)
    assert "Was that wrong?" not in page
    page = opened(studio, send(studio, "/m/team/features/-/annotate", text="the second").location)
    assert "text=the+first+description" in page
