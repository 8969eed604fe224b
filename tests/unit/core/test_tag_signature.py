"""A tag object's text, cut as git cuts it."""

from __future__ import annotations

import pytest

from gto.core.tag_signature import Form, cut

HEAD = b"object 0\ntype commit\ntag x\ntagger A <a@b> 1 +0000\n\n"


def armored(word: str, text: bytes = b"AAAA") -> bytes:
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (word.encode(), text, word.encode())


@pytest.mark.parametrize("form", Form)
def test_a_signature_of_each_form_is_cut_off(form: Form) -> None:
    found = cut(HEAD + b"message\n" + armored(form.value))
    assert found == (HEAD + b"message\n", form, armored(form.value), b"", True)


def test_without_a_signature_all_is_payload() -> None:
    for body in (b"", HEAD, HEAD + b"say -----BEGIN SSH SIGNATURE-----\n", HEAD + b"-----BEGIN RSA KEY-----\n"):
        assert cut(body) == (body, None, b"", b"", True)


def test_the_last_line_that_begins_as_one_does_begins_the_signature() -> None:
    first, last = armored("PGP SIGNATURE"), armored("SSH SIGNATURE")
    found = cut(HEAD + first + last)
    assert (found.payload, found.form, found.signature) == (HEAD + first, Form.SSH, last)


def test_what_stands_behind_it_is_kept_apart() -> None:
    found = cut(HEAD + armored("SSH SIGNATURE") + b"more\n")
    assert (found.signature, found.trailing) == (armored("SSH SIGNATURE"), b"more\n")


def test_a_signature_without_an_end_goes_to_the_end_of_the_text() -> None:
    found = cut(HEAD + b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END PGP SIGNATURE-----\n")
    assert found.signature.endswith(b"-----END PGP SIGNATURE-----\n")
    assert (found.trailing, found.is_closed) == (b"", False)
    assert not cut(HEAD + armored("SSH SIGNATURE").replace(b"-----\n", b"-----more\n")).is_closed


def test_signatures_in_the_header_are_not_signed() -> None:
    lines = b"gpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----\n"
    body = HEAD.replace(b"\n\n", b"\n" + lines + b"\n") + b"gpgsig stays here\n" + armored("SSH SIGNATURE")
    assert cut(body).payload == HEAD + b"gpgsig stays here\n"
