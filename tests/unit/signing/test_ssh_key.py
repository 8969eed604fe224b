"""SSH signatures of keys that a test cannot hold in its hand, and of those that are none."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gto.signing import ssh_key, ssh_verifier
from gto.signing.ssh_wire import Wire, string
from tests.objects import RawTag, plant
from tests.signing import KINDS, Keys, need, ssh_keys

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo

TEXT = b"text\n"
APPLICATION = b"ssh:"
PRESENT = b"\x01\x00\x00\x00\x07"
"""The flag that somebody touched the device, and its counter."""


def armor(blob: bytes) -> bytes:
    lines = base64.encodebytes(blob)
    return b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"-----END SSH SIGNATURE-----\n"


def wrap(key: bytes, signature: bytes, namespace: bytes = b"git", name: bytes = b"sha512") -> bytes:
    parts = (key, namespace, b"", name, signature)
    return armor(b"SSHSIG" + (1).to_bytes(4) + b"".join(map(string, parts)))


def to_sign(text: bytes = TEXT) -> bytes:
    parts = (b"git", b"", b"sha512", hashlib.sha512(text).digest())
    return b"SSHSIG" + b"".join(map(string, parts))


def by_device() -> bytes:
    return hashlib.sha256(APPLICATION).digest() + PRESENT + hashlib.sha256(to_sign()).digest()


def numbers(*values: int) -> bytes:
    return b"".join(string(value.to_bytes(value.bit_length() // 8 + 1)) for value in values)


def sk_ed25519() -> tuple[bytes, bytes]:
    """A security key's public key, and its signature of the text."""
    private = ed25519.Ed25519PrivateKey.generate()
    kind = b"sk-ssh-ed25519@openssh.com"
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = b"".join(map(string, (kind, raw, APPLICATION)))
    return key, string(kind) + string(private.sign(by_device())) + PRESENT


def sk_ecdsa() -> tuple[bytes, bytes]:
    """The same, on a curve."""
    private = ec.generate_private_key(ec.SECP256R1())
    kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = b"".join(map(string, (kind, b"nistp256", point, APPLICATION)))
    raw = numbers(*decode_dss_signature(private.sign(by_device(), ec.ECDSA(SHA256()))))
    return key, string(kind) + string(raw) + PRESENT


@pytest.mark.parametrize("made", [sk_ed25519(), sk_ecdsa()], ids=["ed25519", "ecdsa"])
def test_a_security_key_s_signature_is_what_openssh_takes_it_for(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    need("ssh-keygen", "openssh-client")
    key, signature = made
    text = wrap(key, signature)
    ssh_verifier.check(ssh_verifier.parse(text), TEXT)
    with pytest.raises(ValueError, match="not the key's signature"):
        ssh_verifier.check(ssh_verifier.parse(text), b"another")
    (tmp_path / "sig").write_bytes(text)
    line = f"ada {ssh_key.type_of(key)} {base64.b64encode(key).decode()}\n"
    (tmp_path / "signers").write_text(line, encoding="utf-8")
    words = ["ssh-keygen", "-Y", "verify", "-n", "git", "-I", "ada", "-f", str(tmp_path / "signers")]
    result = subprocess.run([*words, "-s", str(tmp_path / "sig")], input=TEXT, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    (tmp_path / "key.pub").write_text(line.removeprefix("ada "), encoding="utf-8")
    told = subprocess.run(["ssh-keygen", "-l", "-f", str(tmp_path / "key.pub")], capture_output=True, check=True)
    assert ssh_key.fingerprint(key) == told.stdout.decode().split()[1]


def ed25519_key() -> bytes:
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return string(b"ssh-ed25519") + string(raw)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not between its two lines"),
        (b"-----BEGIN SSH SIGNATURE-----\nAAAA\n", "not between its two lines"),
        (armor(b"SSHSIG"), "cut short"),
        (armor(b"SSHKEY" + (1).to_bytes(4)), "no signature of SSH"),
        (armor(b"SSHSIG" + (2).to_bytes(4)), "no signature of SSH"),
        (wrap(ed25519_key(), b"", name=b"md5"), "hash function"),
        (armor(base64.decodebytes(b"".join(wrap(ed25519_key(), b"").splitlines()[1:-1])) + b"more"), "too long"),
    ],
    ids=range(7),  # the keys in them are others each time
)
def test_what_is_no_signature_is_refused_with_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ssh_verifier.parse(text)


@pytest.mark.parametrize(
    ("key", "signature", "reason"),
    [
        (string(b"ssh-dss"), b"", "'ssh-dss' are not known"),
        (string(b"webauthn"), b"", "not known"),
        (ed25519_key() + b"x", b"", "too long"),
        (ed25519_key()[:-1], b"", "cut short"),
        (string(b"ssh-ed25519") + string(b"short"), b"", "32 bytes"),
        (ed25519_key(), string(b"ssh-rsa") + string(b""), "another kind than the key"),
        (ed25519_key(), string(b"ssh-ed25519") + string(b"x" * 64) + b"more", "too long"),
        (string(b"ssh-rsa") + numbers(65537, (1 << 512) + 1), b"", "512|513 bits"),
        (string(b"ssh-rsa") + numbers(65537, (1 << 2047) + 1), string(b"ssh-rsa") + string(b""), "is not taken"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp384") + string(b"\4"), b"", "no point on the curve"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\2" + bytes(32)), b"", "no point"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\4" + bytes(64)), b"", "Invalid EC key"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_key_or_no_signature_of_it_is_refused(key: bytes, signature: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ssh_verifier.check(ssh_verifier.parse(wrap(key, signature)), TEXT)


def test_a_device_s_signature_is_of_its_own_kind() -> None:
    key, signature = sk_ed25519()
    with pytest.raises(ssh_key.Unsupported):
        ssh_verifier.check(ssh_verifier.parse(wrap(key, string(b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"))), TEXT)
    with pytest.raises(ValueError, match="another kind"):
        ssh_verifier.check(ssh_verifier.parse(wrap(key, string(b"ssh-ed25519") + signature)), TEXT)


def test_a_kind_that_only_openssh_may_know_is_left_to_it(repo: Repo, tmp_path: Path) -> None:
    ssh_keys(repo, tmp_path / "keys")
    signature = wrap(string(b"ssh-new") + string(b"key"), string(b"ssh-new"))
    plant(repo, RawTag("nn@v1.0.0", message=b"a tag\n" + signature))

    def verified() -> tuple[str, str]:
        found = json.loads(repo.gto("verify", "--json").stdout)["tags"][0]
        return found["verdict"], found["reason"]

    assert verified() == ("not checked", "keys of the kind 'ssh-new' are not known")
    newer = tmp_path / "ssh-keygen"  # of a later OpenSSH, which knows that kind
    good = 'Good "git" signature for ada with NEW key SHA256:x'
    script = f"#!/bin/sh\ncat > /dev/null\ncase \"$2\" in find-principals) echo ada ;; *) echo '{good}' ;; esac\n"
    newer.write_text(script, encoding="utf-8")
    newer.chmod(0o755)
    repo.git("config", "--global", "gpg.ssh.program", str(newer))
    name = ssh_key.fingerprint(string(b"ssh-new") + string(b"key"))
    assert verified() == ("unknown signer", f"the key {name} is not among the allowed signers")


def test_negative_numbers_are_none() -> None:
    with pytest.raises(ValueError, match="negative"):
        Wire(string(b"\x80")).integer()


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_is_taken_apart(kind: str, tmp_path: Path) -> None:
    need("ssh-keygen", "openssh-client")
    keys = Keys(tmp_path)
    keys.make("ca")
    keys.make("kim", *KINDS[kind])
    path = keys.certify("ca", "kim", "-n", "one,two", "-V", "20210101000000Z:20210201000000Z")
    blob = base64.b64decode(path.read_text(encoding="utf-8").split()[1])
    found = ssh_key.read_certificate(blob)
    assert found is not None
    assert found.key == base64.b64decode(keys.public("kim").split()[1])
    assert found.authority == base64.b64decode(keys.public("ca").split()[1])
    assert (found.principals, found.after, found.before) == (("one", "two"), 1609459200, 1612137600)
    assert found.is_valid(1609459200)
    assert not found.is_valid(1612137600)
    assert ssh_key.read_certificate(found.key) is None


def test_a_certificate_of_an_unknown_kind_is_none() -> None:
    assert ssh_key.read_certificate(string(b"ssh-dss-cert-v01@openssh.com")) is None
    assert ssh_key.read_certificate(string(b"sk-ssh-foo-cert-v01@openssh.com")) is None
