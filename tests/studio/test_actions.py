from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest
from fastapi import FastAPI

from gto.studio.context import StudioSettings
from tests.conftest import copied
from tests.signing import ssh_keys
from tests.studio_app import OWN, studio_of
from tests.studio_forms import command_on, fields_of, opened, send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

BASE = "/m/team/churn/-/"
WHEN = "2022-03-01T00:00:00+00:00"
LATER = "2022-03-02T00:00:00+00:00"


def tags_of(repo: Repo) -> dict[str, str]:
    """Each tag with its object, as text."""
    return {ref: repo.git("cat-file", "-p", oid) for ref, oid in repo.refs("refs/tags").items()}


@pytest.fixture
def ahead(registry: Repo) -> Repo:
    """The registry, with a commit that has no version."""
    registry.commit("train again", {"metrics.json": '{"auc": 0.93}', "models/churn.txt": "model 3\n"})
    return registry


@pytest.fixture
def studio(ahead: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over it."""
    with studio_of({"team": ahead.path}, tmp_path / "index.db") as running:
        yield running


def test_what_was_done_can_be_undone_from_the_page_that_says_so(studio: Studio, ahead: Repo) -> None:
    for path, fields in (("assign", {"stage": "prod", "version": "v0.0.3"}), ("deregister", {"version": "v0.0.1"})):
        done = opened(studio, send(studio, BASE + path, **fields).location)
        back = re.search(r'<a class="button" href="([^"]*)">.{1,400}?(Take|Register)', done, re.DOTALL)
        assert back is not None
        assert send(studio, html.unescape(back[1])).status_code == 303
    assert ahead.gto("show", "churn#prod").stdout.count("v0.0.2") >= 1
    assert "v0.0.1" in ahead.gto("show", "churn").stdout


def test_where_the_index_fails_after_a_tag_was_written_the_page_says_that_it_was(
    studio: Studio, ahead: Repo, tmp_path: Path
) -> None:
    filled = fields_of(opened(studio, BASE + "register"))
    with closing(sqlite3.connect(tmp_path / "index.db")) as index:
        index.execute("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(FAIL, 'the disk is full'); END")
        sent = studio.form(BASE + "register", **filled)
        assert sent.status_code == 303
        assert "refs/tags/churn@v0.0.4" in ahead.refs("refs/tags")
        told = studio.page(sent.headers["location"])
        assert "churn@v0.0.4" in told
        assert "The index is not up to date: the disk is full" in html.unescape(told).replace("<b>", "")
        index.execute("ALTER TABLE repository RENAME TO elsewhere")
        failed = studio.client.get(sent.headers["location"])
        assert (failed.status_code, failed.text.partition(".")[0]) == (503, "Written: churn@v0")
        assert "nothing in Git is touched" not in failed.text
        index.execute("ALTER TABLE elsewhere RENAME TO repository")
        index.execute("DROP TRIGGER full")
    studio.sync()
    assert "churn@v0.0.4" in studio.page("/history")


ACTIONS = {
    "register": {},
    "assign": {"stage": "prod"},
    "rollback": {},
    "unassign": {},
    "deregister": {},
    "deprecate": {},
    "approve": {"stage": "prod"},
}
"""Those that write tags, and what their forms are filled in with."""


def test_where_somebody_was_first_nothing_is_written_and_the_form_says_who(
    studio: Studio, ahead: Repo, tmp_path: Path
) -> None:
    bare = type(ahead)(tmp_path / "remote.git", ahead.clock)
    ahead.git("clone", "--quiet", "--bare", str(ahead.path), str(bare.path))
    ahead.git("remote", "add", "origin", str(bare.path))
    for number, (word, filled) in enumerate(ACTIONS.items()):
        fields = {**fields_of(studio.page(BASE + word)), **filled, "message": "kept text", "push": "1"}
        first = f"churn#other#{number + 20}"  # here, or on the remote
        (ahead, bare)[number % 2].tag(first)
        before = ahead.refs(), bare.refs()
        answer = studio.client.post(BASE + word, data=fields, headers=OWN)
        assert answer.status_code == 409
        for told in ("kept text", "Since you opened this page", first, "Ada Lovelace"):
            assert told in answer.text
        after = ahead.refs(), bare.refs()
        fetched = {f"refs/tags/{first}"} if number % 2 else set()
        assert after[0].keys() - before[0].keys() == fetched
        assert after[1] == before[1]
    again = {**fields_of(studio.page(f"{BASE}register")), "version": "v0.1.0", "push": "1"}
    assert studio.client.post(f"{BASE}register", data=again, headers=OWN).status_code == 303
    assert "refs/tags/churn@v0.1.0" in bare.refs()


def test_a_key_that_is_missing_is_said_and_the_form_kept(studio: Studio, ahead: Repo, tmp_path: Path) -> None:
    ahead.git("config", "gpg.format", "ssh")
    ahead.git("config", "user.signingKey", str(tmp_path / "no-key"))
    before = ahead.refs("refs/tags")
    for word, filled in ACTIONS.items():
        answer = send(studio, BASE + word, **filled, sign="1", message="kept text")
        assert answer.status_code == 400
        assert "no-key" in answer.text
        kept = fields_of(answer.text)
        assert kept.items() >= {**filled, "message": "kept text"}.items()
        assert ("sign" in kept) is (word != "approve")  # which is signed always
        assert ahead.refs("refs/tags") == before


def test_what_a_push_meets_is_said_and_nothing_is_kept(studio: Studio, ahead: Repo) -> None:
    ahead.git("remote", "add", "origin", str(ahead.path / "nowhere"))
    before = ahead.refs("refs/tags")
    answer = send(studio, f"{BASE}assign", push="1", stage="prod", message="kept text")
    assert answer.status_code == 400
    assert "nowhere" in answer.text
    assert "kept text" in answer.text
    assert ahead.refs("refs/tags") == before


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("register", {"version": "other", "other": "1.2"}, 'id="version-error"'),
        ("register", {"version": "other", "other": "v0.0.1"}, 'id="version-error"'),
        ("register", {"version": "other"}, 'id="version-error"'),
        ("register", {"commit": "nowhere"}, 'id="commit-error"'),
        ("register", {"commit": ""}, 'id="commit-error"'),
        ("assign", {}, 'id="stage-error"'),
        ("register", {"commit": "HEAD~1"}, 'id="commit-error"'),
        ("assign", {"stage": "pro d"}, 'id="stage-error"'),
        ("assign", {"stage": "prod", "version": "v0.0.2"}, 'id="stage-error"'),
        ("assign", {"stage": "prod", "version": "v9.9.9"}, 'id="version-error"'),
        ("rollback", {"stage": "test"}, 'id="stage-error"'),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    studio: Studio, ahead: Repo, path: str, fields: dict[str, str], said: str
) -> None:
    before = ahead.refs("refs/tags")
    answer = send(studio, BASE + path, **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert ahead.refs("refs/tags") == before


def test_a_policy_speaks_before_and_refuses_after(studio: Studio, ahead: Repo) -> None:
    ahead.commit("policy", {".gto.policy.yaml": "rules: [{name: production, stages: prod, after: staging}]\n"})
    before = ahead.refs("refs/tags")
    page = studio.page(f"{BASE}assign", stage="prod", version="v0.0.3")
    assert "Rule “production”:" in page
    answer = send(studio, f"{BASE}assign", stage="prod", version="v0.0.3")
    assert answer.status_code == 403
    assert 'id="stage-error"' in answer.text
    assert ahead.refs("refs/tags") == before


def test_the_list_of_commits_shows_what_helps_to_choose(studio: Studio, ahead: Repo) -> None:
    ahead.git("switch", "--quiet", "-c", "trial")
    ahead.commit("on trial: more trees", {"metrics.json": '{"auc": 0.90}', "models/churn.txt": "model 1\n"})
    ahead.git("switch", "--quiet", "main")
    page = studio.page(f"{BASE}register")
    assert "models/churn.txt changed" in page
    assert '<span class="delta good">+0.0200</span>' in page  # 0.93 against v0.0.3's 0.91
    assert "is v0.0.3" in page
    assert "on trial" not in page
    page = studio.page(f"{BASE}register", branch="trial")
    assert "same file as v0.0.2" in page
    for words in ("MORE trees", ahead.git("rev-parse", "--short", "trial"), "trial"):
        assert "on trial: more trees" in studio.page(f"{BASE}register", find=words)
    assert "No commit fits" in studio.page(f"{BASE}register", find="no such thing")


def test_where_each_commit_has_a_version_the_form_says_so_calmly(ahead: Repo, tmp_path: Path) -> None:
    ahead.tag("churn@v0.0.4")
    ahead.git("checkout", "-q", "--orphan", "alone")
    ahead.commit("alone", {"metrics.json": "{}"})
    ahead.tag("churn@v0.0.5")
    with studio_of({"team": ahead.path}, tmp_path / "full.db") as studio:
        page, said = studio.page(BASE + "register"), studio.json(BASE + "register")
        assert (said["error"], said["tags"], said["checks"]) == (None, [], [])
        assert "Each of these commits has a version already" in page
        assert not re.search('class="[^"]*(error|bad|wrong)', page)
        asked = studio.json(BASE + "register", commit=ahead.git("rev-parse", "HEAD").strip())
        assert cast("dict[str, str]", asked["error"])["field"] == "commit"
        assert re.search(r'<button[^>]*name="form_token"[^>]* disabled>', page)
        sent = studio.form(BASE + "register", asked="1")
        assert (sent.status_code, 'id="commit-error"' in sent.text) == (400, True)


def test_a_new_name_is_registered_with_its_first_version(studio: Studio, ahead: Repo) -> None:
    answer = send(studio, "/m/team/fresh/-/register")
    assert answer.status_code == 303, answer.text
    assert ahead.refs("refs/tags/fresh@v0.0.1")
    studio.page("/m/team/fresh")


def test_of_a_read_only_studio_nothing_is_offered_and_nothing_accepted(ahead: Repo, tmp_path: Path) -> None:
    with studio_of({"team": ahead.path}, tmp_path / "read.db", StudioSettings(read_only=True)) as studio:
        assert "/-/register" not in studio.page("/models") + studio.page("/m/team/churn")
        app = studio.client.app
        assert isinstance(app, FastAPI)
        token = re.search(r'name="form_token" value="([^"]*)"', studio.page("/models"))
        assert token is not None
        for word in ("register", "assign", "unassign", "rollback", "deregister", "deprecate", "approve"):
            assert studio.client.get(BASE + word).status_code == 403
            data = {"form_token": token[1], "stage": "x", "version": "v0.0.1"}
            assert studio.client.post(BASE + word, headers=OWN, data=data).status_code == 403
        assert studio.client.get(f"{BASE}actions").status_code == 403
        studio.context.worker.start()
        assert studio.form("/sync").status_code == 303
        studio.context.worker.close()


def test_the_menu_offers_what_has_something_to_do(studio: Studio) -> None:
    found = studio.json(f"{BASE}actions", version="v0.0.2", stage="prod")["actions"]
    assert isinstance(found, dict)
    assert list(found) == ["register", "assign", "rollback", "unassign", "approve", "deregister", "deprecate"]
    assert found["unassign"] == f"{BASE}unassign?version=v0.0.2&stage=prod"
    assert list(studio.json("/m/team/features/-/actions")["actions"]) == ["register"]  # type: ignore[call-overload]  # a mapping


def test_an_approval_is_that_of_the_command_but_for_its_number(
    studio: Studio, ahead: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ssh_keys(ahead, tmp_path / "keys")
    ahead.git("config", "user.signingKey", str(keys.place / "ada"))
    other = copied(ahead, tmp_path / "other")
    monkeypatch.setenv("GIT_COMMITTER_DATE", WHEN)
    page = studio.page(f"{BASE}approve", stage="prod", message="seen")
    answer = studio.client.post(f"{BASE}approve", data=fields_of(page), headers=OWN)
    assert answer.status_code == 303, answer.text
    result = other.gto(*command_on(page, ahead.path, other.path)[1:], env={"GIT_COMMITTER_DATE": WHEN})
    assert result.code == 0, result.stderr
    ours, theirs = (
        [text.partition("-----BEGIN")[0] for ref, text in tags_of(repo).items() if "approvals/" in ref]
        for repo in (ahead, other)
    )
    assert [re.sub(r",[0-9a-f]{12}\n", "\n", text) for text in ours] == [
        re.sub(r",[0-9a-f]{12}\n", "\n", text) for text in theirs
    ]
    assert "approvals/churn,v0.0.3,prod," in opened(studio, answer.headers["location"])
    again = studio.client.post(
        f"{BASE}approve", data=fields_of(studio.page(f"{BASE}approve", stage="prod")), headers=OWN
    )
    assert "approved" in again.text
    assert again.status_code == 400


def test_a_repository_that_a_url_names_is_written_to_at_its_server(
    ahead: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", WHEN)
    address = f"file://{ahead.path}"
    with studio_of({"team": address}, tmp_path / "url.db") as studio:
        page = studio.page(f"{BASE}register")
        command = html.unescape(page[page.index("$ </span>") :])
        assert f"gto register -r {address} churn" in command
        assert "--push" in command
        answer = send(studio, f"{BASE}register", stage="prod")
        assert answer.status_code == 303, answer.text
        assert {"refs/tags/churn@v0.0.4", "refs/tags/churn#prod#6"} <= ahead.refs("refs/tags").keys()
        assert "pushed" in opened(studio, answer.location)
        fields = fields_of(opened(studio, f"{BASE}rollback?stage=prod"))
        assert ahead.gto("deprecate", "churn", "v0.0.4", "prod", env={"GIT_COMMITTER_DATE": LATER}).code == 0
        late = studio.client.post(f"{BASE}rollback", data=fields, headers=OWN)
        assert late.status_code == 409
        assert "unassigned" in late.text
        edit = send(studio, "/m/team/churn/-/annotate", text="Others", place="new", new_branch="words")
        assert edit.status_code == 303, edit.text
        assert "Others" in ahead.git("show", "words:dvc.yaml")


def test_a_version_that_is_put_in_a_stage_at_once_is_judged_for_the_stage_too(studio: Studio, ahead: Repo) -> None:
    rules = "[{name: order, stages: prod, after: dev}, {name: releases, stages: prod, prereleases: false}]"
    ahead.commit("policy", {".gto.policy.yaml": f"rules: {rules}\n"})
    page = studio.page(f"{BASE}register", stage="prod", version="v3.0.0-rc.1")
    assert "Rule “order”: &#39;v3.0.0-rc.1&#39; is not in stage &#39;dev&#39;" in page
    assert "Rule “releases”: &#39;v3.0.0-rc.1&#39; is a pre-release" in page
    assert f'<a href="{BASE}assign?version=v3.0.0-rc.1&amp;stage=dev"><code>gto assign churn' in page
    assert send(studio, f"{BASE}register", stage="prod", version="v3.0.0-rc.1").status_code == 403
    assert "No rule of the policy" in studio.page(f"{BASE}register")


def test_what_a_refusal_advises_is_on_the_form(studio: Studio, ahead: Repo, tmp_path: Path) -> None:
    fields = {"stage": "prod", "version": "v0.0.2"}  # where it is already
    refused = send(studio, f"{BASE}assign", **fields).text
    assert "use “Force it” to create a new Git tag nevertheless" in refused
    assert "--force" not in refused.partition("What will be written")[0]
    asked = fields_of(refused) | {"force": "1"}
    page = studio.page(f"{BASE}assign", **{key: value for key, value in asked.items() if key != "form_token"})
    other = copied(ahead, tmp_path / "other")
    assert "--force" in (words := command_on(page, ahead.path, other.path))
    assert studio.client.post(f"{BASE}assign", data=asked, headers=OWN).status_code == 303
    assert other.gto(*words[1:]).code == 0
    assert ahead.refs("refs/tags").keys() == other.refs("refs/tags").keys()


def test_a_command_in_a_refusal_leads_to_its_form(studio: Studio) -> None:
    page = send(studio, f"{BASE}register", commit="HEAD~1").text
    assert f'<a href="{BASE}deregister?version=v0.0.3"><code>gto deprecate churn v0.0.3</code></a>' in page
    page = send(studio, f"{BASE}rollback", stage="none").text
    assert 'href="/m/team/churn"><code>gto show churn</code>' in page
