"""`gto verify` on tags that are signed with real SSH keys: each verdict, and git's word on the same tag."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.objects import RawTag, plant
from tests.repo import Repo
from tests.signing import ADA, KINDS, Keys, is_good_for_git, rewrite, ssh_keys
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

TAG = "nn@v1.0.0"


@pytest.fixture
def keys(repo: Repo, tmp_path: Path) -> Keys:
    return ssh_keys(repo, tmp_path / "keys")


def verified(repo: Repo, *words: str, code: int | None = None) -> dict[str, Any]:
    """What `gto verify --json` says of each tag."""
    result = repo.gto("verify", "--json", *words)
    found = json.loads(done(result, result.code if code is None else code))
    assert result.code == (0 if found["good"] == len(found["tags"]) else 1)
    return {one["tag"]: one for one in found["tags"]}


def verdict(repo: Repo, tag: str = TAG) -> tuple[str, bool]:
    """Our verdict, and whether git is content."""
    return verified(repo, tag)[tag]["verdict"], is_good_for_git(repo, tag)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_every_kind_is_good_as_git_says(kind: str, repo: Repo, keys: Keys) -> None:
    keys.make(kind, *KINDS[kind])
    keys.allow_all()
    keys.sign(repo, TAG, kind)
    found = verified(repo, TAG)[TAG]
    assert found == {
        "tag": TAG, "artifact": "nn", "author_email": ADA, "verdict": "good", "signer": ADA,
        "key": keys.fingerprint(kind), "reason": "",
    }  # fmt: skip
    assert is_good_for_git(repo, TAG)


def test_an_unsigned_tag_is_unsigned_and_so_is_a_lightweight_one(repo: Repo, keys: Keys) -> None:
    repo.tag(TAG)
    assert verdict(repo) == ("unsigned", False)
    repo.tag("nn@v2.0.0", annotated=False)
    assert verified(repo, "nn@v2.0.0")["nn@v2.0.0"]["reason"] == "the tag is set aside: a lightweight tag is no event"
    keys.sign(repo, "nn@v3.0.0", "ada")
    result = repo.gto("verify")
    assert result.stderr == "1 of 3 signatures are good: 1 unsigned, 1 not checked\n"
    assert "nn@v3.0.0" in done(result, 1)


def test_an_unknown_key_is_unknown(repo: Repo, keys: Keys) -> None:
    keys.make("eve")
    keys.sign(repo, TAG, "eve")
    assert verdict(repo) == ("unknown signer", False)
    found = verified(repo, TAG)[TAG]
    assert found["key"] == keys.fingerprint("eve")
    assert found["reason"] == f"the key {keys.fingerprint('eve')} is not among the allowed signers"


def test_without_a_file_of_allowed_signers_nobody_is_known_and_the_reason_says_how(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    repo.git("config", "--global", "--unset", "gpg.ssh.allowedSignersFile")
    assert verdict(repo) == ("unknown signer", False)
    assert "set gpg.ssh.allowedSignersFile" in verified(repo, TAG)[TAG]["reason"]
    assert verified(repo, TAG, "--allowed-signers", str(keys.signers))[TAG]["verdict"] == "good"
    said(repo.gto("verify", "--allowed-signers", "nowhere"), "Cannot read 'nowhere'")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('valid-after="20220101",valid-before="20220102"', "good"),
        ('valid-before="20211231"', "expired"),
        ('valid-after="20230101"', "expired"),
        ('namespaces="file,git"', "good"),
        ('namespaces="file"', "unknown signer"),
        ("cert-authority", "unknown signer"),
    ],
)
def test_what_a_line_allows_is_held_against_the_time_of_the_tag(
    options: str, expected: str, repo: Repo, keys: Keys
) -> None:
    keys.sign(repo, TAG, "ada", date="2022-01-01T12:00:00+00:00")
    keys.allow(f"{ADA} {options} {keys.public('ada')}")
    assert verdict(repo) == (expected, expected == "good")


def test_a_revoked_key_is_revoked(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    revoked = keys.place / "revoked"
    revoked.write_text(f"# lost\n{keys.public('ada')}\n", encoding="utf-8")
    repo.git("config", "--global", "gpg.ssh.revocationFile", str(revoked))
    assert verdict(repo) == ("revoked", False)
    revoked.write_text("", encoding="utf-8")
    assert verdict(repo) == ("good", True)


@pytest.mark.parametrize("form", ["key", "sha1: ", "sha256: ", "hash: "])
def test_a_key_in_a_binary_list_is_revoked(form: str, repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    keys.make("bob")
    keys.allow_all()
    keys.sign(repo, "nn@v1.0.1", "bob")
    spec = keys.place / "spec"
    line = keys.public("ada") if form != "hash: " else keys.fingerprint("ada")
    spec.write_text(f"{'' if form == 'key' else form}{line}\n", encoding="utf-8")
    source = keys.place / "ada.pub" if form == "key" else spec
    krl = keys.place / "krl"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(krl), str(source)], check=True)
    repo.git("config", "--global", "gpg.ssh.revocationFile", str(krl))
    assert verdict(repo) == ("revoked", False)
    assert verdict(repo, "nn@v1.0.1") == ("good", True)


def test_a_list_of_revoked_keys_that_cannot_be_read_stops_everything(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    for content in (b"garbage\n", b"SSHKRL\n\0\0\0\0\2", b"SSHKRL\n\0\0\0\0\1" + bytes(32) + b"\x63\0\0\0\0"):
        (keys.place / "revoked").write_bytes(content)
        repo.git("config", "--global", "gpg.ssh.revocationFile", str(keys.place / "revoked"))
        said(repo.gto("verify"), "gpg.ssh.revocationFile", "cannot be read")
    repo.git("config", "--global", "gpg.ssh.revocationFile", str(keys.place / "nowhere"))
    said(repo.gto("verify"), "nowhere", "gpg.ssh.revocationFile")


def test_a_missing_file_of_signers_is_named_with_its_setting(repo: Repo, keys: Keys) -> None:
    repo.tag(TAG)
    keys.signers.unlink()
    said(repo.gto("verify"), str(keys.signers), "gpg.ssh.allowedSignersFile")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\n\nsigned", b"\n\nforged"),
        (b"SSH SIGNATURE-----\nU1NIU0lH", b"SSH SIGNATURE-----\nU1NIU0lI"),
        (b"-----END SSH SIGNATURE-----", b"-----FIN SSH SIGNATURE-----"),
        (b"SSH SIGNATURE-----\nU1NI", b"SSH SIGNATURE-----\n!!!!U1NI"),
    ],
    ids=["text", "magic", "end", "base64"],
)
def test_a_changed_tag_is_tampered(old: bytes, new: bytes, repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    rewrite(repo, TAG, old, new)
    assert verdict(repo) == ("tampered", False)


def test_a_signature_for_something_else_is_tampered(repo: Repo, keys: Keys, tmp_path: Path) -> None:
    body = RawTag(TAG).body(repo.git("rev-parse", "HEAD")) + b"\n"
    text = tmp_path / "text"
    text.write_bytes(body)
    for namespace, expected in (("git", ("good", True)), ("file", ("tampered", False))):
        (tmp_path / "text.sig").unlink(missing_ok=True)
        words = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(keys.place / "ada"), "-n", namespace, str(text)]
        subprocess.run(words, check=True, capture_output=True)
        plant(repo, RawTag(TAG, message=b"a tag\n" + (tmp_path / "text.sig").read_bytes()))
        assert verdict(repo) == expected


def test_git_s_name_of_the_signer_must_be_the_tagger(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada", email="Grace@example.com")
    assert verdict(repo) == ("signed by another", True)  # stricter
    found = verified(repo, TAG)[TAG]
    assert found["signer"] == ADA
    assert found["reason"] == "the tagger is Grace@example.com, the key is of ada@example.com"
    for principals, expected in (
        ("grace@example.com", "good"),
        ("*@example.com", "good"),
        ("*@example.com,!grace@*", "signed by another"),
        ("gr?ce@EXAMPLE.com,nobody", "good"),
        ("race@example.com", "signed by another"),
    ):
        keys.allow(f"{principals} {keys.public('ada')}")
        assert verdict(repo) == (expected, True), principals


def test_a_signed_object_under_another_name_proves_nothing(repo: Repo, keys: Keys) -> None:
    oid = keys.sign(repo, TAG, "ada")
    repo.git("update-ref", "refs/tags/nn@v9.9.9", oid)
    assert verdict(repo, "nn@v9.9.9") == ("signed under another name", True)  # stricter
    found = verified(repo)
    assert found[TAG]["verdict"] == "good"
    assert found["nn@v9.9.9"]["reason"] == f"it was signed as '{TAG}'"


def test_text_behind_the_signature_is_signed_by_nobody(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    end = b"-----END SSH SIGNATURE-----\n"
    rewrite(repo, TAG, end, end + b"approved by the board\n")
    assert verdict(repo) == ("text after the signature", True)  # stricter
    rewrite(repo, TAG, b"-----\napproved", b"-----approved")
    assert verdict(repo) == ("tampered", True)  # stricter
    assert verified(repo, TAG)[TAG]["reason"] == "no line ends the signature"


def test_a_tag_that_says_it_is_older_than_its_commit_is_backdated(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada", date="2021-12-31T23:59:59+00:00")
    assert verdict(repo) == ("older than its commit", True)  # stricter
    assert "61 seconds before" in verified(repo, TAG)[TAG]["reason"]


def test_a_commit_that_is_not_here_leaves_the_tag_unchecked(repo: Repo, keys: Keys) -> None:
    repo.commit("second")
    keys.sign(repo, TAG, "ada", target="HEAD")
    commit = repo.git("rev-parse", "HEAD")
    (repo.path / ".git" / "objects" / commit[:2] / commit[2:]).unlink()
    found = verified(repo, TAG)[TAG]
    assert (found["verdict"], found["reason"]) == ("not checked", f"the commit {commit[:7]} is not here")


def test_a_line_that_cannot_be_read_hides_no_other(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    keys.allow("ada@example.com ssh-ed25519 !!!", f"{ADA} {keys.public('ada')}")
    assert verdict(repo) == ("good", True)
    assert repo.gto("verify").stderr.startswith("note: allowed signers, line 1: the key cannot be read\n")


def certificate(keys: Keys, *options: str) -> None:
    keys.make("ca")
    keys.make("kim")
    keys.certify("ca", "kim", "-n", "ada@example.com,second", "-V", "20210101Z:20230101Z", *options)
    keys.allow(f"*@example.com cert-authority {keys.public('ca')}")


def test_a_certificate_of_a_trusted_authority_is_good(repo: Repo, keys: Keys) -> None:
    certificate(keys)
    keys.sign(repo, TAG, "kim-cert.pub")
    assert verdict(repo) == ("good", True)
    assert verified(repo, TAG)[TAG]["key"] == keys.fingerprint("kim")


def test_a_certificate_s_authority_dates_and_names_are_checked(repo: Repo, keys: Keys) -> None:
    certificate(keys)
    keys.sign(repo, TAG, "kim-cert.pub")
    keys.sign(repo, "nn@v1.0.1", "kim-cert.pub", email="second@example.com")
    assert verdict(repo, "nn@v1.0.1") == ("signed by another", True)  # stricter
    keys.sign(repo, "nn@v1.0.2", "kim-cert.pub", date="2023-02-01T00:00:00+00:00")
    assert verdict(repo, "nn@v1.0.2") == ("expired", False)
    assert "until 2023-01-01T00:00:00Z" in verified(repo, "nn@v1.0.2")["nn@v1.0.2"]["reason"]
    keys.allow(f"*@example.org cert-authority {keys.public('ca')}")
    assert verdict(repo) == ("unknown signer", False)
    keys.allow(f"*@example.com {keys.public('ca')}")
    assert verdict(repo) == ("unknown signer", False)
    keys.allow_all()
    assert verdict(repo) == ("unknown signer", False)


@pytest.mark.parametrize("what", ["ca", "kim", "number"])
def test_a_revoked_certificate_is_revoked(what: str, repo: Repo, keys: Keys) -> None:
    certificate(keys, "-z", "77")
    keys.sign(repo, TAG, "kim-cert.pub")
    krl, spec = keys.place / "krl", keys.place / "spec"
    if what == "number":
        spec.write_text("serial: 77\n", encoding="utf-8")
        words = ["-s", str(keys.place / "ca.pub"), str(spec)]
    else:
        words = [str(keys.place / f"{what}.pub")]
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(krl), *words], check=True)
    repo.git("config", "--global", "gpg.ssh.revocationFile", str(krl))
    assert verdict(repo) == ("revoked", False)


def test_a_certificate_that_its_authority_did_not_sign_is_no_use(repo: Repo, keys: Keys) -> None:
    certificate(keys)
    path = keys.place / "kim-cert.pub"
    kind, text, *_ = path.read_text(encoding="utf-8").split()
    blob = base64.b64decode(text).replace(b"second", b"Second")
    path.write_text(f"{kind} {base64.b64encode(blob).decode()}\n", encoding="utf-8")
    keys.sign(repo, TAG, "kim-cert.pub")
    assert verdict(repo)[0] != "good"
    assert not is_good_for_git(repo, TAG)


def test_a_certificate_needs_the_program_that_checks_it(repo: Repo, keys: Keys) -> None:
    certificate(keys)
    keys.sign(repo, TAG, "kim-cert.pub")
    repo.git("config", "--global", "gpg.ssh.program", "/nowhere/ssh-keygen")
    assert verdict(repo) == ("not checked", False)


def test_a_repository_names_no_program_that_verifies(repo: Repo, keys: Keys, tmp_path: Path) -> None:
    certificate(keys)
    keys.sign(repo, TAG, "kim-cert.pub")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/tripped\nexit 0\n", encoding="utf-8")
    trap.chmod(0o755)
    repo.git("config", "--local", "gpg.ssh.program", str(trap))
    assert verified(repo, TAG)[TAG]["verdict"] == "good"
    assert not (tmp_path / "tripped").exists()
    is_good_for_git(repo, TAG)
    assert (tmp_path / "tripped").exists()  # git itself runs it


def test_names_choose_artifacts_and_tags(repo: Repo, keys: Keys) -> None:
    commit = repo.git("rev-parse", "HEAD")
    approval = f"approvals/nn,v1.0.0,prod,{'0' * 12}"
    for tag in (TAG, "nn#prod#1", "other@v1.0.0", approval):
        keys.sign(repo, tag, "ada", target=commit)
    keys.sign(repo, "release-1", "ada")
    assert set(verified(repo)) == {TAG, "nn#prod#1", "other@v1.0.0", approval}
    assert set(verified(repo, "--all")) == set(verified(repo))
    assert set(verified(repo, "nn")) == {TAG, "nn#prod#1", approval}
    assert set(verified(repo, "refs/tags/nn#prod#1", "other", approval)) == {"nn#prod#1", "other@v1.0.0", approval}
    said(repo.gto("verify", "nobody"), "Cannot find artifact 'nobody'")
    said(repo.gto("verify", "nn@v7.0.0"), "Ref 'nn@v7.0.0' was not found")
    said(repo.gto("verify", "Not A Name"), "Invalid")
    said(repo.gto("verify", "nn", "--all"), "--all")


def test_without_tags_there_is_nothing_to_verify(repo: Repo) -> None:
    result = repo.gto("verify")
    assert (result.stdout, result.stderr, result.code) == ("Nothing found in the current workspace\n", "", 0)


def test_a_tag_that_is_set_aside_proves_nothing(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada", target="HEAD^{tree}")
    found = verified(repo, TAG)[TAG]
    assert (found["verdict"], found["reason"]) == (
        "not checked",
        "the tag is set aside: the tag is on a tree, not on a commit",
    )


def test_a_tag_on_a_signed_tag_counts_by_its_own_signature(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, "inner", "ada")
    keys.sign(repo, TAG, "ada", target="inner")
    assert verdict(repo) == ("good", True)


def test_a_remote_repository_does_not_vouch_for_itself(repo: Repo, keys: Keys, server: Server) -> None:
    keys.sign(repo, TAG, "ada")
    served = server.root / "models.git"
    repo.git("clone", "--quiet", "--bare", ".", str(served))
    Repo(served).git("config", "uploadpack.allowFilter", "true")
    url = server.url("models.git")
    assert verified(repo, "-r", url)[TAG]["verdict"] == "good"  # the user's own configuration
    repo.git("config", "--global", "--unset", "gpg.ssh.allowedSignersFile")
    repo.git("config", "--local", "gpg.ssh.allowedSignersFile", str(keys.signers))
    assert verified(repo)[TAG]["verdict"] == "good"
    assert verified(repo, "-r", url)[TAG]["verdict"] == "unknown signer"
    assert verified(repo, "-r", url, "--allowed-signers", str(keys.signers))[TAG]["verdict"] == "good"


def test_a_relative_path_of_signers_begins_at_the_root_as_for_git(repo: Repo, keys: Keys) -> None:
    keys.sign(repo, TAG, "ada")
    (repo.path / "team").write_text(keys.signers.read_text(encoding="utf-8"), encoding="utf-8")
    (repo.path / "below").mkdir()
    repo.git("config", "--global", "gpg.ssh.allowedSignersFile", "team")
    below = Repo(repo.path / "below")
    assert verified(below, TAG)[TAG]["verdict"] == "good"
    assert is_good_for_git(below, TAG)


def test_a_sha256_repository_is_verified_too(repo: Repo, keys: Keys, tmp_path: Path) -> None:
    other = Repo(tmp_path / "sha256")
    other.path.mkdir()
    other.git("init", "--quiet", "--object-format=sha256")
    other.commit("first")
    keys.sign(other, TAG, "ada")
    assert verdict(other) == ("good", True)
    assert repo.path != other.path
