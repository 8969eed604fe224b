"""`gto verify` on tags that are signed with real OpenPGP keys: each verdict, and git's word on the same tag."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.signing import ADA, Gpg, gpg_home, is_good_for_git, need, rewrite
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.repo import Repo

TAG = "nn@v1.0.0"


@pytest.fixture
def gpg(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpg]:
    # The sockets of its agent lie in its home, and their names may not be long.
    with tempfile.TemporaryDirectory(prefix="g-", ignore_cleanup_errors=True) as short:
        yield from gpg_home(Path(short), monkeypatch)


def verdict(repo: Repo, tag: str = TAG) -> tuple[str, bool]:
    """Our verdict, and whether git is content."""
    return verified(repo, tag)["verdict"], is_good_for_git(repo, tag)


def verified(repo: Repo, tag: str = TAG) -> dict[str, Any]:
    result = repo.gto("verify", "--json", tag)
    found = json.loads(done(result, result.code))
    assert result.code == (0 if found["good"] else 1)
    tags: list[dict[str, Any]] = found["tags"]
    return tags[0]


def test_a_trusted_key_is_good_and_gpg_need_not_be_named(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make(f"Ada Lovelace <{ADA}>")
    repo.git("config", "--global", "user.signingKey", key)
    done(repo.gto("register", "nn", "--version", "v1.0.0", "--sign"))
    assert verdict(repo) == ("good", True)
    assert verified(repo) == {
        "tag": TAG, "artifact": "nn", "author_email": ADA, "verdict": "good", "signer": ADA, "key": key, "reason": "",
    }  # fmt: skip


def test_a_key_that_is_not_in_the_keyring_is_unknown(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make(f"Ada Lovelace <{ADA}>")
    gpg.sign(repo, TAG, key)
    gpg.run("--yes", "--delete-secret-and-public-key", key)
    assert verdict(repo) == ("unknown signer", False)
    assert verified(repo)["key"] == key


def test_a_key_that_nobody_confirmed_is_unknown_unless_the_user_says_so(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make(f"Ada Lovelace <{ADA}>")
    gpg.sign(repo, TAG, key)
    gpg.trust(key, 2)
    assert verdict(repo) == ("unknown signer", True)  # stricter
    assert verified(repo)["reason"] == f"nobody whom gpg trusts says whose key {key} is"
    repo.git("config", "--local", "gpg.minTrustLevel", "undefined")
    assert verdict(repo) == ("unknown signer", True)
    repo.git("config", "--global", "gpg.minTrustLevel", "undefined")
    assert verdict(repo) == ("good", True)
    repo.git("config", "--global", "--unset", "gpg.minTrustLevel")
    gpg.trust(key, 6)
    assert verdict(repo) == ("good", True)


def test_a_changed_tag_is_tampered(repo: Repo, gpg: Gpg) -> None:
    gpg.sign(repo, TAG, gpg.make(f"Ada Lovelace <{ADA}>"))
    rewrite(repo, TAG, b"\n\nsigned", b"\n\nforged")
    assert verdict(repo) == ("tampered", False)
    gpg.sign(repo, "nn@v1.0.1", gpg.fingerprints()[0])
    rewrite(repo, "nn@v1.0.1", b"-----BEGIN PGP SIGNATURE-----\n\niH", b"-----BEGIN PGP SIGNATURE-----\n\nAA")
    assert verdict(repo, "nn@v1.0.1") == ("tampered", False)
    assert verified(repo, "nn@v1.0.1")["reason"] == "the signature is damaged"


def test_text_behind_the_signature_is_signed_by_nobody(repo: Repo, gpg: Gpg) -> None:
    gpg.sign(repo, TAG, gpg.make(f"Ada Lovelace <{ADA}>"))
    end = b"-----END PGP SIGNATURE-----\n"
    rewrite(repo, TAG, end, end + b"approved by the board\n")
    assert verdict(repo) == ("text after the signature", True)  # stricter
    rewrite(repo, TAG, b"-----\napproved", b"-----approved")
    assert verdict(repo)[0] == "tampered"


def test_a_revoked_key_is_revoked(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make(f"Ada Lovelace <{ADA}>")
    gpg.sign(repo, TAG, key)
    text = (gpg.home / "openpgp-revocs.d" / f"{key}.rev").read_text(encoding="utf-8")
    gpg.run("--import", text=text.replace(":-----BEGIN", "-----BEGIN"))
    assert verdict(repo) == ("revoked", False)


def test_an_expired_key_is_expired(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make(f"Ada Lovelace <{ADA}>")
    gpg.sign(repo, TAG, key)
    assert verdict(repo) == ("good", True)
    gpg.run(
        "--faked-system-time",
        "20200101T000000",
        "--quick-generate-key",
        "Old <old@example.com>",
        "ed25519",
        "sign",
        "20200201T000000",
    )
    old = next(one for one in gpg.fingerprints() if one != key)
    wrapper = gpg.home / "then"
    wrapper.write_text('#!/bin/sh\nexec gpg --faked-system-time 20200115T000000 "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    repo.git("config", "--local", "gpg.program", str(wrapper))  # signs in the past; it is never asked to verify
    gpg.sign(repo, "nn@v1.0.1", old, email="old@example.com")
    repo.git("config", "--local", "--unset", "gpg.program")
    assert verdict(repo, "nn@v1.0.1") == ("expired", False)
    assert verified(repo, "nn@v1.0.1")["signer"] == "old@example.com"


def test_the_tagger_must_be_one_of_the_key_s_confirmed_owners(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make("Grace Hopper <grace@example.com>")
    gpg.sign(repo, TAG, key)
    assert verdict(repo) == ("signed by another", True)  # stricter
    assert verified(repo)["reason"] == "the tagger is ada@example.com, the key is of grace@example.com"
    gpg.run("--quick-add-uid", key, f"Ada <{ADA.upper()}>")
    for level in (2, 6):  # gpg looks at who is confirmed where something has changed
        gpg.trust(key, level)
    assert verdict(repo) == ("good", True)


def test_an_owner_whom_nobody_confirmed_does_not_count(repo: Repo, gpg: Gpg) -> None:
    gpg.make("Grace Hopper <grace@example.com>")
    eve = gpg.make("Eve <eve@example.com>")
    gpg.run("--quick-add-uid", eve, f"Ada <{ADA}>")
    gpg.trust(eve, 2)
    gpg.run("--yes", "--quick-lsign-key", eve, "Eve <eve@example.com>")
    gpg.run("--check-trustdb")
    gpg.sign(repo, TAG, eve)
    gpg.sign(repo, "nn@v1.0.1", eve, email="eve@example.com")
    assert verdict(repo, "nn@v1.0.1") == ("good", True)
    assert verdict(repo) == ("signed by another", True)


def test_several_tags_of_one_key_are_judged_each(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make(f"Ada Lovelace <{ADA}>")
    for number in range(3):
        gpg.sign(repo, f"nn@v1.0.{number}", key, email=ADA if number else "eve@example.com")
    result = repo.gto("verify", "nn")
    assert result.stderr == "2 of 3 signatures are good: 1 signed by another\n"


def test_without_gpg_nothing_is_said_to_be_good(repo: Repo, gpg: Gpg) -> None:
    gpg.sign(repo, TAG, gpg.make(f"Ada Lovelace <{ADA}>"))
    repo.git("config", "--global", "gpg.program", "/nowhere/gpg")
    assert verdict(repo) == ("not checked", False)
    assert "the program that checks it is not there" in verified(repo)["reason"]


def test_a_repository_names_no_gpg_that_verifies(repo: Repo, gpg: Gpg) -> None:
    gpg.sign(repo, TAG, gpg.make(f"Ada Lovelace <{ADA}>"))
    trap = gpg.home / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {gpg.home}/tripped\n", encoding="utf-8")
    trap.chmod(0o755)
    repo.git("config", "--local", "gpg.program", str(trap))
    assert verified(repo)["verdict"] == "good"
    assert not (gpg.home / "tripped").exists()
    is_good_for_git(repo, TAG)
    assert (gpg.home / "tripped").exists()  # git itself runs it


def test_a_user_s_name_cannot_pass_for_an_address_or_a_status(repo: Repo, gpg: Gpg) -> None:
    key = gpg.make(f'"{ADA}" [ultimate] EMail={ADA} <eve@example.com>')
    gpg.sign(repo, TAG, key)
    assert verified(repo)["verdict"] == "signed by another"


def test_where_signing_fails_gpg_s_trouble_is_told_and_nothing_is_left(repo: Repo, gpg: Gpg) -> None:
    repo.git("config", "--global", "user.signingKey", "0" * 40)
    said(repo.gto("register", "nn", "--sign"), "gpg failed to sign the data", "user.signingKey")
    assert repo.refs("refs/tags") == {}
    assert gpg.fingerprints() == []


CERTIFICATE = """\
%no-protection
Key-Type: RSA
Key-Length: 2048
Key-Usage: sign, cert
Serial: random
Name-DN: CN=Ada Lovelace,O=Example
Name-Email: ada@example.com
"""


def test_x509_is_left_to_gpgsm(repo: Repo, gpg: Gpg) -> None:
    need("gpgsm", "gpgsm")
    (gpg.home / "gpgsm.conf").write_text("disable-crl-checks\n", encoding="utf-8")
    (gpg.home / "wish").write_text(CERTIFICATE, encoding="utf-8")
    base = ["gpgsm", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase-fd", "0"]
    for words in (["--output", "made", "--generate-key", "wish"], ["--import", "made"]):
        subprocess.run([*base, *words], cwd=gpg.home, check=True, capture_output=True, input=b"")
    listed = subprocess.run([*base, "--list-keys", "--with-colons"], check=True, capture_output=True, text=True).stdout
    key = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
    (gpg.home / "trustlist.txt").write_text(f"{key} S relax\n", encoding="utf-8")
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    for name, value in (("gpg.format", "x509"), ("user.signingKey", key)):
        repo.git("config", "--global", name, value)
    done(repo.gto("register", "nn", "--version", "v1.0.0", "--sign"))
    assert verdict(repo) == ("good", True)
    assert (verified(repo)["key"], verified(repo)["signer"]) == (key, ADA)
    rewrite(repo, TAG, b"tagger Ada Lovelace <ada@", b"tagger Eve <eve@")
    assert verdict(repo) == ("tampered", False)


@pytest.mark.parametrize(
    ("said_by_gpg", "expected", "reason"),
    [
        ("[GNUPG:] GOODSIG A a\\n[GNUPG:] GOODSIG B b", "tampered", "it holds several signatures"),
        ("[GNUPG:] ERRSIG A 99 8 00 1 4 -", "not checked", "gpg does not know the algorithm of the signature"),
        ("", "not checked", "git says no more than: nothing"),
    ],
)
def test_a_program_that_says_something_else_proves_nothing(
    said_by_gpg: str, expected: str, reason: str, repo: Repo, gpg: Gpg
) -> None:
    gpg.sign(repo, TAG, gpg.make(f"Ada Lovelace <{ADA}>"))
    program = gpg.home / "program"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\nprintf '\\n{said_by_gpg}\\n'\n", encoding="utf-8")
    program.chmod(0o755)
    repo.git("config", "--global", "gpg.program", str(program))
    found = verified(repo)
    assert (found["verdict"], found["reason"]) == (expected, reason)
