"""`gto export bom`: a CycloneDX document that its validator takes, and that claims nothing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from gto.export.cyclonedx_component import of_digest
from gto.export.cyclonedx_model_card import _KNOWN
from tests.repo import Repo
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)
MD5 = "0123456789abcdef0123456789abcdef"
SHA256 = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA256}\nsize 12345\n"
META = """\
license: apache-2.0
task: classification
considerations: {users: [marketing], useCases: who will leave, technicalLimitations: [1, ''], other: x}
"""


def bom(repo: Repo, *args: str) -> dict[str, Any]:
    """The document, which the validator takes, and of which all references lead somewhere."""
    text = done(repo.gto("export", "bom", *args))
    assert VALIDATOR.validate_str(text) is None
    found: dict[str, Any] = json.loads(text)
    itself = found["metadata"]["component"]
    refs = [one["bom-ref"] for one in (itself, *found["components"], *itself.get("components", ()))]
    assert len(refs) == len(set(refs))
    for one in found["dependencies"]:
        assert one["ref"] in refs
        assert set(one.get("dependsOn", ())) <= set(refs)
    return found


def properties(part: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in part.get("properties", ())]


def annotate(repo: Repo, path: str, more: str = "", files: dict[str, str] | None = None) -> None:
    yaml = f"artifacts:\n  m:\n    path: {path}\n    type: model\n{more}"
    repo.commit("one", {"dvc.yaml": yaml, **(files or {})})
    done(repo.gto("register", "m", "--version", "v1.0.0"))


def test_it_tells_the_version_and_is_the_same_at_every_run(repo: Repo, tmp_path: Path) -> None:
    meta = "".join(f"      {line}\n" for line in META.splitlines())
    annotate(repo, "m.bin", f"    desc: A model\n    meta:\n{meta}", {"m.bin": "x"})
    done(repo.gto("assign", "m", "--version", "v1.0.0", "--stage", "prod"))
    address = ("--address", "https://me:secret@example.com/m.git")
    found = bom(repo, "m#prod", *address)
    itself = found["metadata"]["component"]
    assert (itself["type"], itself["name"], itself["version"]) == ("machine-learning-model", "m", "v1.0.0")
    assert itself["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert itself["modelCard"]["modelParameters"] == {"task": "classification"}
    assert itself["modelCard"]["considerations"] == {"users": ["marketing"], "useCases": ["who will leave"]}
    assert itself["externalReferences"] == [{"type": "vcs", "url": "https://example.com/m.git"}]
    assert {("gto:commit", repo.git("rev-parse", "HEAD")), ("gto:stage", "prod"), ("gto:artifact", "m")} <= set(
        properties(itself)
    )
    assert found["metadata"]["timestamp"] == repo.git("for-each-ref", "--format=%(taggerdate:iso-strict)",
                                                      "refs/tags/m@v1.0.0").replace("Z", "+00:00")  # fmt: skip
    assert found["version"] == 2  # one event more, one more version of the document
    assert bom(repo, "m", *address) == bom(repo, "m@latest", *address) == bom(repo, "m@v1.0.0", *address) == found
    clone = Repo(tmp_path / "clone")
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(clone.path))
    assert bom(clone, "m", *address) == found
    other = bom(repo, "m", "--address", "https://example.com/other.git")
    assert other["serialNumber"] != found["serialNumber"]


def test_a_file_of_git_has_git_s_own_identifier_and_no_hash(repo: Repo) -> None:
    annotate(repo, "m.bin", files={"m.bin": "x"})
    itself = bom(repo, "m")["metadata"]["component"]
    oid = repo.git("rev-parse", "HEAD:m.bin")
    assert "hashes" not in itself
    assert itself["swhid"] == [f"swh:1:cnt:{oid}"]
    assert ("gto:git-blob", oid) in properties(itself)


def test_a_file_of_git_lfs_has_its_sha256(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://example.com/m.git")
    annotate(repo, "m.bin", files={"m.bin": POINTER, ".gitattributes": "*.bin filter=lfs\n"})
    assert bom(repo, "m")["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": SHA256}]


@pytest.mark.parametrize(("extra", "claimed"), [("  hash: md5\n", True), ("", False)])
def test_an_md5_of_dvc_is_claimed_only_where_it_is_that_of_the_bytes(repo: Repo, extra: str, claimed: bool) -> None:  # noqa: FBT001 - a column of the table
    pointer = f"outs:\n- md5: {MD5}\n  size: 3\n{extra}  path: m.bin\n"
    annotate(repo, "m.bin", files={"m.bin.dvc": pointer, ".dvc/config": ""})
    itself = bom(repo, "m")["metadata"]["component"]
    assert itself.get("hashes") == ([{"alg": "MD5", "content": MD5}] if claimed else None)
    assert (MD5 in dict(properties(itself)).values()) is not claimed


def test_a_directory_lists_its_files(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://example.com/m.git")
    annotate(repo, "m", files={"m/a.bin": POINTER, "m/b/c.txt": "c", ".gitattributes": "*.bin filter=lfs\n"})
    itself = bom(repo, "m")["metadata"]["component"]
    assert [one["name"] for one in itself["components"]] == ["a.bin", "b/c.txt"]
    assert itself["components"][0]["hashes"] == [{"alg": "SHA-256", "content": SHA256}]
    assert "hashes" not in itself["components"][1]
    assert "hashes" not in itself


def test_a_directory_of_dvc_whose_listing_cannot_be_had_is_told_without_files(repo: Repo) -> None:
    pointer = f"outs:\n- md5: {MD5}.dir\n  hash: md5\n  path: m\n"
    annotate(repo, "m", files={"m.dvc": pointer, ".dvc/config": ""})
    result = repo.gto("export", "bom", "m")
    assert VALIDATOR.validate_str(done(result)) is None
    assert "its files are not listed" in result.stderr
    itself = bom(repo, "m")["metadata"]["component"]
    assert "hashes" not in itself
    assert ("gto:dvc-md5", f"{MD5}.dir") in properties(itself)


def test_packages_are_libraries_and_only_pins_are_versions(repo: Repo) -> None:
    text = "numpy==1.26.4\npandas>=2\nscipy\nlocal==1!2.0+cpu ; python_version > '3'\nstar==1.*\ngit+https://x/y\n"
    annotate(repo, "m.bin", files={"m.bin": "x", "requirements.txt": text, "requirements-dev.txt": "numpy==1.26.4\n"})
    found = bom(repo, "m")
    shown = {one["name"]: (one.get("version"), one.get("purl")) for one in found["components"]}
    assert shown == {
        "local": ("1!2.0+cpu", "pkg:pypi/local@1%212.0%2Bcpu"),
        "numpy": ("1.26.4", "pkg:pypi/numpy@1.26.4"),
        "pandas": (None, None),
        "scipy": (None, None),
        "star": (None, None),
    }
    numpy = next(one for one in found["components"] if one["name"] == "numpy")
    assert properties(numpy) == [
        ("gto:requirement", "==1.26.4"),
        ("gto:required-by", "requirements-dev.txt"),
        ("gto:required-by", "requirements.txt"),
    ]
    assert len(found["dependencies"][0]["dependsOn"]) == 5


def test_a_dataset_is_data_and_has_no_model_card(filled: Repo) -> None:
    done(filled.gto("register", "table"))
    itself = bom(filled, "table")["metadata"]["component"]
    assert itself["type"] == "data"
    assert "modelCard" not in itself


def test_a_version_without_annotation_and_a_commit_without_version_have_one_too(filled: Repo) -> None:
    filled.commit()
    done(filled.gto("register", "bare"))
    result = filled.gto("export", "bom", "bare")
    assert VALIDATOR.validate_str(done(result)) is None
    assert "no annotation says where its files are" in result.stderr
    found = bom(filled, "eu:churn#dev")
    assert found["metadata"]["component"]["version"] == filled.git("rev-parse", "HEAD~")
    assert "gto:tag" not in dict(properties(found["metadata"]["component"]))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("MIT", [{"license": {"id": "MIT", "acknowledgement": "declared"}}]),
        ("Our own, see <x>", [{"license": {"name": "Our own, see <x>", "acknowledgement": "declared"}}]),
        ("MIT OR Apache-2.0", [{"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}]),
        (
            ["mit", "MIT ", "CC-BY-4.0", 3],
            [
                {"license": {"id": "MIT", "acknowledgement": "declared"}},
                {"license": {"id": "CC-BY-4.0", "acknowledgement": "declared"}},
            ],
        ),
        ("", None),
        (3, None),
        (None, None),
    ],
)
def test_the_licence_is_what_the_annotation_declares(declared: object, expected: object, repo: Repo) -> None:
    annotate(repo, "m.bin", f"    meta: {json.dumps({'license': declared})}\n", {"m.bin": "x"})
    assert bom(repo, "m")["metadata"]["component"].get("licenses") == expected


def test_the_licences_that_are_told_by_id_are_in_the_list_of_spdx(repo: Repo) -> None:
    annotate(repo, "m.bin", f"    meta: {json.dumps({'license': sorted(_KNOWN)})}\n", {"m.bin": "x"})
    found = bom(repo, "m")["metadata"]["component"]["licenses"]  # the validator knows the list
    assert {one["license"]["id"] for one in found} == _KNOWN


def test_strange_custom_metadata_do_no_harm(repo: Repo) -> None:
    annotate(repo, "m.bin", "    meta: {task: 3, considerations: [x]}\n", {"m.bin": "x"})
    assert "modelCard" not in bom(repo, "m")["metadata"]["component"]


def test_what_names_no_version_is_one_line(filled: Repo) -> None:
    said(filled.gto("export", "bom", "nobody"), "nobody")
    said(filled.gto("export", "bom", "churn@v9.0.0"), "'churn' has no version 'v9.0.0'", "gto show churn")
    said(filled.gto("export", "bom", "churn#prod"), "No version in stage 'prod'")
    said(filled.gto("export", "bom", "gone"), "'gone' is deprecated")
    said(filled.gto("export", "bom", "table"), "table")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("git@example.com:team/models.git", "ssh://example.com/team/models.git"),
        ("git@[2001:db8::1]:m.git", "ssh://[2001:0db8:0000:0000:0000:0000:0000:0001]/m.git"),
        ("ssh://git@example.com:2222/m.git", "ssh://example.com:2222/m.git"),
        ("https://me@example.com/a b/[x]?q=1 2#a#b", "https://example.com/a%20b/%5Bx%5D?q=1%202#a%23b"),
        ("https://[x]/100%/%41", "https://%5Bx%5D/100%25/%41"),
        ("https://[1:2]:8/m", "https://%5B1%3A2%5D:8/m"),
        ("/srv/a b.git", "file:///srv/a%20b.git"),
        ("../m", None),
        ("no url", None),
        ("ext::sh -c x", None),
    ],
)
def test_the_address_of_the_repository_is_a_url_or_left_out(repo: Repo, address: str, url: str | None) -> None:
    annotate(repo, "m.bin", files={"m.bin": "x"})
    itself = bom(repo, "m", "--address", address)["metadata"]["component"]
    assert itself.get("externalReferences") == ([{"type": "vcs", "url": url}] if url else None)
    assert dict(properties(itself))["gto:repository"] == address.replace("me@", "").replace("ssh://git@", "ssh://")


def test_the_remote_in_the_short_form_of_ssh_gives_a_document_that_is_valid(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "git@example.com:team/models.git")
    annotate(repo, "m.bin", files={"m.bin": "x"})
    assert bom(repo, "m")["metadata"]["component"]["externalReferences"][0]["url"].startswith("ssh://example.com/")


def test_the_listing_of_a_store_on_this_machine_is_read_for_a_url_only_where_that_is_allowed(
    repo: Repo, tmp_path: Path
) -> None:
    listing = json.dumps([{"md5": MD5, "relpath": "a.txt"}]).encode()
    mark = hashlib.md5(listing, usedforsecurity=False).hexdigest()
    kept = tmp_path / "store/files/md5" / mark[:2] / f"{mark[2:]}.dir"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(listing)
    config = f"[core]\n    remote = r\n['remote \"r\"']\n    url = {tmp_path / 'store'}\n"
    pointer = f"outs:\n- md5: {mark}.dir\n  hash: md5\n  path: m\n"
    annotate(repo, "m", files={"m.dvc": pointer, ".dvc/config": config})
    url = ("-r", f"file://{repo.path}")
    refused = repo.gto("export", "bom", "m", *url)
    assert "components" not in json.loads(done(refused))["metadata"]["component"]
    assert "--allow-local" in refused.stderr
    (part,) = bom(repo, "m", *url, "--allow-local")["metadata"]["component"]["components"]
    assert (part["name"], part["hashes"]) == ("a.txt", [{"alg": "MD5", "content": MD5}])
    assert bom(repo, "m", *url, "--allow-local", "--trust-remote")["metadata"]["component"]["components"] == [part]


REMOTE = "[core]\n    remote = r\n['remote \"r\"']\n    url = /nowhere\n"


@pytest.mark.parametrize(("extra", "claimed"), [("  hash: md5\n", True), ("", False)])
def test_where_the_file_can_be_found_the_same_is_claimed(repo: Repo, extra: str, claimed: bool) -> None:  # noqa: FBT001 - a column of the table
    pointer = f"outs:\n- md5: {MD5}\n  size: 3\n{extra}  path: m.bin\n"
    annotate(repo, "m.bin", files={"m.bin.dvc": pointer, ".dvc/config": REMOTE})
    result = repo.gto("export", "bom", "m")
    assert (done(result) != "", result.stderr) == (True, "")
    itself = bom(repo, "m")["metadata"]["component"]
    assert itself.get("hashes") == ([{"alg": "MD5", "content": MD5}] if claimed else None)
    assert (("gto:md5-dos2unix", MD5) in properties(itself)) is not claimed


def test_of_a_url_nothing_is_claimed_and_nothing_is_asked(repo: Repo) -> None:
    annotate(repo, "https://example.com/m.bin")
    assert "nobody promised what is at 'https://example.com/m.bin'" in repo.gto("export", "bom", "m").stderr
    assert of_digest(None) == {}
    itself = bom(repo, "m")["metadata"]["component"]
    assert "hashes" not in itself
    assert ("gto:path", "https://example.com/m.bin") in properties(itself)


def test_data_that_several_stages_took_is_one_component_and_its_address_keeps_no_password(repo: Repo) -> None:
    url = "s3://me:key@bucket/raw.csv"
    stages = (
        f"stages:\n  clean: {{cmd: x, deps: ['{url}'], outs: [a.csv]}}\n"
        f"  train: {{cmd: y, deps: ['{url}', a.csv], outs: [m.bin]}}\n"
    )
    lock = (
        f"schema: '2.0'\nstages:\n  clean: {{cmd: x, deps: [{{path: '{url}'}}], outs: [{{path: a.csv}}]}}\n"
        f"  train: {{cmd: y, deps: [{{path: '{url}'}}, {{path: a.csv}}], outs: [{{path: m.bin}}]}}\n"
    )
    annotate(repo, "m.bin", stages, {".dvc/config": "", "dvc.lock": lock})
    found = bom(repo, "m")
    assert "key" not in json.dumps(found)
    assert sorted(one["name"] for one in found["components"]) == ["a.csv", "s3://bucket/raw.csv"]
    needs = {one["ref"]: one.get("dependsOn", []) for one in found["dependencies"]}
    assert needs["m@v1.0.0"] == ["data:a.csv", "data:s3://bucket/raw.csv"]
    assert needs["data:a.csv"] == ["data:s3://bucket/raw.csv"]
    args = ("export", "openlineage", "m", "--address", "https://example.com/m")
    inputs = json.loads(done(repo.gto(*args)).splitlines()[1])["inputs"]
    assert inputs == [
        {"namespace": "s3://bucket", "name": "raw.csv", "facets": {}}
    ]  # without a mark in dvc.lock no version is known
