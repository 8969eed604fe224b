from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.conftest import copied
from tests.signing import Keys, need
from tests.studio.conftest import wrote
from tests.studio.test_sync import contents
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

POLICY = """\
signing: {sign: true, allowed_signers: .gto.signers}
groups:
  approvers: [grace@example.com, joan@example.com]
rules:
- name: production
  stages: prod
  approvals: 2
  approvers: [approvers]
- name: order
  stages: prod
  after: dev
"""
PEOPLE = ("ada", "grace", "joan", "bob")


def become(repo: Repo, keys: Keys, person: str) -> None:
    """Let git write and sign as somebody."""
    settings = {
        "user.name": person.title(),
        "user.email": f"{person}@example.com",
        "gpg.format": "ssh",
        "user.signingKey": str(keys.place / person),
    }
    for key, value in settings.items():
        repo.git("config", key, value)


@pytest.fixture
def guarded(repo: Repo, templates: dict[str, Repo], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Two versions of `churn`, one of them approved by one who counts and one who does not; then a policy."""
    need("ssh-keygen", "openssh-client")
    if "guarded" not in templates:
        place = tmp_path_factory.mktemp("template")
        templates["guarded"] = under_policy(copied(repo, place), place / "keys")
    shutil.rmtree(repo.path)
    made = copied(templates["guarded"], tmp_path)
    made.git("update-index", "--refresh")  # the index tells a file by its inode, too
    return made


def under_policy(repo: Repo, place: Path) -> Repo:
    """The repository, with keys of four people at a place beside it."""
    place.mkdir()
    keys = Keys(place)
    for person in PEOPLE:
        keys.make(person)
    lines = "".join(f"{who}@example.com {keys.public(who)}\n" for who in PEOPLE)
    repo.commit("first", {"metrics.json": '{"auc": 0.8}', "dvc.yaml": "metrics: [metrics.json]\n"})
    repo.git("config", "user.email", "eve@example.com")
    wrote(repo, "register", "churn")
    wrote(repo, "assign", "churn", "--version", "v0.0.1", "--stage", "prod")  # before there was a policy, not signed
    repo.commit("policy", {".gto.policy.yaml": POLICY, ".gto.signers": lines})
    become(repo, keys, "ada")
    wrote(repo, "register", "churn")
    become(repo, keys, "grace")
    wrote(repo, "approve", "churn@v0.0.2", "--stage", "prod")
    become(repo, keys, "bob")
    words = ["-c", f"user.signingKey={keys.place / 'bob'}", "tag", "--sign", "-m", "fine"]
    repo.git(*words, "--", "approvals/churn,v0.0.2,prod,0123456789ab", "HEAD", **repo.dated())
    become(repo, keys, "ada")
    return repo


@pytest.fixture
def studio(guarded: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over the guarded registry, which it calls `team`."""
    with studio_of({"team": guarded.path}, tmp_path / "index.db") as running:
        yield running


def said(repo: Repo, *words: str) -> Any:  # noqa: ANN401  whatever the command prints
    """What a command prints as JSON."""
    return json.loads(repo.gto(*words, "--json").stdout)


def waiting(studio: Studio) -> dict[str, Any]:
    """What waits in the one repository."""
    return cast("list[dict[str, Any]]", studio.json("/reviews")["repositories"])[0]


def test_what_waits_is_what_the_command_line_says(studio: Studio, guarded: Repo) -> None:
    told = said(guarded, "reviews")
    page = waiting(studio)
    assert {key: page[key] for key in told} == told
    assert [(one["given"], len(one["not_counted"])) for one in page["reviews"]] == [(1, 1)]
    html = studio.page("/reviews")
    assert "approvers (grace@example.com, joan@example.com)" in html
    assert "/m/team/churn/-/approve?version=v0.0.2&amp;stage=prod" in html
    assert 'Reviews<span class="count hot">1<' in html


def test_another_policy_is_met_at_the_next_reading_though_no_tag_changed(studio: Studio, guarded: Repo) -> None:
    (guarded.path / ".gto.policy.yaml").write_text(POLICY.replace("approvals: 2", "approvals: 1"), encoding="utf-8")
    studio.sync()
    assert waiting(studio)["reviews"] == said(guarded, "reviews")["reviews"]
    assert studio.json("/reviews")["waiting"] == 0
    assert "/-/assign?version=v0.0.2&amp;stage=prod" in studio.page("/reviews")
    (guarded.path / ".gto.policy.yaml").write_text("rules: 5\n", encoding="utf-8")
    studio.sync()
    assert waiting(studio)["error"] in guarded.gto("reviews").stderr
    assert studio.json("/m/team/churn")["version"] == "v0.0.2"
    (guarded.path / ".gto.policy.yaml").unlink()
    studio.sync()
    assert "No policy asks for approvals" in studio.page("/reviews")


def test_whether_a_version_may_go_to_a_stage_is_what_policy_test_says(studio: Studio, guarded: Repo) -> None:
    for version, stage in (("v0.0.2", "prod"), ("v0.0.1", "dev")):
        page = cast("dict[str, Any]", studio.json("/m/team/churn", version=version, may=stage)["may"])
        told = said(guarded, "policy", "test", "churn", "--version", version, "--stage", stage)
        assert {key: page[key] for key in told} == told
        assert (page["version"], page["stage"]) == (version, stage)
    html = studio.page("/m/team/churn", may="prod")
    assert "May v0.0.2 go to prod?" in html
    assert "1 of 2 approvals: Grace" in html
    assert "waits for approvers (grace@example.com, joan@example.com)" in html
    assert studio.json("/m/team/churn", version="v0.0.1")["may"] is None  # it is in the last stage


def test_an_answer_is_given_anew_when_the_branches_or_the_tags_are_others(studio: Studio, guarded: Repo) -> None:
    before = cast("dict[str, Any]", studio.json("/m/team/churn", may="prod")["may"])
    assert before["allowed"] is False
    wrote(guarded, "assign", "churn", "--version", "v0.0.2", "--stage", "dev")
    studio.sync()
    after = cast("dict[str, Any]", studio.json("/m/team/churn", may="prod")["may"])
    assert after["policies"][0]["rules"] != before["policies"][0]["rules"]
    told = said(guarded, "policy", "test", "churn", "--version", "v0.0.2", "--stage", "prod")
    assert {key: after[key] for key in told} == told


def test_a_repository_that_a_url_names_is_judged_as_the_command_line_judges_it(guarded: Repo, tmp_path: Path) -> None:
    url = f"file://{guarded.path}"
    guarded.git("checkout", "--quiet", "--detach")
    with studio_of({"team": url}, tmp_path / "index.db") as mirrored:
        told = said(guarded, "reviews", "-r", url)
        page = waiting(mirrored)
        assert {key: page[key] for key in told} == told
        model = mirrored.json("/m/team/churn", may="prod")
        may = cast("dict[str, Any]", model["may"])
        assert "error" not in may, may
        told = said(guarded, "policy", "test", "churn", "--stage", "prod", "-r", url)
        assert {key: may[key] for key in told} == told
        verdicts = cast("dict[str, dict[str, Any]]", model["signatures"])
        tags = said(guarded, "verify", "-r", url)["tags"]
        events = {one["tag"]: one["verdict"] for one in tags if not one["tag"].startswith("approvals/")}
        assert {ref: one["verdict"] for ref, one in verdicts.items()} == events


def test_without_a_policy_nothing_is_said_of_promotions(registry: Repo, tmp_path: Path) -> None:
    with studio_of({"team": registry.path}, tmp_path / "index.db") as plain:
        assert plain.json("/m/team/churn", may="prod")["may"] is None
        assert "go to prod?" not in plain.page("/m/team/churn")


def test_signatures_are_those_of_verify(studio: Studio, guarded: Repo) -> None:
    model = studio.json("/m/team/churn")
    signatures = cast("dict[str, dict[str, Any]]", model["signatures"])
    keys = ("verdict", "signer", "key", "reason")
    told = {one["tag"]: {key: one[key] for key in keys} for one in said(guarded, "verify")["tags"]}
    events = {ref: one for ref, one in told.items() if not ref.startswith("approvals/")}
    assert {ref: {key: one[key] for key in keys} for ref, one in signatures.items()} == events
    assert {one["verdict"] for one in events.values()} == {"good", "unsigned"}
    rows = cast("list[dict[str, Any]]", studio.json("/models")["artifacts"])
    assert rows[0]["signature"] == said(guarded, "show", "--verify")["churn"]["signature"]
    versions = cast("list[dict[str, Any]]", model["versions"])
    shown = said(guarded, "show", "churn", "--verify")
    assert {one["name"]: one["proof"] for one in versions} == {one["version"]: one["signature"] for one in shown}
    history = cast("list[dict[str, Any]]", studio.json("/history")["events"])
    assert {one["ref"]: one["signature"] for one in history} == {
        one["ref"]: one["signature"] for one in said(guarded, "history", "--verify")
    }


def test_events_against_the_policy_are_those_that_a_strict_reader_leaves_out_and_that_never_were_fine(
    studio: Studio, guarded: Repo, tmp_path: Path
) -> None:
    def against() -> set[str]:
        history = cast("list[dict[str, Any]]", studio.json("/history")["events"])
        kept = {one["ref"] for one in said(guarded, "history", "--require-policy")}
        assert {one["ref"] for one in history if not one["refusal"]} == kept
        return {one["ref"] for one in history if one["refusal"] and not one["was_fine"]}

    assert against() == set()
    page = studio.page("/m/team/churn")
    assert "older than this policy" in page
    assert "against the policy" not in page
    assert " against the policy<" not in studio.page("/models")
    guarded.tag("churn#prod#2", "HEAD")  # past gto, which refuses that
    wrote(guarded, "assign", "churn", "--version", "v0.0.2", "--stage", "dev")  # fine
    studio.sync()
    assert against() == {"churn#prod#2"}
    assert "against the policy" in studio.page("/m/team/churn")
    assert "1 against the policy<" in studio.page("/models")
    for query, fits in (("is:refused", True), ("is:signed", False), ("is:unsigned", True)):
        assert bool(studio.json("/models", q=query)["artifacts"]) is fits
    stricter = POLICY + "- {name: testing, stages: dev, approvals: 1}\n"
    (guarded.path / ".gto.policy.yaml").write_text(stricter, encoding="utf-8")
    studio.sync()
    assert against() == {"churn#prod#2"}
    guarded.commit("stricter", {".gto.policy.yaml": stricter})
    studio.sync()
    assert against() == {"churn#prod#2"}
    with studio_of({"team": guarded.path}, tmp_path / "new.db") as new:
        assert contents(studio.database) == contents(new.database)


def test_a_red_mark_and_the_totals_say_the_same_of_what_the_policy_refuses(studio: Studio, guarded: Repo) -> None:
    totals = cast("dict[str, int]", studio.json("/models")["totals"])
    assert (totals["broken"], totals["waiting"]) == (0, 1)
    guarded.tag("churn#prod#2", "HEAD")  # past gto, which refuses that
    studio.sync()
    page = studio.json("/models")
    assert cast("dict[str, int]", page["totals"])["broken"] == 1
    assert page["artifacts"] == studio.json("/models", q="is:broken")["artifacts"]
    assert ">1</b> with problems" in studio.page("/models")


def test_new_events_are_judged_without_the_old_ones_and_as_a_new_index_has_it(
    studio: Studio, guarded: Repo, tmp_path: Path
) -> None:
    wrote(guarded, "assign", "churn", "--version", "v0.0.2", "--stage", "dev")
    wrote(guarded, "register", "ranking", "--version", "v1.0.0")
    studio.sync()
    with studio_of({"team": guarded.path}, tmp_path / "new.db") as new:
        assert contents(studio.database) == contents(new.database)
