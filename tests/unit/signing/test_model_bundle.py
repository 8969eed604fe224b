"""Bundles that sign files: what is made is read back, and hostile ones are refused in one line."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from gto.exceptions import BadFile
from gto.signing import model_bundle
from gto.signing.ec_key import read_private_key, read_public_keys
from gto.signing.model_bundle import SignedVersion, encode, make, parse
from tests.keys import private_pem, public_pem

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"a.txt": "a" * 64, "a/b": "b" * 64, "a-b": "c" * 64}
ABOUT = SignedVersion("churn", "v1.0.0", "d" * 40)
Values = dict[str, Any]


def made(curve: str = "secp256r1", **files: str) -> bytes:
    key = read_private_key(private_pem(curve), "k.pem", lambda: None)
    return make("churn", files or FILES, key, ABOUT)


def parts(text: bytes) -> tuple[Values, Values]:
    """The bundle and its statement, to be changed."""
    bundle = json.loads(text)
    return bundle, json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


def joined(bundle: Values, statement: object) -> bytes:
    payload = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    return json.dumps(bundle).encode()


@pytest.mark.parametrize("curve", ["secp256r1", "secp384r1", "secp521r1"])
def test_a_bundle_is_read_as_it_was_made_and_only_its_key_has_signed_it(curve: str) -> None:
    found = parse(made(curve), "model.sig")
    assert (dict(found.files), found.subject) == (FILES, ABOUT)
    own, other = (read_public_keys(public_pem(curve, number), "k.pub", "k.pub") for number in (0, 1))
    assert found.hint == own[0].hint
    assert found.signer([*other, *own]) is own[0]
    assert found.signer(other) is None
    assert found._replace(payload=found.payload + b" ").signer(own) is None
    assert found._replace(hint="").signer([*other, *own]) is own[0]  # a bundle need not name its key


def test_files_are_listed_in_the_order_of_model_signing_and_the_encoding_is_that_of_dsse() -> None:
    assert list(parse(made(), "model.sig").files) == ["a/b", "a-b", "a.txt"]
    assert encode(b"hello") == b"DSSEv1 28 application/vnd.in-toto+json 5 hello"


def _in_bundle(change: Callable[[Values], object]) -> Callable[[], bytes]:
    def text() -> bytes:
        bundle, statement = parts(made())
        change(bundle)
        return (
            joined(bundle, statement) if isinstance(bundle.get("dsseEnvelope"), dict) else json.dumps(bundle).encode()
        )

    return text


def _in_envelope(**values: object) -> Callable[[], bytes]:
    def text() -> bytes:
        bundle, _ = parts(made())
        bundle["dsseEnvelope"].update(values)
        return json.dumps(bundle).encode()

    return text


def _in_statement(change: Callable[[Values], object]) -> Callable[[], bytes]:
    def text() -> bytes:
        bundle, statement = parts(made())
        change(statement)
        return joined(bundle, statement)

    return text


def _resources(*resources: object) -> Callable[[], bytes]:
    return _in_statement(lambda one: one["predicate"].update(resources=list(resources)))


def _named(name: object) -> dict[str, object]:
    return {"name": name, "algorithm": "sha256", "digest": "a" * 64}


def _payload(text: bytes) -> Callable[[], bytes]:
    return lambda: joined(parts(made())[0], text)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "no JSON": (lambda: b"{", "no JSON"),
    "no UTF-8": (lambda: b"\xff{}", "no JSON"),
    "a list": (lambda: b"[]", "no JSON object"),
    "nested deep": (lambda: b"[" * 200_000, "nested too deep"),
    "too large": (lambda: b" " * (model_bundle.LARGEST + 1), "more than"),
    "a long number": (lambda: b'{"a": ' + b"9" * 10_000 + b"}", "no JSON"),
    "a key twice": (lambda: b'{"mediaType": "a", "mediaType": "b"}', "stands twice"),
    "another bundle": (_in_bundle(lambda one: one.update(mediaType="application/json")), "mediaType"),
    "no material": (_in_bundle(lambda one: one.update(verificationMaterial=[])), "verificationMaterial"),
    "a certificate": (
        _in_bundle(lambda one: one.update(verificationMaterial={"certificate": {"rawBytes": ""}})),
        "not signed with a key",
    ),
    "a strange hint": (_in_bundle(lambda one: one["verificationMaterial"].update(publicKey={"hint": ["x"]})), "hint"),
    "no envelope": (_in_bundle(lambda one: one.update(dsseEnvelope="x")), "dsseEnvelope"),
    "another payload type": (_in_envelope(payloadType="application/json"), "payloadType"),
    "payload no base64": (_in_envelope(payload="*"), "payload is no base64"),
    "payload a number": (_in_envelope(payload=7), "payload is no text"),
    "no signature": (_in_envelope(signatures=[]), "one signature"),
    "two signatures": (_in_envelope(signatures=[{"sig": "AAAA"}, {"sig": "AAAA"}]), "one signature"),
    "signature a text": (_in_envelope(signatures=["AAAA"]), "one signature"),
    "signature too long": (_in_envelope(signatures=[{"sig": "A" * 4000}]), "too long"),
    "payload nested deep": (_payload(b"[" * 200_000), "nested too deep"),
    "payload key twice": (_payload(b'{"_type": "a", "_type": "b"}'), "stands twice"),
    "another statement": (_in_statement(lambda one: one.update(_type="https://in-toto.io/Statement/v0.1")), "_type"),
    "another predicate": (
        _in_statement(lambda one: one.update(predicateType="https://model_signing/Digests/v0.1")),
        "predicateType",
    ),
    "no predicate": (_in_statement(lambda one: one.update(predicate=None)), "predicate"),
    "shards": (_in_statement(lambda one: one["predicate"]["serialization"].update(method="shards")), "method"),
    "another hash": (_in_statement(lambda one: one["predicate"]["serialization"].update(hash_type="blake3")), "hash"),
    "ignores a number": (
        _in_statement(lambda one: one["predicate"]["serialization"].update(ignore_paths=[1])),
        "ignore_paths",
    ),
    "no resources": (_resources(), "resources"),
    "a resource that is a text": (_resources("a"), "no path"),
    "a name that is a number": (_resources(_named(1)), "no path"),
    "a name that climbs": (_resources(_named("../a")), "no path"),
    "a name that climbs inside": (_resources(_named("a/../../b")), "no path"),
    "an absolute name": (_resources(_named("/etc/passwd")), "no path"),
    "a name of a place": (_resources(_named("a/./b")), "no path"),
    "a name with a backslash": (_resources(_named("a\\b")), "no path"),
    "a name with a line end": (_resources(_named("a\nb")), "no path"),
    "half a letter": (_resources(_named("\ud800")), "no path"),
    "a long name": (_resources(_named("a" * 5000)), "no path"),
    "the one file among others": (_resources(_named("."), _named("a")), "no path"),
    "a name twice": (_resources(_named("a"), _named("a")), "twice"),
    "another algorithm": (_resources({**_named("a"), "algorithm": "md5"}), "no digest of SHA-256"),
    "a short digest": (_resources({**_named("a"), "digest": "a"}), "no digest of SHA-256"),
    "a digest in capitals": (_resources({**_named("a"), "digest": "A" * 64}), "no digest of SHA-256"),
    "another root": (_resources(_named("a")), "digest of the subject"),
    "two subjects": (_in_statement(lambda one: one["subject"].append(one["subject"][0])), "one subject"),
    "a subject without digest": (_in_statement(lambda one: one.update(subject=[{"name": "a"}])), "digest"),
    "a strange version": (_in_statement(lambda one: one["predicate"].update(gto={"artifact": 1})), "of the version"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_is_refused_in_one_line(name: str) -> None:
    text, told = HOSTILE[name]
    with pytest.raises(BadFile, match=r"model\.sig") as caught:
        parse(text(), "model.sig")
    assert told in caught.value.reason
    assert "\n" not in caught.value.reason
    assert len(caught.value.reason) < 300


def test_a_key_in_the_bundle_itself_proves_nothing() -> None:
    bundle, statement = parts(made())
    bundle["verificationMaterial"]["publicKey"] |= {"rawBytes": "AAAA", "keyDetails": "PKIX_RSA_PKCS1V15_2048_SHA256"}
    found = parse(joined(bundle, statement), "model.sig")
    assert found.signer([]) is None


def test_only_files_of_git_and_signatures_that_are_named_need_no_cover() -> None:
    bundle, statement = parts(made())
    statement["predicate"]["serialization"]["ignore_paths"] = ["model.sig", "weights.bin"]
    found = parse(joined(bundle, statement), "model.sig")
    assert [found.ignores(one) for one in ("model.sig", ".gitattributes", ".github/a.yml")] == [True] * 3
    assert [found.ignores(one) for one in ("weights.bin", "deep/.gitignore", "other.sig")] == [False] * 3
