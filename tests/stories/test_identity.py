"""Who writes the event and when: git's configuration and environment say, and git signs."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import check_reads, done, make_healthy, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


def tagger(repo: Repo, tag: str) -> str:
    return repo.git("tag", "-l", "--format=%(taggername)|%(taggeremail)|%(taggerdate:raw)", tag)


@pytest.mark.parametrize("date", ["2022-02-02T10:00:00+01:00", "1643792400 +0100", "Wed, 2 Feb 2022 10:00:00 +0100"])
def test_the_committer_s_variables_are_honoured(date: str, repo: Repo) -> None:
    env = {"GIT_COMMITTER_NAME": "Grace Hopper", "GIT_COMMITTER_EMAIL": "grace@example.com", "GIT_COMMITTER_DATE": date}
    done(repo.gto("register", "nn", env=env))
    assert tagger(repo, "nn@v0.0.1") == "Grace Hopper|<grace@example.com>|1643792400 +0100"
    assert "2022-02-02 10:00:00+01:00" in done(repo.gto("show", "nn"))


def test_the_repository_s_configuration_counts(repo: Repo) -> None:
    repo.git("config", "user.name", "Größe O'Brien")
    repo.git("config", "committer.email", "o@example.com")
    done(repo.gto("register", "nn"))
    assert tagger(repo, "nn@v0.0.1").startswith("Größe O'Brien|<o@example.com>|")


def test_without_an_identity_nothing_is_written_and_the_hint_says_how(repo: Repo) -> None:
    repo.git("config", "--global", "--unset-all", "user.name")
    repo.git("config", "--global", "--unset-all", "user.email")
    repo.git("config", "--global", "user.useConfigOnly", "true")
    for args in (("register", "nn"), ("assign", "nn", "--stage", "prod"), ("register", "nn", "--push")):
        said(repo.gto(*args), "Git does not know who you are", "git config user.name")
    assert repo.refs("refs/tags") == {}
    assert done(repo.gto("show")) == "Nothing found in the current workspace\n"


@pytest.fixture
def signing(repo: Repo, tmp_path: Path) -> Repo:
    """A repository whose tags are signed with a real SSH key."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is missing: apt-get install openssh-client")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    (tmp_path / "signers").write_text(f"ada@example.com {public}", encoding="utf-8")
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingKey", str(key)),
        ("gpg.ssh.allowedSignersFile", str(tmp_path / "signers")),
        ("tag.gpgSign", "true"),
    ):
        repo.git("config", "--global", name, value)
    return repo


def verified(repo: Repo, *tags: str) -> None:
    result = subprocess.run(["git", "verify-tag", *tags], cwd=repo.path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count('Good "git" signature for ada@example.com') == len(tags)


def test_tags_are_signed_where_git_is_told_to(signing: Repo) -> None:
    done(signing.gto("assign", "nn", "--stage", "prod", "-m", "signed\n\nin two parts"))
    done(signing.gto("deprecate", "nn"))
    verified(signing, "nn@v0.0.1", "nn#prod#1", "nn@deprecated")
    assert set(signing.refs()) == {f"refs/{ref}" for ref in (
        "heads/main", "tags/nn@v0.0.1", "tags/nn#prod#1", "tags/nn@deprecated")}  # fmt: skip
    assert '"signed\\n\\nin two parts"' in done(signing.gto("check-ref", "nn#prod#1", "--json"))


def test_a_signed_event_has_the_date_and_identity_that_were_given(signing: Repo) -> None:
    env = {"GIT_COMMITTER_DATE": "2022-02-02T10:00:00+01:00"}
    done(signing.gto("register", "nn", env=env))
    verified(signing, "nn@v0.0.1")
    assert tagger(signing, "nn@v0.0.1") == "Ada Lovelace|<ada@example.com>|1643792400 +0100"


def test_a_key_in_the_repository_s_own_configuration_signs_too(signing: Repo) -> None:
    for name in ("gpg.format", "user.signingKey", "gpg.ssh.allowedSignersFile", "tag.gpgSign"):
        value = signing.git("config", "--global", name)
        signing.git("config", "--global", "--unset", name)
        signing.git("config", "--local", name, value)
    done(signing.gto("register", "nn"))
    verified(signing, "nn@v0.0.1")


def test_where_signing_fails_nothing_is_written(signing: Repo) -> None:
    signing.git("config", "--global", "user.signingKey", "/nowhere/key")
    result = signing.gto("assign", "nn", "--stage", "prod")
    assert result.code == 1
    assert "Traceback" not in result.stderr
    assert "git tag failed" in result.stderr
    assert signing.refs("refs/tags") == {}


def test_a_sha256_repository_is_signed_too(signing: Repo, tmp_path: Path) -> None:
    repo = make_healthy(tmp_path / "sha256", "--object-format=sha256")
    done(repo.gto("assign", "ok", "--version", "v0.0.1", "--stage", "dev"))
    verified(repo, "ok#dev#2")
    check_reads(repo)
    assert signing.refs("refs/tags") == {}


def test_signed_tags_are_pushed(signing: Repo, tmp_path: Path) -> None:
    signing.git("clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    signing.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    done(signing.gto("register", "nn", "--push"))
    verified(signing, "nn@v0.0.1")


def test_a_key_from_an_included_file_signs_in_a_directory_of_any_name(signing: Repo, tmp_path: Path) -> None:
    repo = make_healthy(tmp_path / "odd #1; name")
    for name in ("gpg.format", "user.signingKey"):
        value = signing.git("config", "--global", name)
        signing.git("config", "--global", "--unset", name)
        repo.git("config", "--file", str(tmp_path / "included"), name, value)
    signing.git("config", "--global", f"includeIf.gitdir:{repo.path}/.path", str(tmp_path / "included"))
    done(repo.gto("assign", "ok", "--version", "v0.0.1", "--stage", "dev"))
    verified(repo, "ok#dev#2")
