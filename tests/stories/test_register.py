"""`gto register`: a version at a commit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.repo import Repo


def test_the_first_version_is_v0_0_1_and_the_next_bumps_its_patch(repo: Repo) -> None:
    result = repo.gto("register", "nn")
    assert done(result) == (
        "Created git tag 'nn@v0.0.1' that registers version\n"
        "To push the changes upstream, run:\n"
        "    git push origin nn@v0.0.1\n"
    )
    assert result.stderr == "note: 'nn' is the first of its name\n"
    repo.commit()
    assert "nn@v0.0.2" in done(repo.gto("register", "nn"))
    for bump, version in (("--bump-minor", "v0.1.0"), ("--bump-major", "v1.0.0"), ("--bump-patch", "v1.0.1")):
        repo.commit()
        assert f"nn@{version}'" in done(repo.gto("register", "nn", bump))


def test_the_tag_is_annotated_and_byte_for_byte_that_of_gto_1(repo: Repo) -> None:
    done(repo.gto("register", "nn", env={"GIT_COMMITTER_DATE": "2022-02-02T10:00:00+01:00"}))
    head = repo.git("rev-parse", "HEAD")
    assert repo.git("cat-file", "tag", "nn@v0.0.1") == (
        f"object {head}\ntype commit\ntag nn@v0.0.1\ntagger Ada Lovelace <ada@example.com> 1643792400 +0100\n\n"
        "Registering artifact nn version v0.0.1"
    )


def test_a_ref_a_version_and_a_message_are_taken_as_they_come(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.commit()
    done(repo.gto("register", "nn", first[:9], "--version", "v1.2.3-rc.1+b7", "-m", "Größe: 1\n\nmore"))
    assert repo.git("rev-parse", "nn@v1.2.3-rc.1+b7^{commit}") == first
    assert repo.git("tag", "-l", "--format=%(contents)", "nn@v1.2.3-rc.1+b7").rstrip() == "Größe: 1\n\nmore"
    done(repo.gto("register", "nn", "main", "--ver", "v1.0.0"))
    assert json.loads(done(repo.gto("show", "--json")))["nn"]["version"] == "v1.2.3-rc.1+b7"


def test_a_name_with_a_directory_is_written_with_an_equals_sign(repo: Repo) -> None:
    out = done(repo.gto("register", "some/folder:some/artifact"))
    assert out.splitlines()[-1] == "    git push origin some/folder=some/artifact@v0.0.1"
    assert "some/folder:some/artifact" in done(repo.gto("show"))


def test_json_is_the_event_and_nothing_else(repo: Repo) -> None:
    result = repo.gto("register", "nn", "--json", "-m", "why", env={"GIT_COMMITTER_DATE": "2022-02-02T10:00:00+01:00"})
    assert result.stderr == "note: 'nn' is the first of its name\n"
    assert json.loads(done(result)) == {
        "events": [
            {
                "artifact": "nn",
                "created_at": "2022-02-02T10:00:00+01:00",
                "author": "Ada Lovelace",
                "author_email": "ada@example.com",
                "message": "why",
                "commit_hexsha": repo.git("rev-parse", "HEAD"),
                "tag": "nn@v0.0.1",
                "version": "v0.0.1",
                "event": "registration",
            }
        ],
        "deleted": [],
        "pushed": False,
    }


def test_a_commit_carries_one_version(repo: Repo) -> None:
    done(repo.gto("register", "nn"))
    said(repo.gto("register", "nn"), "'nn' is already registered in this commit with version 'v0.0.1'")
    said(repo.gto("register", "nn", "--version", "v3.0.0", "--force"), "already registered in this commit")
    result = repo.gto("register", "nn", "--force")
    assert "Created git tag 'nn@v0.0.1#1'" in done(result)
    assert "second time" in result.stderr
    done(repo.gto("register", "other"))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nn", "--version", "1.2.3"), ("Supplied version '1.2.3' cannot be parsed", "did you mean 'v1.2.3'?")),
        (("nn", "--version", "v1.2"), ("Supplied version 'v1.2' cannot be parsed",)),
        (("nn", "--version", "v" + "9" * 5000 + ".0.0"), ("cannot be parsed",)),
        (("nn", "--bump-minor"), ("Can't apply bump, because this is the first version being registered",)),
        (("nn", "--bump-minor", "--bump-major"), ("Need to specify either version or single bump argument",)),
        (("nn", "--version", "v1.0.0", "--bump-major"), ("Need to specify either version or single bump argument",)),
        (("nn", "nope"), ("Ref 'nope' was not found in the repository history",)),
        (("nn", "HEAD^{tree}"), ("Ref 'HEAD^{tree}' was not found in the repository history",)),
        (("n n",), ("Invalid artifact name 'n n'",)),
        (("nn/",), ("Invalid artifact name 'nn/'",)),
        (("a//b",), ("Invalid artifact name 'a//b'",)),
        (("a/../b:m",), ("Invalid artifact name",)),
        (("x" * 300,), ("Invalid artifact name",)),
    ],
)
def test_a_wrong_wish_is_refused_in_one_line(args: tuple[str, ...], words: tuple[str, ...], repo: Repo) -> None:
    said(repo.gto("register", *args), *words)
    assert repo.refs("refs/tags") == {}


def test_an_exclusive_bump_is_refused_before_force_helps(repo: Repo) -> None:
    done(repo.gto("register", "nn"))
    said(repo.gto("register", "nn", "--bump-minor", "--force"), "already registered in this commit")


def test_a_version_is_registered_once(repo: Repo) -> None:
    done(repo.gto("register", "nn", "--version", "v1.0.0"))
    repo.commit()
    said(repo.gto("register", "nn", "--version", "v1.0.0"), "Version 'v1.0.0' already was registered.")


@pytest.mark.parametrize(("simple", "tag"), [("true", "nn@v0.0.1"), ("auto", "nn@v0.0.1"), ("false", "nn@v0.0.1#1")])
def test_simple_decides_about_the_counter(simple: str, tag: str, repo: Repo) -> None:
    assert f"'{tag}'" in done(repo.gto("register", "nn", "--simple", simple))


def test_the_counter_is_one_more_than_that_of_any_tag_of_the_artifact(repo: Repo) -> None:
    repo.tag("nn#prod#7", annotated=False)
    repo.tag("nn2#prod#9")
    assert "nn@v0.0.1#8" in done(repo.gto("register", "nn", "--simple", "false"))


def test_a_taken_tag_is_numbered_or_refused(repo: Repo) -> None:
    repo.tag("nn@v0.0.1", annotated=False)
    said(repo.gto("register", "nn", "--simple", "true"), "tag 'nn@v0.0.1' already exists")
    assert "Created git tag 'nn@v0.0.1#1'" in done(repo.gto("register", "nn"))


def test_a_lightweight_look_alike_is_explained(repo: Repo) -> None:
    repo.tag("nn@v0.0.1", annotated=False)
    said(repo.gto("show", "nn"), "Cannot find artifact 'nn'")
    out = done(repo.gto("doctor"), 1)
    assert "nn@v0.0.1: a lightweight tag is no event [tag-lightweight]" in out
    assert "git tag -d 'nn@v0.0.1'" in out


def test_a_clock_behind_the_newest_event_is_refused_with_both_times(repo: Repo) -> None:
    done(repo.gto("register", "nn", env={"GIT_COMMITTER_DATE": "2030-01-01T00:00:00Z"}))
    repo.commit()
    past = {"GIT_COMMITTER_DATE": "2029-01-01T00:00:00Z"}
    said(repo.gto("register", "nn", env=past), "2029-01-01T00:00:00+00:00", "2030-01-01T00:00:00+00:00", "nn@v0.0.1")
    done(repo.gto("register", "nn", "--force", env=past))
    done(repo.gto("register", "other", env=past))


def test_two_events_of_one_second_keep_their_order(repo: Repo) -> None:
    now = {"GIT_COMMITTER_DATE": "2022-03-01T00:00:00Z"}
    done(repo.gto("register", "nn", env=now))
    for verb in (("assign", "nn", "--version", "v0.0.1", "--stage", "prod"), ("deprecate", "nn", "v0.0.1", "prod")):
        done(repo.gto(*verb, env=now))
    done(repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", "prod", env=now))
    done(repo.gto("deprecate", "nn", env=now))
    assert "Nothing found" in done(repo.gto("show", env=now))
    done(repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", "dev", env=now))
    assert json.loads(done(repo.gto("show", "--json")))["nn"]["stage"] == {"dev": "v0.0.1", "prod": "v0.0.1"}
    order = [event["ref"] for event in json.loads(done(repo.gto("history", "--json", "--asc")))]
    assert order == ["nn@v0.0.1", "nn#prod#1", "nn#prod!#2", "nn#prod#3", "nn@deprecated#4", "nn#dev#5"]


def test_writers_at_one_time_in_one_clone_each_get_a_version_or_a_clear_no(repo: Repo) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(8):
        repo.commit()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda back: repo.gto("register", "nn", f"HEAD~{back}"), range(8)))
    won = [result for result in results if result.code == 0]
    assert won
    assert len(repo.refs("refs/tags")) == len(won)
    for result in results:
        assert "Traceback" not in result.stderr
        assert result.code in {0, 1}


def test_what_is_not_committed_of_an_artifact_is_noted(repo: Repo) -> None:
    other = "other: {path: b.pkl}\n"
    files = {"artifacts.yaml": "nn: {path: m.pkl}\n", "m.pkl": "1", "b.pkl": "1", "m.pkl.dvc": "outs: []\n"}
    repo.commit("annotated", files)
    assert "changed" not in repo.gto("register", "nn").stderr
    (repo.path / "artifacts.yaml").write_text(files["artifacts.yaml"] + other)
    (repo.path / "b.pkl").write_text("2")
    repo.commit()
    assert "changed" not in repo.gto("register", "nn").stderr  # another artifact did
    for name in ("m.pkl", "m.pkl.dvc"):
        (repo.path / name).write_text("2")
    repo.commit()
    found = repo.gto("register", "nn")
    assert found.stderr == (
        "note: 'm.pkl', 'm.pkl.dvc' changed after the commit that was registered: `git commit` what belongs to it, "
        "then `gto register nn`\n"
    )
    (repo.path / "artifacts.yaml").write_text("nn: {path: m.pkl, type: model}\n")
    repo.commit()
    assert "'artifacts.yaml', 'm.pkl'" in repo.gto("register", "nn").stderr
    assert "changed" not in repo.gto("register", "nn", "HEAD~2", "--version", "v9.0.0").stderr  # no slip
