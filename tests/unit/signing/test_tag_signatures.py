"""Signatures by object id, as those who judge events ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.core.tag_signature import Trust
from gto.git.command import Git
from gto.signing.tag_signatures import SignedTag, Trusted, read_trusted, verify_tags
from tests.signing import body_of, ssh_keys

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


def signed(repo: Repo, tag: str, ref: str) -> SignedTag:
    oid = repo.git("rev-parse", tag)
    time = int(repo.git("for-each-ref", "--format=%(taggerdate:unix)", f"refs/tags/{tag}"))
    return SignedTag(ref, oid, body_of(repo, tag), repo.git("rev-parse", f"{tag}^{{commit}}"), time)


def test_of_several_tags_with_one_object_the_one_counts_that_is_not_good(repo: Repo, tmp_path: Path) -> None:
    keys = ssh_keys(repo, tmp_path / "keys")
    keys.sign(repo, "nn@v1.0.0", "ada")
    git = Git(str(repo.path))
    good, other = signed(repo, "nn@v1.0.0", "nn@v1.0.0"), signed(repo, "nn@v1.0.0", "nn@v2.0.0")
    trusted = read_trusted(git, keys.signers.read_bytes(), own=True)
    assert verify_tags(git, [good], trusted)[good.oid].trust is Trust.GOOD
    for order in ([good, other], [other, good]):
        assert verify_tags(git, order, trusted)[good.oid].trust is Trust.OTHER_NAME
    assert verify_tags(git, [], trusted) == {}


def test_only_the_user_s_own_configuration_counts_for_what_is_not_theirs(repo: Repo, tmp_path: Path) -> None:
    keys = ssh_keys(repo, tmp_path / "keys")
    git = Git(str(repo.path))
    other = tmp_path / "other"
    other.write_bytes(b"# nobody\n")
    repo.git("config", "--local", "gpg.ssh.allowedSignersFile", str(other))
    repo.git("config", "--local", "gpg.program", "/nowhere/gpg")
    assert read_trusted(git, own=True).signers == b"# nobody\n"
    found = read_trusted(git, own=False)
    assert found.signers == keys.signers.read_bytes()
    assert found.programs == Trusted().programs
    repo.git("config", "--global", "gpg.program", "mine")
    assert dict(read_trusted(git, own=False).programs)["gpg.openpgp.program"] == "mine"


def test_a_mirror_s_isolation_does_not_hide_the_user_s_configuration(repo: Repo, tmp_path: Path) -> None:
    keys = ssh_keys(repo, tmp_path / "keys")
    isolated = Git(str(repo.path), {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"})
    assert read_trusted(isolated, own=False).signers == keys.signers.read_bytes()
