"""Signatures of files as OpenSSF Model Signing writes them: a Sigstore bundle over an in-toto statement, in DSSE."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gto.exceptions import BadFile
from gto.signing.ec_key import PrivateKey, PublicKey

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
LARGEST = 32 << 20
"""Bytes of a bundle."""
MOST_FILES = 100_000
ONE_FILE = "."
"""What a statement calls the file of a model that is no directory."""
GIT_PATHS = (".git", ".gitattributes", ".github", ".gitignore")
"""What model-signing leaves out of a directory unless it is told otherwise; nothing of these names deeper in it."""
_HINT_RE = re.compile(r"[0-9a-f]{64}")
_SHA256_RE = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 4096
_LONGEST_SIGNATURE = 512  # bytes; that of P-521 has 139
_REMAKE = "`gto sign` or `model_signing sign key` makes one"


class SignedVersion(NamedTuple):
    """Of which version files are, as who signed them says; a bundle that GTO did not make says nothing of it."""

    artifact: str
    version: str
    commit: str


class Bundle(NamedTuple):
    """A bundle that is sound in form; whether the signature is good, nobody has asked yet."""

    text: bytes
    payload: bytes
    signature: bytes
    hint: str
    """Which key is said to have signed: SHA-256 of its PEM; empty where the bundle does not say."""
    files: Mapping[str, str]
    """SHA-256 in hexadecimal digits by path; ONE_FILE for a model that is one file."""
    ignored: tuple[str, ...]
    """Paths that are not covered: files, and directories with all in them."""
    subject: SignedVersion | None = None

    def signer(self, keys: Iterable[PublicKey]) -> PublicKey | None:
        """Return the one of the keys that signed; None where none of them did."""
        data = encode(self.payload)
        own = [key for key in keys if not self.hint or key.hint == self.hint]
        return next((key for key in own if key.has_signed(self.signature, data)), None)

    def ignores(self, path: str) -> bool:
        """Tell whether a file need not be covered: those of Git, and signatures that the bundle names."""
        top = path.split("/", 1)[0]
        return top in GIT_PATHS or (path in self.ignored and path.endswith(".sig"))


def encode(payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding, which is what is signed (DSSE v1)."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def make(name: str, files: Mapping[str, str], key: PrivateKey, subject: SignedVersion) -> bytes:
    """Sign files, paths to SHA-256, under the name of the directory or file that they are; return the bundle."""
    ordered = sorted(files.items(), key=lambda one: one[0].split("/"))
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": root_of([digest for _, digest in ordered])}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": list(GIT_PATHS),
            },
            "resources": [{"name": path, "algorithm": "sha256", "digest": digest} for path, digest in ordered],
            "gto": subject._asdict(),
        },
    }
    payload = json.dumps(statement, separators=(",", ":"), ensure_ascii=False).encode()
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"sig": base64.b64encode(key.sign(encode(payload))).decode(), "keyid": ""}],
    }
    material = {"publicKey": {"hint": key.hint}, "tlogEntries": []}
    bundle = {"mediaType": MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
    return json.dumps(bundle, separators=(",", ":")).encode()


def root_of(digests: Sequence[str]) -> str:
    """Return the digest of all files: SHA-256 of their digests, one behind the other."""
    return hashlib.sha256(bytes.fromhex("".join(digests))).hexdigest()


def parse(text: bytes, where: str) -> Bundle:
    """Read a bundle, or raise BadFile that says in one line what is wrong; nothing in it is believed."""
    if len(text) > LARGEST:
        raise BadFile(where, f"the bundle has {len(text)} bytes, more than {LARGEST}", hint=_REMAKE)
    read = _BundleReader(where)
    top = read.json(text, "the bundle")
    if top.get("mediaType") != MEDIA_TYPE:
        raise read.wrong(f"it is no Sigstore bundle of v0.3: mediaType is not '{MEDIA_TYPE}'")
    material = read.mapping(top, "verificationMaterial")
    if not isinstance(material.get("publicKey"), dict):
        raise read.wrong("it was not signed with a key: verificationMaterial has no publicKey")
    hint = material["publicKey"].get("hint") or ""
    if hint and not (isinstance(hint, str) and _HINT_RE.fullmatch(hint)):
        raise read.wrong("the hint of publicKey is no SHA-256")
    envelope = read.mapping(top, "dsseEnvelope")
    if envelope.get("payloadType") != PAYLOAD_TYPE:
        raise read.wrong(f"payloadType is not '{PAYLOAD_TYPE}'")
    payload = read.base64(envelope, "payload")
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise read.wrong("one signature is needed, no more and no fewer")
    signature = read.base64(signatures[0], "sig")
    if len(signature) > _LONGEST_SIGNATURE:
        raise read.wrong("the signature is too long for one of ECDSA")
    files, ignored, subject = read.statement(read.json(payload, "the payload"))
    return Bundle(text, payload, signature, hint, files, ignored, subject)


class _BundleReader:
    """Reads values of a bundle; what is not as it must be raises BadFile."""

    def __init__(self, where: str) -> None:
        self._where = where

    def wrong(self, reason: str) -> BadFile:
        return BadFile(self._where, reason, hint=_REMAKE)

    def json(self, text: bytes, what: str) -> dict[str, Any]:
        try:
            found = json.loads(text.decode(), object_pairs_hook=self._once)
        except RecursionError:
            raise self.wrong(f"{what} is nested too deep") from None
        except ValueError as error:  # also what is no UTF-8
            raise self.wrong(f"{what} is no JSON: {str(error)[:100]}") from error
        if not isinstance(found, dict):
            raise self.wrong(f"{what} is no JSON object")
        return found

    def _once(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):  # two readers might go by different ones
            raise self.wrong("a key stands twice in one JSON object")
        return found

    def mapping(self, values: Mapping[str, Any], key: str) -> dict[str, Any]:
        found = values.get(key)
        if not isinstance(found, dict):
            raise self.wrong(f"{key} is no JSON object")
        return found

    def base64(self, values: Mapping[str, Any], key: str) -> bytes:
        found = values.get(key)
        if not isinstance(found, str):
            raise self.wrong(f"{key} is no text")
        try:
            return base64.b64decode(found, validate=True)
        except ValueError as error:
            raise self.wrong(f"{key} is no base64") from error

    def statement(self, values: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...], SignedVersion | None]:
        if values.get("_type") != STATEMENT_TYPE:
            raise self.wrong(f"the payload is no in-toto statement of v1: _type is not '{STATEMENT_TYPE}'")
        if values.get("predicateType") != PREDICATE_TYPE:
            raise self.wrong(f"predicateType is not '{PREDICATE_TYPE}'")
        predicate = self.mapping(values, "predicate")
        serialization = self.mapping(predicate, "serialization")
        if serialization.get("method") != "files" or serialization.get("hash_type") != "sha256":
            raise self.wrong(
                "the files are not listed whole with SHA-256: serialization has another method or hash_type"
            )
        ignored = serialization.get("ignore_paths", [])
        if not isinstance(ignored, list) or not all(isinstance(one, str) for one in ignored):
            raise self.wrong("ignore_paths is no list of texts")
        files = self._files(predicate.get("resources"))
        subjects = values.get("subject")
        if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(subjects[0], dict):
            raise self.wrong("one subject is needed, no more and no fewer")
        if self.mapping(subjects[0], "digest").get("sha256") != root_of(list(files.values())):
            raise self.wrong("the digest of the subject is not that of the resources")
        return files, tuple(ignored), self._subject(predicate.get("gto"))

    def _files(self, resources: object) -> dict[str, str]:
        if not isinstance(resources, list) or not 0 < len(resources) <= MOST_FILES:
            raise self.wrong(f"resources is no list of 1 to {MOST_FILES} files")
        found: dict[str, str] = {}
        for one in resources:
            name, digest = (one.get("name"), one.get("digest")) if isinstance(one, dict) else (None, None)
            if not isinstance(name, str) or not is_safe(name, alone=len(resources) == 1):
                raise self.wrong(f"the name of a resource is no path in the model: {str(name)[:60]!r}")
            if name in found:
                raise self.wrong(f"the resource {name[:60]!r} stands there twice")
            if one.get("algorithm") != "sha256" or not isinstance(digest, str) or not _SHA256_RE.fullmatch(digest):
                raise self.wrong(f"the resource {name[:60]!r} has no digest of SHA-256")
            found[name] = digest
        return found

    def _subject(self, value: object) -> SignedVersion | None:
        if value is None:
            return None
        if not isinstance(value, dict) or set(value) != set(SignedVersion._fields) or not _are_texts(value):
            raise self.wrong("what it says of the version is not as GTO writes it")
        return SignedVersion(**value)


def _are_texts(value: Mapping[str, object]) -> bool:
    return all(isinstance(one, str) for one in value.values())


def is_safe(name: str, *, alone: bool = False) -> bool:
    """Tell whether a name is that of a file below a directory; `alone` also of a model that is one file."""
    if name == ONE_FILE:
        return alone
    bad = len(name) > _LONGEST_NAME or "\\" in name or any(one < " " or "\ud800" <= one <= "\udfff" for one in name)
    return not bad and not {"", ".", ".."} & set(name.split("/"))
