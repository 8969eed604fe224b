"""`gto policy`: the rules shown, tried out, checked, and put into the words of forges."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.repo import Repo, run
from tests.signing import ssh_keys
from tests.stories.healthy import done, problems, said

if TYPE_CHECKING:
    from pathlib import Path

ADA = "ada@example.com"
FILE = ".gto.policy.yaml"
POLICY = """\
groups: {leads: [grace@example.com]}
users: {grace: grace@example.com}
rules:
- name: production
  artifacts: churn
  stages: prod
  who: leads
  after: staging
- {name: main, branch: main, events: [registration, assignment]}
- {name: elsewhere, artifacts: fraud, signed: true}
"""
FORGES = ("github", "gitlab", "bitbucket", "gitea", "forgejo")


@pytest.fixture
def team(repo: Repo) -> Repo:
    """A repository with a policy, one version on branch main, and stages."""
    repo.git("checkout", "--quiet", "-B", "main")
    repo.commit("policy", {FILE: POLICY, ".gto": "stages: [dev, staging, prod]\n"})
    repo.commit("annotate", {"dvc.yaml": "artifacts: {churn: {path: x}}\n"})
    done(repo.gto("register", "churn"))
    return repo


def test_without_a_policy_everything_is_allowed(repo: Repo) -> None:
    none = "There is no policy: everything is allowed\n"
    assert done(repo.gto("policy", "show")) == none
    assert done(repo.gto("policy", "check")) == none
    assert done(repo.gto("policy", "test", "churn")).startswith(none)
    assert json.loads(done(repo.gto("policy", "show", "--json"))) == {"policies": []}
    assert json.loads(done(repo.gto("policy", "check", "--json"))) == {"policies": []}
    assert json.loads(done(repo.gto("policy", "test", "churn", "--json"))) == {"allowed": True, "policies": []}


def test_the_rules_are_shown_with_who_is_in_groups(team: Repo) -> None:
    assert done(team.gto("policy", "show")).splitlines() == [
        "Policy of the work tree",
        "  stages of .gto: dev, staging, prod",
        "  production: every event of churn in stage prod",
        "    by leads (grace@example.com)",
        "    the version is in stage staging already",
        "  main: registration, assignment of any artifact",
        "    the commit is on branch main",
        "  elsewhere: every event of fraud",
        "    signed with a trusted key",
    ]


def test_the_rules_of_one_artifact_can_be_shown_alone(team: Repo) -> None:
    shown = done(team.gto("policy", "show", "fraud"))
    assert "elsewhere" in shown
    assert "production" not in shown
    rules = json.loads(done(team.gto("policy", "show", "churn", "--json")))["policies"][0]["rules"]
    assert [rule["name"] for rule in rules] == ["production", "main"]
    assert rules[1]["events"] == ["registration", "assignment"]
    assert rules[0]["events"] is None


def test_everything_that_a_policy_says_is_shown(repo: Repo) -> None:
    text = "since: 2021-01-01\nmax_age: 2m\nsigning: {required: true}\n"
    repo.commit("policy", {FILE: text})
    assert done(repo.gto("policy", "show")).splitlines() == [
        "Policy of the work tree",
        "  since 2021-01-01T00:00:00+00:00",
        "  every event is signed with a trusted key",
        "  an event is pushed within 120 seconds",
        "  no rules",
    ]
    assert "  no rules for churn" in done(repo.gto("policy", "show", "churn")).splitlines()
    found = json.loads(done(repo.gto("policy", "show", "--json")))["policies"][0]
    assert (found["where"], found["rev"], found["signed"], found["max_age"]) == ("the work tree", None, True, 120)


def test_the_policy_of_the_default_branch_of_origin_counts_too(team: Repo, tmp_path: Path) -> None:
    team.git("clone", "--quiet", str(team.path), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", team.clock)
    clone.commit("no rules", {FILE: "rules: []\n"})
    shown = done(clone.gto("policy", "show"))
    assert "Policy of the work tree\n  stages" in shown
    assert "Policy of the default branch of 'origin'\n" in shown
    answer = json.loads(done(clone.gto("policy", "test", "churn", "--stage", "prod", "--json"), 1))
    assert [one["allowed"] for one in answer["policies"]] == [True, False]
    assert done(clone.gto("policy", "check")).count("rules") == 2


def test_a_refusal_is_explained_rule_by_rule_and_writes_nothing(team: Repo) -> None:
    before = team.refs()
    shown = done(team.gto("policy", "test", "churn", "--stage", "prod"), 1).splitlines()
    assert shown[0].startswith("'churn#prod' on commit ")
    assert shown[0].endswith(", by ada@example.com: policy of the work tree")
    assert shown[1].endswith("rule 'production': 'ada@example.com' may not do this; allowed: leads [not-allowed]")
    assert "rule 'production': 'v0.0.1' is not in stage 'staging' [out-of-order]" in shown[3]
    assert shown[4] == "     `gto assign churn --version v0.0.1 --stage staging` first"
    assert shown[5].endswith("rule 'main': met")
    assert shown[-1].endswith("Refused")
    assert team.refs() == before


@pytest.fixture
def signed(repo: Repo, tmp_path: Path) -> Repo:
    """A repository in which every event must be signed, and somebody who can."""
    keys = ssh_keys(repo, tmp_path / "keys")
    repo.git("config", "user.signingKey", str(keys.place / "ada"))
    text = f"signing: {{required: true, allowed_signers: signers}}\nrules: [{{name: all, who: '{ADA}'}}]\n"
    repo.commit("policy", {FILE: text, "signers": f"{ADA} {keys.public('ada')}\n"})
    return repo


def test_a_signature_is_supposed_where_a_writer_would_sign(signed: Repo) -> None:
    test = ("policy", "test", "churn")
    unsigned = "Supposed: a tag that is not signed; --signed supposes a signature"
    shown = done(signed.gto(*test), 1).splitlines()
    assert shown[-2] == unsigned
    assert "every event: the tag is not signed [unsigned]" in shown[1]
    assert json.loads(done(signed.gto(*test, "--json"), 1))["policies"][0]["signed"] is False
    said(signed.gto("register", "churn"), "refused: signing.required: the tag is not signed")
    assert done(signed.gto(*test, "--signed")).splitlines()[-2] == "Supposed: a good signature"
    signed.git("config", "tag.gpgSign", "true")
    assert done(signed.gto(*test)).splitlines()[-2] == "Supposed: a good signature"
    signed.git("config", "tag.gpgSign", "false")
    policy = (signed.path / FILE).read_text(encoding="utf-8").replace("required: true", "required: true, sign: true")
    signed.commit("gto signs", {FILE: policy})
    assert json.loads(done(signed.gto(*test, "--json")))["policies"][0]["signed"] is True
    done(signed.gto("register", "churn"))


def test_in_json_what_is_absent_is_null_for_every_command(signed: Repo) -> None:
    signed.tag("nn@v1.0.0")
    signed.tag("m#what", annotated=False)
    checked = json.loads(done(signed.gto("check", "nn@v1.0.0", "m#what", "--policy-from", "HEAD", "--json"), 1))
    assert [one["reasons"][0]["rule"] for one in checked] == ["signing.required", None]
    text = (signed.path / FILE).read_text(encoding="utf-8")
    signed.commit("stages", {FILE: text, ".gto": "stages: [dev]\n"})
    tested = json.loads(done(signed.gto("policy", "test", "nn", "--stage", "prod", "--signed", "--json"), 1))
    (rule,) = (one for one in tested["policies"][0]["rules"] if not one["met"])
    assert rule["rule"] is None
    assert [(one["code"], one["rule"], one["hint"]) for one in rule["reasons"]] == [("unknown-stage", None, None)]


def test_an_artifact_that_nobody_knows_is_noted(team: Repo) -> None:
    note = "note: 'nope' has no event and no annotation yet: is the name right?\n"
    assert team.gto("policy", "test", "nope", "--stage", "dev").stderr == note
    assert team.gto("policy", "test", "churn", "--stage", "dev").stderr == ""
    team.commit("annotate", {"dvc.yaml": "artifacts: {churn: {path: x}, new: {path: y}}\n"})
    assert team.gto("policy", "test", "new", "--json").stderr == ""


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("rules: [{name: all, who: ada@example.com}]", True),
        ("groups: {leads: [ada@example.com]}\nrules: [{name: all, who: leads}]", True),
        ("rules: [{name: all, who: ada@example.com, signed: true}]", False),
        ("signing: {required: true}\nrules: [{name: all, who: ada@example.com}]", False),
        ("users: {ada: ada@example.com}\nrules: [{name: all, who: ada@example.com}]", False),
        ("rules: [{name: all, who: []}]", False),
        (f"rules: [{{name: all, who: 'SHA256:{'k' * 43}'}}]", False),
        ("rules: [{name: all, branch: main}]", False),
    ],
)
def test_a_rule_that_takes_a_tag_s_word_is_noted(repo: Repo, text: str, noted: bool) -> None:  # noqa: FBT001  a case
    repo.commit("policy", {FILE: f"{text}\n"})
    told = "note: rule 'all' goes by the address in a tag, which anybody can write there"
    for words in ((), ("--json",), ("churn",)):
        result = repo.gto("policy", "show", *words)
        assert done(result)
        assert (told in result.stderr) is noted
        assert bool(result.stderr) is noted


def test_what_is_told_is_what_happens(team: Repo) -> None:
    words = ("churn", "--version", "v0.0.1", "--stage", "prod")
    as_grace = {"GIT_COMMITTER_EMAIL": "grace@example.com"}
    done(team.gto("policy", "test", *words, "--as", "grace@example.com"), 1)
    said(team.gto("assign", *words, env=as_grace), "'v0.0.1' is not in stage 'staging'")
    done(team.gto("assign", "churn", "--version", "v0.0.1", "--stage", "staging"))
    assert "Allowed" in done(team.gto("policy", "test", *words, "--as", "grace@example.com"))
    done(team.gto("policy", "test", *words), 1)
    said(team.gto("assign", *words), "may not do this")
    done(team.gto("assign", *words, env=as_grace))


def test_in_json_every_rule_has_its_verdict(team: Repo) -> None:
    found = json.loads(done(team.gto("policy", "test", "churn", "--stage", "prod", "--json"), 1))
    assert found["allowed"] is False
    (answer,) = found["policies"]
    assert (answer["tag"], answer["author"], answer["judged"]) == ("churn#prod", "ada@example.com", True)
    assert answer["commit"] == team.git("rev-parse", "HEAD")
    assert [(rule["rule"], rule["met"]) for rule in answer["rules"]] == [("production", False), ("main", True)]
    assert [reason["code"] for reason in answer["rules"][0]["reasons"]] == ["not-allowed", "out-of-order"]


@pytest.mark.parametrize(
    ("words", "tag", "code"),
    [
        (["churn"], "churn@v0.0.2", 0),
        (["new"], "new@v0.0.1", 0),
        (["churn", "--version", "v3.0.0", "--event", "registration"], "churn@v3.0.0", 0),
        (["churn", "--event", "deregistration"], "churn@v0.0.1!", 0),
        (["churn", "--event", "deprecation"], "churn@deprecated", 0),
        (["churn", "--event", "unassignment", "--stage", "prod"], "churn#prod!", 1),
        (["churn", "--stage", "dev", "--ref", "HEAD"], "churn#dev", 0),
        (["churn", "--stage", "dev", "--ref", "HEAD~1"], "churn#dev", 0),
        (["other", "--stage", "dev"], "other#dev", 0),
        (["churn", "--stage", "qa"], "churn#qa", 1),
        (["fraud"], "fraud@v0.0.1", 1),
        (["fraud", "--signed"], "fraud@v0.0.1", 0),
        (["fraud", "--key", "SHA256:x"], "fraud@v0.0.1", 0),
    ],
)
def test_every_kind_of_event_can_be_tried(team: Repo, words: list[str], tag: str, code: int) -> None:
    found = json.loads(done(team.gto("policy", "test", *words, "--json"), code))
    assert found["policies"][0]["tag"] == tag
    assert found["allowed"] is (code == 0)


def test_an_event_before_the_policy_is_not_judged(repo: Repo) -> None:
    repo.commit("policy", {FILE: "since: 2030-01-01\nrules: [{who: []}]\n"})
    shown = done(repo.gto("policy", "test", "churn"))
    assert "  events before `since` are not judged" in shown
    repo.commit("policy", {FILE: "rules: [{artifacts: x, who: []}]\n"})
    assert "  no rule covers it" in done(repo.gto("policy", "test", "churn"))
    repo.commit("policy", {FILE: "signing: {required: true}\n"})
    assert "every event: the tag is not signed [unsigned]" in done(repo.gto("policy", "test", "churn"), 1)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["churn", "--version", "v9.0.0", "--stage", "dev"], "'churn' has no version 'v9.0.0'"),
        (["nothing", "--event", "deregistration"], "'nothing' has no version 'latest'"),
        (["churn", "--event", "assignment"], "An assignment is of a stage"),
        (["churn", "--version", "1.0"], "'1.0' cannot be parsed"),
        (["churn", "--stage", "a b"], "Invalid stage 'a b'"),
        (["a b"], "Invalid artifact name 'a b'"),
        (["churn", "--ref", "nowhere"], "'nowhere'"),
    ],
)
def test_what_cannot_be_tried_is_told_in_a_line(team: Repo, words: list[str], reason: str) -> None:
    said(team.gto("policy", "test", *words), reason)


def test_a_mistake_in_the_policy_is_told_with_its_line_and_stops_writing(team: Repo) -> None:
    (team.path / FILE).write_text(POLICY.replace("after: staging", "after: stagin"), encoding="utf-8")
    told = f"{FILE}, line 8: rule 'production': after: 'stagin' is none of the stages of .gto"
    for words in (("policy", "check"), ("policy", "show"), ("policy", "test", "churn"), ("register", "churn")):
        said(team.gto(*words), told, "did you mean 'staging'?")
    assert problems(team) == {("policy-wrong", FILE)}


def test_a_file_of_signers_that_is_missing_is_a_mistake(team: Repo) -> None:
    (team.path / FILE).write_text("signing: {allowed_signers: keys/signers}\n", encoding="utf-8")
    said(team.gto("policy", "check"), "there is no file 'keys/signers'")
    assert problems(team) == {("policy-wrong", FILE)}
    (team.path / FILE).write_text("rules: []\n", encoding="utf-8")
    assert problems(team) == set()
    assert "Policy of the work tree: 0 rules" in done(team.gto("policy", "check"))
    found = json.loads(done(team.gto("policy", "check", "--json")))
    assert found == {"policies": [{"where": "the work tree", "rules": 0}]}


@pytest.mark.parametrize("forge", FORGES)
def test_the_script_for_a_forge_is_a_shell_script_that_names_the_stages(team: Repo, forge: str) -> None:
    script = done(team.gto("policy", "protect", "--forge", forge))
    assert "# rule 'production': made only by grace@example.com" in script
    assert "churn#prod" in script
    assert "# what it cannot do: " in script
    assert run("bash", "-n", cwd=team.path, text=script).code == 0
    found = json.loads(done(team.gto("policy", "protect", "--forge", forge, "--json")))
    assert found["forge"] == forge
    assert found["notes"]
    assert found["protections"][0]["what"] == "rule 'production'"
    for one in found["protections"]:
        for line in one["commands"]:
            assert line in script


def bodies(script: str) -> list[object]:
    """The JSON that the commands of a script would send."""
    found: list[object] = []
    for line in script.splitlines():
        if line.startswith("curl "):
            words = shlex.split(line)
            found.append(json.loads(words[words.index("--json") + 1]))
    return found


def test_a_ruleset_of_github_lets_some_make_tags_and_nobody_move_them(team: Repo) -> None:
    found = json.loads(done(team.gto("policy", "protect", "--forge", "github", "--json")))["protections"]
    rulesets = [json.loads("".join(one["commands"][1:-1])) for one in found]
    assert [[rule["type"] for rule in one["rules"]] for one in rulesets] == [["creation"], ["update", "deletion"]]
    assert [bool(one["bypass_actors"]) for one in rulesets] == [True, False]
    assert rulesets[0]["conditions"]["ref_name"]["include"][0] == "refs/tags/churn#prod"
    assert {one["target"] for one in rulesets} == {"tag"}


def test_the_users_of_a_server_are_named_where_the_policy_knows_them(team: Repo) -> None:
    sent = bodies(done(team.gto("policy", "protect", "--forge", "gitea")))
    assert sent[0] == {"name_pattern": "churn#prod", "whitelist_usernames": ["grace"]}
    restricted = bodies(done(team.gto("policy", "protect", "--forge", "bitbucket")))[0]
    assert isinstance(restricted, dict)
    assert (restricted["type"], restricted["users"]) == ("read-only", ["grace"])


def test_a_policy_cannot_smuggle_commands_into_a_script(repo: Repo, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    users = json.dumps({f"x';touch\t{canary};'".replace("\t", "${IFS}"): "a@b.c"})
    text = f"users: {users}\nrules: [{{name: \"x'; touch {canary}; '\", who: a@b.c}}]\n"
    repo.commit("policy", {FILE: text})
    for forge in FORGES:
        script = done(repo.gto("policy", "protect", "--forge", forge))
        stubs = "".join(f"{name}() {{ cat > /dev/null; }}\n" for name in ("gh",))
        stubs += "".join(f"{name}() {{ :; }}\n" for name in ("curl", "glab"))
        ran = run("bash", "-u", cwd=tmp_path, text=f"URL=u TOKEN=t OWNER=o REPO=r PROJECT=p\n{stubs}{script}")
        assert ran.code == 0, ran.stderr
    assert not canary.exists()


def test_without_a_policy_a_forge_can_still_keep_what_was_said(repo: Repo) -> None:
    repo.commit("stages", {".gto": "stages: [dev]\n"})
    found = json.loads(done(repo.gto("policy", "protect", "--forge", "gitlab", "--json")))["protections"]
    assert found[0]["patterns"] == [
        "*@v*",
        "*#dev",
        "*#dev#*",
        "*#dev!*",
        "*@deprecated*",
        "approvals/*",
        "signatures/*",
    ]
    assert all(command.endswith("create_access_level=30") for command in found[0]["commands"])
    nobody = "signing: {required: true}\nrules: [{who: []}]\n"
    repo.commit("policy", {FILE: nobody})
    assert "made only by nobody whom a forge could know" in done(repo.gto("policy", "protect", "--forge", "forgejo"))


def test_the_forge_must_be_one_that_is_known(repo: Repo) -> None:
    assert repo.gto("policy", "protect", "--forge", "sourceforge").code == 2
    assert repo.gto("policy", "protect").code == 2
