"""Keys by which files are signed: elliptic curves in PEM, and one clear line about all others."""

from __future__ import annotations

import pytest

from gto.exceptions import BadFile
from gto.signing.ec_key import PublicKey, read_private_key, read_public_keys
from tests.keys import private_pem, public_pem


def public(data: bytes) -> list[PublicKey]:
    return read_public_keys(data, "k.pub", "k.pub")


@pytest.mark.parametrize(
    ("data", "reason", "hint"),
    [
        (private_pem("ed25519"), "of Ed25519, and one of P-256", "openssl ecparam"),
        (private_pem("rsa"), "of RSA, and one of P-256", "openssl ecparam"),
        (private_pem("secp256k1"), "on the curve secp256k1", "openssl ecparam"),
        (private_pem("secp256r1", openssh=True), "format of OpenSSH", "ssh-keygen -p -m PKCS8"),
        (public_pem("secp256r1"), "no private key", "openssl ecparam"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read", "openssl pkey"),
        (b"", "no private key", "openssl ecparam"),
        (private_pem("secp256r1", password=b"secret"), "there is no password", "terminal"),
    ],
)
def test_a_private_key_that_is_of_no_use_is_refused_with_what_to_type(data: bytes, reason: str, hint: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_private_key(data, "k.pem", lambda: None)
    assert reason in caught.value.reason
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("data", "reason", "hint"),
    [
        (public_pem("ed25519"), "of Ed25519", "openssl ecparam"),
        (public_pem("rsa"), "of RSA", "openssl ecparam"),
        (public_pem("secp256r1", openssh=True), "format of OpenSSH", "ssh-keygen -e -m PKCS8"),
        (private_pem("secp256r1"), "holds a private key", "openssl pkey -in k.pub -pubout"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "cannot be read", "openssl"),
        (public_pem("secp256r1") + b"-----BEGIN CERTIFICATE-----\n", "nothing else", "openssl"),
        (b"", "public keys in PEM", "openssl pkey"),
    ],
)
def test_a_public_key_that_is_of_no_use_is_refused_with_what_to_type(data: bytes, reason: str, hint: str) -> None:
    with pytest.raises(BadFile) as caught:
        public(data)
    assert reason in caught.value.reason
    assert hint in caught.value.hint


def test_an_encrypted_key_signs_with_its_password_and_not_with_another() -> None:
    data = private_pem("secp256r1", password=b"secret")
    signed = read_private_key(data, "k.pem", lambda: b"secret").sign(b"text")
    (own,) = public(public_pem("secp256r1"))
    assert own.has_signed(signed, b"text")
    assert not own.has_signed(signed, b"other")
    assert not own.has_signed(b"junk", b"text")
    with pytest.raises(BadFile, match="password is wrong"):
        read_private_key(data, "k.pem", lambda: b"other")


def test_a_file_of_public_keys_says_whose_each_is() -> None:
    data = b"# ada@example.com\n" + public_pem("secp256r1") + b"\n" + public_pem("secp384r1")
    assert [one.owner for one in public(data)] == ["ada@example.com", "k.pub"]
