"""What readers show of signatures, and what they leave out: --verify and --require-signed; --sign of the writers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gto import api
from gto.exceptions import BadFile
from tests.objects import write_object
from tests.signing import ADA, Keys, body_of, ssh_keys
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

GOOD = "good"


@pytest.fixture
def keys(repo: Repo, tmp_path: Path) -> Keys:
    return ssh_keys(repo, tmp_path / "keys")


@pytest.fixture
def mixed(repo: Repo, keys: Keys) -> Repo:
    """Of `nn` v1.0.0 is signed and in prod, as nobody signed; v2.0.0 and all of `other` are not signed."""
    keys.sign(repo, "nn@v1.0.0", "ada")
    keys.sign(repo, "nn#dev#1", "ada")
    repo.tag("nn#prod#2")
    repo.commit("second")
    repo.tag("nn@v2.0.0")
    repo.tag("other@v1.0.0")
    repo.tag("other#staging#1")
    return repo


def asked(repo: Repo, *words: str) -> Any:  # noqa: ANN401  whatever the command prints
    return json.loads(done(repo.gto(*words, "--json")))


LEFT_OUT = "note: {} event(s) are left out, their signatures are not good: `gto verify` says why\n"


def test_readers_leave_out_what_is_not_signed(mixed: Repo) -> None:
    required = mixed.gto("show", "--require-signed", "--json")
    assert json.loads(done(required)) == {
        "nn": {"version": "v1.0.0", "stage": {"dev": "v1.0.0"}, "registered": True, "active": True}
    }
    assert required.stderr == LEFT_OUT.format(4)
    assert set(asked(mixed, "show")) == {"nn", "other"}
    assert [row["version"] for row in asked(mixed, "show", "nn", "--require-signed")] == ["v1.0.0"]
    assert [event["ref"] for event in asked(mixed, "history", "--require-signed")] == ["nn#dev#1", "nn@v1.0.0"]
    assert done(mixed.gto("stages", "--used", "--require-signed")) == "dev\n"
    assert done(mixed.gto("which", "nn", "prod", "--require-signed")) == ""
    assert done(mixed.gto("which", "nn", "dev", "--require-signed")) == "v1.0.0\n"
    assert done(mixed.gto("latest", "nn")) == "v2.0.0\n"
    assert done(mixed.gto("latest", "nn", "--require-signed")) == "v1.0.0\n"
    assert done(mixed.gto("check-ref", "nn@v1.0.0", "--require-signed", "--version")) == "v1.0.0\n"
    left = mixed.gto("check-ref", "nn@v2.0.0", "--require-signed", "--version")
    assert (left.stdout, left.code) == ("", 0)
    assert left.stderr == "note: 'nn@v2.0.0' is no event: unsigned, there is no signature\n"
    said(mixed.gto("show", "other", "--require-signed"), "Cannot find artifact 'other'")


def test_a_registry_as_it_was_leaves_out_the_same(mixed: Repo) -> None:
    found = asked(mixed, "show", "--at", "2030-01-01", "--require-signed", "--verify")
    assert found["nn"]["version"] == "v1.0.0"
    assert found["nn"]["signature"]["verdict"] == GOOD


def test_verify_shows_the_verdict_in_a_column(mixed: Repo) -> None:
    lines = done(mixed.gto("history", "--verify", "--plain")).splitlines()
    assert lines[0].split()[-1] == "signature"
    assert sorted(line.split()[-1] for line in lines[1:]) == ["good"] * 2 + ["unsigned"] * 4
    shown = done(mixed.gto("show", "--verify", "--plain")).splitlines()
    assert shown[0].split()[-1] == "signature"
    assert [line.split()[-1] for line in shown[1:]] == ["unsigned", "unsigned"]
    versions = done(mixed.gto("show", "nn", "--verify", "--plain")).splitlines()
    assert [line.split()[-1] for line in versions[1:]] == ["unsigned", "unsigned"]
    both = done(mixed.gto("show", "nn", "--verify", "--require-signed", "--plain")).splitlines()
    assert [line.split()[-1] for line in both[1:]] == [GOOD]


def test_verify_adds_a_field_in_json(mixed: Repo, keys: Keys) -> None:
    good = {"verdict": GOOD, "signer": ADA, "key": keys.fingerprint("ada"), "reason": ""}
    unsigned = {"verdict": "unsigned", "signer": "", "key": "", "reason": "there is no signature"}
    events = {event["ref"]: event["signature"] for event in asked(mixed, "history", "--verify")}
    assert (events["nn@v1.0.0"], events["nn#prod#2"]) == (good, unsigned)
    told = asked(mixed, "show", "--verify")["nn"]["signature"]
    assert told == {**unsigned, "reason": "'nn@v2.0.0': there is no signature"}
    rows = {row["version"]: row["signature"] for row in asked(mixed, "show", "nn", "--verify")}
    assert rows["v1.0.0"] == {**unsigned, "reason": "'nn#prod#2': there is no signature"}
    assert asked(mixed, "check-ref", "nn@v1.0.0", "--verify")["signature"] == good
    assert "signature" not in asked(mixed, "check-ref", "nn@v1.0.0")
    assert "signature" not in asked(mixed, "show")["nn"]
    assert "signature" not in asked(mixed, "history")[0]


def test_check_ref_tells_the_verdict_in_words(mixed: Repo) -> None:
    assert f"   signature: good, {ADA}" in done(mixed.gto("check-ref", "nn@v1.0.0", "--verify"))
    assert "   signature: unsigned, there is no signature" in done(mixed.gto("check-ref", "nn@v2.0.0", "--verify"))


def test_what_nobody_could_have_signed_has_no_verdict(mixed: Repo) -> None:
    mixed.commit("annotate", {"dvc.yaml": "artifacts: {free: {path: x}}\n"})
    assert asked(mixed, "show", "--verify")["free"]["signature"] is None
    assert asked(mixed, "show", "free", "--verify")[0]["signature"] is None
    assert done(mixed.gto("show", "--verify", "--plain")).splitlines()[1].split()[-1] == "-"


def test_a_deprecation_is_under_what_is_deprecated(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, "nn@v1.0.0", "ada")
    repo.tag("nn@deprecated")
    assert asked(repo, "show", "-d", "--verify")["nn"]["signature"]["reason"] == (
        "'nn@deprecated': there is no signature"
    )
    assert asked(repo, "show", "--require-signed")["nn"]["active"] is True


def test_what_is_left_out_neither_uses_nor_spoils_what_is_kept(repo: Repo, keys: Keys) -> None:
    commit = repo.git("rev-parse", "HEAD")
    keys.sign(repo, "nn@v1.0.0", "ada")
    lines = [
        f"tag m-{n}@v0.0.1\nfrom {commit}\ntagger A <a@b.c> {1700000000 + n} +0000\ndata 1\nx\n" for n in range(1100)
    ]
    from tests.repo import run

    assert run("git", "fast-import", "--quiet", cwd=repo.path, text="".join(lines)).code == 0
    for _ in range(2):
        assert len(asked(repo, "show")) == 1101
        assert set(asked(repo, "show", "--require-signed")) == {"nn"}
    assert (repo.path / ".git" / "gto" / "standings").exists()


def test_signatures_of_a_catalogue_are_refused(repo: Repo) -> None:
    for words in (("show", "--all", "--verify"), ("history", "--all", "--require-signed")):
        said(repo.gto(*words), "is for one repository")
    said(repo.gto("show", "--allowed-signers", "x"), "add --verify, --require-signed or")
    said(repo.gto("stages", "--allowed-signers", "x"), "add --require-signed or")


def test_allowed_signers_may_be_named_where_events_are_read(mixed: Repo, keys: Keys) -> None:
    mixed.git("config", "--global", "--unset", "gpg.ssh.allowedSignersFile")
    assert asked(mixed, "show", "--require-signed") == {}
    words = ("--require-signed", "--allowed-signers", str(keys.signers))
    assert asked(mixed, "show", *words)["nn"]["version"] == "v1.0.0"


def test_every_command_that_writes_signs_when_it_is_asked_to(repo: Repo, keys: Keys) -> None:
    repo.git("config", "--global", "user.signingKey", str(keys.place / "ada"))
    done(repo.gto("register", "nn", "--sign"))
    done(repo.gto("assign", "nn", "--stage", "prod", "--sign"))
    repo.commit("second")
    done(repo.gto("assign", "nn", "--stage", "prod", "--sign"))
    done(repo.gto("rollback", "nn", "--stage", "prod", "--sign"))
    done(repo.gto("deprecate", "nn", "--sign"))
    found = json.loads(done(repo.gto("verify", "--json")))
    assert found["good"] == len(found["tags"]) == 6
    done(repo.gto("register", "plain"))
    assert b"SIGNATURE" not in body_of(repo, "plain@v0.0.1")


def test_python_asks_the_same(mixed: Repo, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    path, signers = str(mixed.path), str(keys.signers)
    shown = api.show(path, verify=True)
    assert isinstance(shown, dict)
    assert shown == asked(mixed, "show", "--verify")
    assert list(api.show(path, require_signed=True)) == ["nn"]
    rows = cells(api.show(path, table=True, verify=True, require_signed=True, allowed_signers=signers))
    assert [row["signature"] for row in rows] == [GOOD]
    versions = api.show(path, "nn", verify=True)
    assert isinstance(versions, list)
    assert [row["signature"] for row in versions] == [
        row["signature"] for row in asked(mixed, "show", "nn", "--verify")
    ]
    rows = cells(api.show(path, "nn", table=True, verify=True))
    assert [row["signature"] for row in rows] == ["unsigned", "unsigned"]
    events = api.history(path, require_signed=True, verify=True)
    assert [event["signature"]["verdict"] for event in events] == [GOOD] * 2  # type: ignore[index,call-overload]  # as JSON
    rows = cells(api.history(path, table=True, verify=True))
    assert {row["signature"] for row in rows} == {GOOD, "unsigned"}
    (event,) = api.check_ref(path, "nn@v1.0.0", verify=True)
    assert event.signature is not None
    assert event.signature.is_good
    assert api.check_ref(path, "nn@v2.0.0", require_signed=True) == []
    assert api.check_ref(path, "nn@v2.0.0")[0].signature is None
    found = api.verify(path, ["nn#prod#2"])
    assert [one.dict_state() for one in found] == asked_code(mixed, "verify", "nn#prod#2")["tags"]
    assert [one.ref for one in api.verify(path, "nn")] == ["nn#dev#1", "nn#prod#2", "nn@v1.0.0", "nn@v2.0.0"]
    with pytest.raises(BadFile, match="nowhere"):
        api.verify(path, allowed_signers="nowhere")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2023-01-01T00:00:00+00:00")
    mixed.git("config", "--global", "user.signingKey", str(keys.place / "ada"))
    assert api.register(path, "third", "HEAD", sign=True).tag == "third@v0.0.1"
    assert api.verify(path, "third")[0].signature.is_good


def cells(shown: Any) -> list[dict[str, Any]]:  # noqa: ANN401  what a table is, beside what else the function returns
    rows: list[dict[str, Any]] = shown[0]
    return rows


def asked_code(repo: Repo, *words: str) -> Any:  # noqa: ANN401  whatever the command prints
    return json.loads(done(repo.gto(*words, "--json"), 1))


def test_without_the_package_the_error_says_what_to_install(repo: Repo, keys: Keys, tmp_path: Path) -> None:
    keys.sign(repo, "nn@v1.0.0", "ada")
    (tmp_path / "broken" / "cryptography").mkdir(parents=True)
    (tmp_path / "broken" / "cryptography" / "__init__.py").write_text("raise ImportError\n", encoding="utf-8")
    env = {"PYTHONPATH": str(tmp_path / "broken")}
    said(repo.gto("verify", env=env), "'cryptography'", "pip install cryptography")
    said(repo.gto("show", "--require-signed", env=env), "pip install cryptography, or GTO with its extra 'verify'")
    assert "nn" in done(repo.gto("show", env=env))


def test_one_object_under_two_names_is_good_under_its_own(repo: Repo, keys: Keys) -> None:
    oid = keys.sign(repo, "nn@v1.0.0", "ada")
    repo.git("update-ref", "refs/tags/nn@v2.0.0", oid)
    body = body_of(repo, "nn@v1.0.0").replace(b"tag nn@v1.0.0", b"tag nn@v3.0.0")
    repo.git("update-ref", "refs/tags/nn@v3.0.0", write_object(repo, "tag", body))
    assert [row["version"] for row in asked(repo, "show", "nn", "--require-signed")] == ["v1.0.0"]


def test_the_policy_s_list_of_signers_counts_in_one_s_own_repository(mixed: Repo, keys: Keys) -> None:
    mixed.git("config", "--global", "--unset", "gpg.ssh.allowedSignersFile")
    assert asked(mixed, "show", "--require-signed") == {}
    signers = keys.signers.read_text(encoding="utf-8")
    policy = "signing: {allowed_signers: team-keys}\nrules: []\n"
    mixed.commit("policy", {"team-keys": signers, ".gto.policy.yaml": policy})
    assert asked(mixed, "show", "--require-signed")["nn"]["version"] == "v1.0.0"
    assert asked_code(mixed, "verify", "nn")["good"] == 2
