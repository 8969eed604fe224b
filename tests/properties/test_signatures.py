"""Signatures, keys and lists that strangers wrote: whatever they hold, it is read or refused."""

from __future__ import annotations

import base64

from hypothesis import example, given
from hypothesis import strategies as st

from gto.core.tag_signature import Form, cut
from gto.exceptions import BadFile
from gto.git.command import Git
from gto.signing import allowed_signers, revocation_list, ssh_key
from gto.signing.git_verify import GitVerifier
from gto.signing.ssh_verifier import Signers
from gto.signing.ssh_wire import string
from gto.signing.tag_signatures import SignedTag
from gto.signing.trust_roots import Trusted

LINES = st.sampled_from(
    [b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----", b"-----BEGIN PGP SIGNATURE-----",
     b"-----END PGP SIGNATURE-----", b"gpgsig x", b" more", b"", b"object 0", b"tag x", b"AAAA"]
)  # fmt: skip
BODIES = st.lists(LINES | st.binary(max_size=20), max_size=12).map(b"\n".join)
KINDS = st.sampled_from(
    [b"ssh-ed25519", b"ssh-rsa", b"ecdsa-sha2-nistp256", b"sk-ssh-ed25519@openssh.com", b"nistp256",
     b"sk-ecdsa-sha2-nistp256@openssh.com", b"ssh-ed25519-cert-v01@openssh.com", b"sha512", b"git"]
)  # fmt: skip
BLOBS = st.lists(KINDS.map(string) | st.binary(max_size=40).map(string) | st.binary(max_size=12), max_size=14).map(
    b"".join
)
PARTS = st.tuples(BLOBS, st.just(b"git") | st.binary(max_size=4), st.binary(max_size=4), st.just(b"sha512"), BLOBS)
SIGNATURES = PARTS.map(lambda parts: b"SSHSIG\0\0\0\1" + b"".join(map(string, parts))) | BLOBS


@given(BODIES)
def test_every_text_is_cut_and_nothing_of_it_is_lost(body: bytes) -> None:
    found = cut(body)
    assert body.endswith(found.signature + found.trailing)
    rest = body[: len(body) - len(found.signature + found.trailing)]
    if b"gpgsig" not in rest:
        assert found.payload == rest
    assert (found.form is None) == (found.signature == b"")
    assert found.trailing == b"" or found.form is not None


@given(SIGNATURES, st.binary(max_size=20))
@example(b"SSHSIG", b"")
def test_a_signature_is_judged_whatever_it_holds(blob: bytes, text: bytes) -> None:
    armored = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(blob) + b"-----END SSH SIGNATURE-----\n"
    found = Signers(Trusted(b""), GitVerifier(Git("."), ())).judge("0" * 40, cut(text + b"\n" + armored), 0, "")
    assert not found.is_good
    assert found.reason


@given(BLOBS)
def test_a_key_is_read_or_refused(blob: bytes) -> None:
    for read in (ssh_key.read_certificate, ssh_key.load, ssh_key.type_of):
        try:
            read(blob)
        except ValueError:
            continue
    assert ssh_key.fingerprint(blob).startswith("SHA256:")


WORDS = st.sampled_from(
    ["ada@example.com", "cert-authority", 'namespaces="git"', 'valid-after="20220101"', 'valid-before="99991231Z"', " ",
     "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIGxZbTLKU7NkzNkNZy1kMC5qGv2LGuZ7Gx4aCyp7Gt0M", ",", '"', "\\", "#", "!*"]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=8), max_size=12).map("".join))
def test_each_line_of_signers_is_a_signer_or_set_aside_or_nothing(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    signers, bad = allowed_signers.parse(data)
    assert len(signers) + len(bad) <= len(data.split(b"\n"))
    for one in signers:
        allowed_signers.matches("ada@example.com", one.principals)


@given(BLOBS | BLOBS.map(lambda blob: b"SSHKRL\n\0\0\0\0\1" + bytes(24) + blob) | st.binary())
def test_a_list_of_revoked_keys_is_read_or_refused(data: bytes) -> None:
    try:
        revocation_list.parse(data).has(b"key")
    except BadFile:
        return


def test_every_form_has_a_name_of_its_own() -> None:
    assert len({form.value for form in Form}) == len(Form)
    assert SignedTag("x", "0", b"", "", 0).email == ""
