"""Files of a version signed with a key: what is signed, verified and brought, and what the model-signing tool says."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gto import api
from gto.delivery.get import find
from gto.delivery.signed_files import SignedWish, hold
from gto.exceptions import ChecksumMismatch, FilesNotSigned, UsageError
from gto.registry.registry import Registry
from gto.signing import model_bundle
from gto.signing.ec_key import read_private_key
from gto.signing.model_bundle import SignedVersion
from tests.environment import make_environment
from tests.keys import private_pem, public_pem
from tests.repo import Repo, run
from tests.stories.healthy import done, problems, said

if TYPE_CHECKING:
    from tests.repo import Result

BODY, KEPT = b"weights\n", b"kept by DVC\n"
OID = hashlib.sha256(BODY).hexdigest()
MD5 = hashlib.md5(KEPT, usedforsecurity=False).hexdigest()
CACHE = f".dvc/cache/files/md5/{MD5[:2]}/{MD5[2:]}"
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize {len(BODY)}\n"
FILES = {
    ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
    ".dvc/config": "",
    "artifacts.yaml": "churn: {path: m}\nsingle: {path: a.txt}\n",
    "a.txt": "a\n",
    "m/a.txt": "a\n",
    "m/sub/b.txt": "b\n",
    "m/w.bin": POINTER,
    "m/.gitignore": "/kept.pkl\n",
    "m/kept.pkl.dvc": f"outs:\n- {{md5: {MD5}, size: {len(KEPT)}, hash: md5, path: kept.pkl}}\n",
}


@pytest.fixture
def registry(repo: Repo) -> Repo:
    """A directory with files of Git, Git LFS and DVC, and one of its files, registered; keys beside the repository."""
    for place, data in ((CACHE, KEPT), (f".git/lfs/objects/{OID[:2]}/{OID[2:4]}/{OID}", BODY)):
        path = repo.path / place
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    repo.git("remote", "add", "origin", "https://lfs.example.com/x.git")
    repo.git("-c", "filter.lfs.clean=cat", "-c", "filter.lfs.required=false", "status")
    repo.commit("files", FILES)
    for name in ("churn", "single"):
        done(repo.gto("register", name))
    for name, number in (("k", 0), ("o", 1)):
        (repo.path / f"../{name}.pem").write_bytes(private_pem("secp256r1", number))
        (repo.path / f"../{name}.pub").write_bytes(public_pem("secp256r1", number))
    (repo.path / "../ed.pem").write_bytes(private_pem("ed25519"))
    return repo


def sign(repo: Repo, name: str = "churn", *words: str, key: str = "../k.pem") -> str:
    return str(json.loads(done(repo.gto("sign", name, "--key", key, "--json", *words)))["ref"])


def verified(repo: Repo, name: str = "churn", *, key: str = "../k.pub", code: int = 0) -> dict[str, object]:
    answer: dict[str, object] = json.loads(
        done(repo.gto("verify", name, "--files", "--public-key", key, "--json"), code=code)
    )
    return answer


def trusts(answer: dict[str, object]) -> list[tuple[str, str | None]]:
    signatures = answer["signatures"]
    assert isinstance(signatures, list)
    return [(one["signature"], one["owner"]) for one in signatures]


def get(repo: Repo, *words: str, key: str = "../k.pub") -> Result:
    return repo.gto("get", *words, "--public-key", key)


def write_tag(repo: Repo, name: str, text: str) -> None:
    """Put a bundle of a stranger's beside the events."""
    repo.git("tag", "--annotate", "--cleanup=verbatim", f"--message={text}", name, "churn@v0.0.1", **repo.dated())


def message(repo: Repo, ref: str) -> str:
    return repo.git("cat-file", "tag", ref).partition("\n\n")[2]


def test_files_of_git_lfs_and_dvc_are_signed_and_verified_and_gits_own_are_not_covered(registry: Repo) -> None:
    result = registry.gto("sign", "churn", "--key", "../k.pem")
    assert "signs 4 file(s) of 'v0.0.1'" in done(result)
    assert "not covered by the signature: .gitignore" in result.stderr
    answer = verified(registry)
    assert (answer["files"], answer["good"], answer["not_covered"]) == (5, 1, [".gitignore"])
    assert trusts(answer) == [("good", "k.pub")]
    assert trusts(verified(registry, key="../o.pub", code=1)) == [("unknown key", None)]
    assert problems(registry) == set()
    assert "signatures/" not in done(registry.gto("tags"))
    assert "signatures/" not in done(registry.gto("tags", "--other"))


def test_several_people_sign_one_version_each_once(registry: Repo) -> None:
    sign(registry)
    sign(registry, key="../o.pem")
    said(registry.gto("sign", "churn", "--key", "../k.pem"), "The same key signed these files already")
    both = Path(registry.path / "../both.pub")
    both.write_bytes(b"# ada@example.com\n" + public_pem("secp256r1") + b"# bob\n" + public_pem("secp256r1", 1))
    answer = verified(registry, key="../both.pub")
    assert (answer["good"], trusts(answer)) == (2, [("good", "ada@example.com"), ("good", "bob")])
    registry.git("config", "gto.publicKeys", str(both.resolve()))
    told = "note: files of 'churn@v0.0.1' were signed by ada@example.com\n"
    assert told in registry.gto("show", "churn", "--verify").stderr
    assert told in registry.gto("describe", "churn@v0.0.1", "--all").stderr
    assert len(json.loads(done(registry.gto("describe", "churn@v0.0.1", "--all", "--json")))["files_signatures"]) == 2


def test_a_file_that_is_not_what_its_own_digest_says_is_not_signed(registry: Repo) -> None:
    (registry.path / CACHE).write_bytes(b"kept by evil")
    said(registry.gto("sign", "churn", "--key", "../k.pem"), MD5)
    assert not registry.refs("refs/tags/signatures")


def test_who_names_no_key_that_can_sign_is_told_what_to_type(registry: Repo) -> None:
    said(registry.gto("sign", "churn", "--key", "../ed.pem"), "of Ed25519", "openssl ecparam")
    said(registry.gto("sign", "churn", "--key", "../k.pub"), "no private key")
    said(registry.gto("sign", "churn", "--key", "../nothing"), "Cannot read '../nothing'")
    said(registry.gto("sign", "churn"), "Either --key or --bundle", "openssl ecparam")
    said(registry.gto("verify", "--files"), "--files is about one version")
    said(registry.gto("verify", "churn", "--public-key", "../k.pub"), "add --files")
    said(registry.gto("verify", "churn", "--files", "--public-key", "../ed.pem"), "private key")
    with pytest.raises(UsageError):
        api.sign(str(registry.path), "churn")


def test_get_brings_what_a_trusted_key_signed_and_writes_the_bundle_beside(registry: Repo, tmp_path: Path) -> None:
    ref = sign(registry)
    out = tmp_path / "out/m"
    result = get(registry, "churn", "-o", str(out), "--with-signature")
    done(result)
    assert "the files are those that k.pub signed" in result.stderr
    assert "no signature covers '.gitignore'" in result.stderr
    assert (out / "kept.pkl").read_bytes() == KEPT
    assert (tmp_path / "out/model.sig").read_text() == message(registry, ref)
    (tmp_path / "out/model.sig").write_text("mine")
    said(get(registry, "churn", "-o", str(out), "--with-signature"), "is there already and differs")


def test_get_of_other_bytes_than_signed_fails_whole_and_leaves_nothing(registry: Repo, tmp_path: Path) -> None:
    sign(registry)
    sign(registry, "single")
    forged = KEPT.replace(b"DVC", b"Eve")
    (registry.path / CACHE).write_bytes(forged)
    out = tmp_path / "out"
    out.mkdir()
    said(get(registry, "churn", "-o", str(out / "m")), "sha256", hashlib.sha256(KEPT).hexdigest())
    assert list(out.iterdir()) == []
    with pytest.raises(ChecksumMismatch):
        api.get(str(registry.path), "churn", str(out / "m"), public_keys=[str(registry.path / "../k.pub")])
    assert list(out.iterdir()) == []
    assert done(get(registry, "single", "-o", "-")) == "a\n"


def test_get_refuses_what_no_trusted_key_signed(registry: Repo, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    said(get(registry, "churn", "-o", out), "nobody signed them", "gto sign churn@v0.0.1")
    sign(registry)
    said(get(registry, "churn", "-o", out, key="../o.pub"), "no trusted key signed it")
    said(get(registry, "churn", "--rev", "HEAD", "-o", out), "nobody signed them")
    with pytest.raises(FilesNotSigned):
        api.get(str(registry.path), "churn", out, public_keys=[str(registry.path / "../o.pub")])
    assert not Path(out).exists()


def test_keys_of_git_count_where_signatures_are_required_and_a_strangers_repository_names_none(
    registry: Repo,
) -> None:
    sign(registry, "single")
    registry.git("config", "gto.publicKeys", str((registry.path / "../k.pub").resolve()))
    assert api.verify_files(str(registry.path), "single").good == 1
    url = f"file://{registry.path}"
    answer = json.loads(done(registry.gto("verify", "-r", url, "single", "--files", "--json"), code=1))
    assert trusts(answer) == [("unknown key", None)]
    registry.git("config", "--global", "gto.publicKeys", str((registry.path / "../k.pub").resolve()))
    answer = json.loads(done(registry.gto("verify", "-r", url, "single", "--files", "--json")))
    assert trusts(answer) == [("good", "k.pub")]


def test_a_bundle_of_another_version_or_of_other_files_does_not_count(registry: Repo) -> None:
    text = message(registry, sign(registry))
    registry.commit("second", {"m/a.txt": "a\n", "new.txt": "x"})
    done(registry.gto("register", "churn"))
    registry.git("tag", "--annotate", "--cleanup=verbatim", f"--message={text}", "signatures/churn,v0.0.2,0123456789ab")
    answer = verified(registry, code=1)
    assert trusts(answer) == [("of another version", "k.pub")]
    (path := registry.path / "../model.sig").write_text(text)
    said(registry.gto("sign", "churn", "--bundle", str(path)), "made for another version")
    write_tag(registry, "signatures/churn,v0.0.1,0123456789ac", "{}")
    assert problems(registry) == {("files-signature-broken", "signatures/churn,v0.0.1,0123456789ac")}
    assert trusts(verified(registry, "churn@v0.0.1")) == [("good", "k.pub"), ("unreadable", None)]
    said(registry.gto("sign", "single", "--bundle", str(path)), "does not sign these files")


def test_signatures_go_with_push_and_fetch_and_status_tells_of_them(registry: Repo, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    registry.git("init", "--quiet", "--bare", str(bare))
    registry.git("remote", "set-url", "origin", str(bare))
    registry.git("push", "--quiet", "origin", "HEAD")
    ref = sign(registry, "single", "--push")
    assert f"refs/tags/{ref}" in Repo(bare).refs("refs/tags")
    assert "refs/tags/single@v0.0.1" in Repo(bare).refs("refs/tags")
    other = sign(registry, "single", key="../o.pem")
    assert f"not pushed,{other}" in done(registry.gto("status", "--plain")).replace("\t", ",").replace("  ", ",") or (
        other in done(registry.gto("status"))
    )
    done(registry.gto("push"))
    clone = Repo(tmp_path / "clone")
    registry.git("clone", "--quiet", "--no-tags", str(bare), str(clone.path))
    assert other in done(clone.gto("fetch"))
    assert api.verify_files(str(clone.path), "single", [str(registry.path / "../o.pub")]).good == 1


def test_a_rule_asks_for_signed_files_before_a_stage_and_get_checks_what_is_in_it(
    registry: Repo, tmp_path: Path
) -> None:
    policy = "signing: {public_keys: keys.pem}\nrules:\n- {name: prod, stages: prod, files_signed: true}\n"
    registry.git("remote", "remove", "origin")
    registry.commit("policy", {".gto.policy.yaml": policy, "keys.pem": "# ada\n" + public_pem("secp256r1").decode()})
    assign = ("assign", "churn", "--version", "v0.0.1", "--stage", "prod")
    said(registry.gto(*assign), "files of 'v0.0.1' are not signed with a trusted key: nobody", "gto sign churn@v0.0.1")
    sign(registry, key="../o.pem")
    said(registry.gto(*assign), "no trusted key signed it")
    sign(registry)
    done(registry.gto(*assign))
    assert "signed with a trusted public key" in done(registry.gto("policy", "show"))
    done(registry.gto("check", "churn#prod#1", "--policy-from", "HEAD"))
    result = registry.gto("get", "churn#prod", "-o", str(tmp_path / "out"))
    done(result)
    assert "the files are those that ada signed" in result.stderr
    (registry.path / CACHE).write_bytes(KEPT.replace(b"DVC", b"Eve"))
    shutil.rmtree(tmp_path / "out")
    for words in (("get",), ("build", "oci"), ("apply", "--input", "rows.csv")):
        said(registry.gto(*words, "churn#prod", "-o", str(tmp_path / "out")), "sha256")
        assert not (tmp_path / "out").exists()


def test_a_server_takes_a_signature_with_the_assignment_that_needs_it_and_keeps_both(
    registry: Repo, tmp_path: Path
) -> None:
    policy = "signing: {public_keys: keys.pem}\nrules:\n- {name: prod, stages: prod, files_signed: true}\n"
    bare = Repo(tmp_path / "bare")
    registry.git("init", "--quiet", "--bare", str(bare.path))
    registry.git("remote", "set-url", "origin", str(bare.path))
    registry.commit("policy", {".gto.policy.yaml": policy, "keys.pem": public_pem("secp256r1").decode()})
    registry.git("push", "--quiet", "origin", "HEAD", "single@v0.0.1", "churn@v0.0.1")
    bare.git("symbolic-ref", "HEAD", registry.git("symbolic-ref", "HEAD"))
    done(bare.gto("hook", "install", "pre-receive"))
    ref = sign(registry, "single")
    registry.tag("single#prod#1", "single@v0.0.1", date=registry.dated()["GIT_COMMITTER_DATE"])
    registry.tag("churn#prod#1", "churn@v0.0.1", date=registry.dated()["GIT_COMMITTER_DATE"])

    def push(*specs: str) -> Result:
        return run("git", "push", "--porcelain", "origin", *specs, cwd=registry.path)

    refused = push("churn#prod#1")
    assert refused.code != 0
    assert "the files of 'v0.0.1' are not signed with a trusted key: nobody signed them" in refused.stderr
    assert push("single#prod#1", ref).code == 0
    assert "a signature of files is never deleted" in push(f":{ref}").stderr
    bundle = message(registry, ref)  # of one version, put beside another
    write_tag(registry, "signatures/churn,v0.0.1,0123456789ab", bundle)
    refused = push("churn#prod#1", "signatures/churn,v0.0.1,0123456789ab")
    assert "it was signed as 'single@v0.0.1'" in refused.stderr


def foreign(files: dict[str, str], number: int = 0, *, by: int | None = None) -> str:
    """A bundle that says nothing of a version; with `by` another key made the signature than it names."""
    key, other = (read_private_key(private_pem("secp256r1", one), "k", lambda: None) for one in (number, by or number))
    made = json.loads(model_bundle.make("m", files, key, SignedVersion("", "", "")))
    envelope = made["dsseEnvelope"]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    del statement["predicate"]["gto"]
    payload = json.dumps(statement).encode()
    envelope["payload"] = base64.b64encode(payload).decode()
    envelope["signatures"][0]["sig"] = base64.b64encode(other.sign(model_bundle.encode(payload))).decode()
    return json.dumps(made)


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def test_a_bundle_that_another_key_made_than_it_names_is_tampered(registry: Repo) -> None:
    text = foreign({".": sha256(b"a\n")}, by=1)
    write_tag(registry, "signatures/single,v0.0.1,0123456789ab", text)
    assert trusts(verified(registry, "single", code=1)) == [("tampered", "k.pub")]
    (path := registry.path / "../model.sig").write_text(text)
    registry.git("config", "gto.publicKeys", str((registry.path / "../k.pub").resolve()))
    said(registry.gto("sign", "single", "--bundle", str(path)), "it names a trusted key, and that did not sign it")


def test_where_trusted_keys_signed_different_files_none_are_brought(registry: Repo, tmp_path: Path) -> None:
    files = {"a.txt": sha256(b"a\n"), "sub/b.txt": sha256(b"b\n"), "w.bin": OID, "kept.pkl": sha256(KEPT)}
    both = tmp_path / "both.pub"
    both.write_bytes(public_pem("secp256r1") + public_pem("secp256r1", 1))
    write_tag(registry, "signatures/churn,v0.0.1,0123456789ab", foreign(files))
    write_tag(registry, "signatures/churn,v0.0.1,0123456789ac", foreign({**files, "w.bin": sha256(b"")}, 1))
    done(get(registry, "churn", "-o", str(tmp_path / "one"), key=str(both)))  # of Git LFS the SHA-256 is known
    write_tag(registry, "signatures/churn,v0.0.1,0123456789ad", foreign({**files, "kept.pkl": sha256(b"")}, 1))
    said(get(registry, "churn", "-o", str(tmp_path / "two"), key=str(both)), "trusted keys signed different files")
    assert not (tmp_path / "two").exists()


def test_where_signatures_are_required_files_are_held_to_them_as_soon_as_a_key_is_known(registry: Repo) -> None:
    opened = Registry.open(str(registry.path))
    chosen, located = find(opened, "single")
    wish = SignedWish(required=True)
    assert hold(opened, chosen, located, wish) == (located, ())
    registry.git("config", "gto.publicKeys", str((registry.path / "../k.pub").resolve()))
    with pytest.raises(FilesNotSigned):
        hold(opened, chosen, located, wish)
    sign(registry, "single")
    (only,) = hold(opened, chosen, located, wish).located.contents
    assert only.digest == ("sha256", sha256(b"a\n"))


# --- the model-signing tool


@pytest.fixture(scope="session")
def tool() -> list[str]:
    """The command of OpenSSF Model Signing, which imports pyOpenSSL and does not require it."""
    return [str(make_environment("model-signing", ["model-signing==1.1.1", "pyOpenSSL"])), "-m", "model_signing"]


def run_tool(tool: list[str], verb: str, place: Path, signature: Path, key: Path) -> str:
    """What the tool says; empty where it succeeds."""
    name = "--private_key" if verb == "sign" else "--public_key"
    words = [*tool, verb, "key", str(place), "--signature", str(signature), name, str(key)]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout + result.stderr


@pytest.mark.parametrize("curve", ["secp256r1", "secp384r1", "secp521r1"])
def test_model_signing_verifies_our_bundle_and_finds_what_was_changed(
    registry: Repo, tmp_path: Path, tool: list[str], curve: str
) -> None:
    key, public = tmp_path / "c.pem", tmp_path / "c.pub"
    key.write_bytes(private_pem(curve))
    public.write_bytes(public_pem(curve))
    for name, place in (("churn", tmp_path / "out/m"), ("single", tmp_path / "one/a.txt")):
        sign(registry, name, key=str(key))
        done(registry.gto("get", name, "-o", str(place), "--with-signature"))
        assert run_tool(tool, "verify", place, place.parent / "model.sig", public) == ""
    if curve == "secp256r1":
        place, signature = tmp_path / "out/m", tmp_path / "out/model.sig"
        (place / "extra").write_text("x")
        assert "Extra files" in run_tool(tool, "verify", place, signature, public)
        (place / "extra").rename(place / "a.txt")
        assert "Hash mismatch for" in run_tool(tool, "verify", place, signature, public)
        (place / "a.txt").unlink()
        assert "Missing files" in run_tool(tool, "verify", place, signature, public)


def test_a_bundle_of_model_signing_is_kept_and_what_was_changed_is_found(
    registry: Repo, tmp_path: Path, tool: list[str]
) -> None:
    place, signature, key = tmp_path / "m", tmp_path / "m/model.sig", registry.path / "../k.pem"
    done(registry.gto("get", "churn", "-o", str(place)))
    assert run_tool(tool, "sign", place, signature, key) == ""
    result = registry.gto("sign", "churn", "--bundle", str(signature))
    done(result)
    assert "is not trusted here, so whether it signed this was not checked" in result.stderr
    answer = verified(registry)
    assert (trusts(answer), answer["not_covered"]) == ([("good", "k.pub")], [".gitignore"])
    done(get(registry, "churn", "-o", str(tmp_path / "out")))
    for change, told in (
        (lambda: (place / "extra").write_text("x"), "missing: 'extra'"),
        (lambda: (place / "extra").rename(place / "a.txt"), "changed: 'a.txt'"),
        ((place / "a.txt").unlink, "not signed: 'a.txt'"),
    ):
        change()
        assert run_tool(tool, "sign", place, signature, key) == ""
        said(registry.gto("sign", "churn", "--bundle", str(signature)), told)
