"""`gto export openlineage`: events that OpenLineage's own client makes too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from openlineage.client import event_v2, facet_v2, serde

from gto.export.openlineage import PRODUCER
from tests.repo import Repo
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

FACETS = {
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "documentation": facet_v2.documentation_dataset.DocumentationDatasetFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "sourceCodeLocation": facet_v2.source_code_location_job.SourceCodeLocationJobFacet,
}
ADDRESS = ("--address", "https://me:secret@example.com/team/models.git")


def told(repo: Repo, *args: str) -> list[dict[str, Any]]:
    """The events, of which the client's own classes make the same."""
    events = [json.loads(line) for line in done(repo.gto("export", "openlineage", *args)).splitlines()]
    for one in events:
        made = json.loads(serde.Serde.to_json(of_client(one)))
        assert without_versions(made) == without_versions(one)
    return events


def of_client(one: dict[str, Any]) -> event_v2.RunEvent:
    return event_v2.RunEvent(
        eventType=event_v2.RunState(one["eventType"]),
        eventTime=one["eventTime"],
        run=event_v2.Run(runId=one["run"]["runId"]),
        job=event_v2.Job(one["job"]["namespace"], one["job"]["name"], facets(one["job"]["facets"])),
        inputs=[event_v2.InputDataset(d["namespace"], d["name"], facets=facets(d["facets"])) for d in one["inputs"]],
        outputs=[event_v2.OutputDataset(d["namespace"], d["name"], facets=facets(d["facets"])) for d in one["outputs"]],
        producer=one["producer"],
    )


def facets(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: FACETS[name](
            **{key: value for key, value in fields.items() if not key.startswith("_")}, producer=fields["_producer"]
        )
        for name, fields in found.items()
    }


def without_versions(value: object) -> object:
    """The value without what differs from release to release of the client, and without fields that are empty."""
    if isinstance(value, dict):
        found = {key: without_versions(one) for key, one in value.items() if key not in {"_schemaURL", "schemaURL"}}
        return {key: one for key, one in found.items() if one not in ({}, None)}
    return [without_versions(one) for one in value] if isinstance(value, list) else value


def test_every_registration_and_assignment_is_a_run(filled: Repo) -> None:
    found = told(filled, "--all", *ADDRESS)
    journal = json.loads(done(filled.gto("history", "--json", "--ascending")))
    expected = [one for one in journal if one["event"] in {"registration", "assignment"}]
    assert [one["eventType"] for one in found] == ["START", "COMPLETE"] * len(expected)
    runs = [one for one in found if one["eventType"] == "COMPLETE"]
    oids = [filled.git("rev-parse", f"refs/tags/{one['ref']}") for one in expected]
    assert [one["run"]["runId"] for one in runs] == [str(uuid5(NAMESPACE_OID, oid)) for oid in oids]
    assert [one["eventTime"] for one in runs] == [one["timestamp"] for one in expected]
    assert {one["producer"] for one in found} == {PRODUCER}
    assert {one["job"]["namespace"] for one in found} == {"https://example.com/team/models.git"}
    assert "secret" not in json.dumps(found)
    assert done(filled.gto("export", "openlineage", "--all", *ADDRESS)) == done(
        filled.gto("export", "openlineage", "--all", *ADDRESS)
    )


def test_the_addresses_of_schemas_are_those_of_the_specification(filled: Repo) -> None:
    one = told(filled, "churn", *ADDRESS)[1]
    made = json.loads(serde.Serde.to_json(of_client(one)))
    assert one["schemaURL"] == made["schemaURL"]
    for ours, theirs in ((one["job"], made["job"]), (one["outputs"][0], made["outputs"][0])):
        for name, fields in ours["facets"].items():
            assert fields["_schemaURL"].split("/")[-1] == theirs["facets"][name]["_schemaURL"].split("/")[-1], name


def test_a_registration_gives_a_version_and_an_assignment_takes_it_on(filled: Repo) -> None:
    registered, assigned = (one for one in told(filled, "churn@v1.10.0", *ADDRESS) if one["eventType"] == "COMPLETE")
    assert registered["job"]["name"] == "churn.registration"
    assert registered["inputs"] == []
    (model,) = registered["outputs"]
    assert (model["name"], model["facets"]["version"]["datasetVersion"]) == ("churn", "v1.10.0")
    assert model["facets"]["documentation"]["description"] == "Who will leave"
    assert assigned["job"]["name"] == "churn.assignment.dev"
    assert assigned["job"]["facets"]["sourceCodeLocation"]["tag"] == "churn#dev#2"
    assert [(one["name"], one["facets"]["version"]["datasetVersion"]) for one in assigned["inputs"]] == [
        ("churn", "v1.10.0")
    ]
    assert [(one["name"], one["facets"]["version"]["datasetVersion"]) for one in assigned["outputs"]] == [
        ("churn#dev", "v1.10.0")
    ]


@pytest.mark.parametrize(
    ("selector", "count"),
    [("churn", 5), ("churn@latest", 1), ("churn@v1.9.0", 2), ("churn#dev", 2), ("eu:churn#dev", 1)],
)
def test_a_selector_chooses_events(selector: str, count: int, filled: Repo) -> None:
    assert len(told(filled, selector, *ADDRESS)) == 2 * count


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://example.com/m.git", "https://example.com/m.git"),
        ("git@example.com:team/m.git", "ssh://example.com/team/m.git"),
        ("/srv/git/a b.git", "file:///srv/git/a%20b.git"),
        ("../m", None),
    ],
)
def test_the_remote_names_the_repository(address: str, url: str | None, filled: Repo) -> None:
    filled.git("remote", "add", "origin", address)
    job = told(filled, "trap")[0]["job"]
    assert job["namespace"] == address
    assert job["facets"].get("sourceCodeLocation", {}).get("url") == url


def test_a_url_names_itself(filled: Repo, tmp_path: Path) -> None:
    url = f"file://{filled.path}"
    elsewhere = Repo(tmp_path)
    assert told(elsewhere, "trap", "-r", url)[0]["job"]["namespace"] == url


def test_data_of_dvc_is_what_a_version_was_made_from(repo: Repo) -> None:
    lock = (
        "schema: '2.0'\nstages:\n  train:\n    cmd: train\n    deps:\n"
        "    - {path: s3://me:key@bucket/raw.csv, etag: abc, size: 1}\n"
        "    - {path: data.csv, hash: md5, md5: 0123456789abcdef0123456789abcdef, size: 1}\n"
        "    - {path: train.py, hash: md5, md5: 0123456789abcdef0123456789abcdee, size: 1}\n"
        "    outs:\n    - {path: m.bin, hash: md5, md5: 0123456789abcdef0123456789abcded, size: 1}\n"
    )
    yaml = (
        "artifacts: {m: {path: m.bin}}\nstages:\n  train:\n    cmd: train\n"
        "    deps: ['s3://me:key@bucket/raw.csv', data.csv, train.py]\n    outs: [m.bin]\n"
    )
    repo.commit("one", {"dvc.yaml": yaml, "dvc.lock": lock, "train.py": "", ".dvc/config": ""})
    done(repo.gto("register", "m"))
    inputs = told(repo, "m", *ADDRESS)[1]["inputs"]
    assert [(one["namespace"], one["name"], one["facets"]["version"]["datasetVersion"]) for one in inputs] == [
        ("https://example.com/team/models.git", "data.csv", "0123456789abcdef0123456789abcdef"),
        ("s3://bucket", "raw.csv", "abc"),
    ]


STAGE = (
    "stages:\n  train:\n    cmd: train\n    deps: [data.csv]\n    outs: [m.bin]\n",
    "stages:\n  train:\n    cmd: train\n    deps: [{path: data.csv, md5: a}]\n    outs: [{path: m.bin, md5: b}]\n",
)


@pytest.mark.parametrize("between", [0, 30])
def test_where_a_commit_does_not_say_the_path_another_s_annotation_counts(repo: Repo, between: int) -> None:
    yaml, lock = STAGE
    repo.commit("one", {"dvc.yaml": yaml, "dvc.lock": lock})
    repo.tag("m@v0.1.0")
    repo.tag("never@v0.1.0")
    for number in range(between):
        repo.commit()
        repo.tag(f"n@v0.0.{number + 1}")
    repo.commit("two", {"dvc.yaml": f"{yaml}artifacts: {{m: {{path: m.bin, desc: Said}}, bare: {{type: model}}}}\n"})
    repo.tag("m@v0.2.0")
    repo.tag("bare@v0.2.0")
    found = {
        (one["outputs"][0]["name"], one["outputs"][0]["facets"]["version"]["datasetVersion"]): one
        for one in told(repo, "--all", *ADDRESS)
        if one["eventType"] == "COMPLETE"
    }
    assert {key: [one["name"] for one in found[key]["inputs"]] for key in found if key[0] != "n"} == {
        ("m", "v0.1.0"): ["data.csv"],
        ("m", "v0.2.0"): ["data.csv"],
        ("never", "v0.1.0"): [],
        ("bare", "v0.2.0"): [],
    }
    assert "documentation" not in found["m", "v0.1.0"]["outputs"][0]["facets"]
    assert found["m", "v0.2.0"]["outputs"][0]["facets"]["documentation"]["description"] == "Said"


def test_a_commit_is_read_once_for_all_artifacts_that_are_registered_on_it(repo: Repo) -> None:
    names = [f"m{number}" for number in range(8)]
    said = "".join(f"  {name}: {{path: {name}.bin, desc: {name}}}\n" for name in names)
    repo.commit("one", {"dvc.yaml": f"artifacts:\n{said}", "m0.bin.dvc": "outs: [{path: m0.bin, md5: a}]\n"})
    for name in names:
        repo.tag(f"{name}@v1.0.0")
    result = repo.gto("export", "openlineage", "--all", "-v", *ADDRESS)
    told_of = [json.loads(line) for line in done(result).splitlines()][1::2]
    assert [one["outputs"][0]["facets"]["documentation"]["description"] for one in told_of] == names
    assert result.stderr.count(" ls-tree ") == 1
    assert result.stderr.count(" cat-file ") <= 3  # the tags, the files, the `.dvc` files


def test_on_stdout_events_are_written_as_they_are_read_and_a_file_is_whole_or_not_at_all(repo: Repo) -> None:
    repo.commit("one", {"dvc.yaml": "artifacts: {m: {path: m.bin}}\n"})
    for number in range(30):
        repo.commit()
        repo.tag(f"m@v0.0.{number + 1}")
    repo.commit("last", {"other": "x"})
    repo.tag("m@v1.0.0")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    result = repo.gto("export", "openlineage", "--all", *ADDRESS)
    assert result.code == 1
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) >= 2 * 20
    assert lines[0]["eventType"] == "START"
    assert repo.gto("export", "openlineage", "--all", *ADDRESS, "-o", "out.ndjson").code == 1
    assert not (repo.path / "out.ndjson").exists()


def test_bad_words_are_one_line(filled: Repo) -> None:
    said(filled.gto("export", "openlineage", "--all"), "no remote", "--address")
    said(filled.gto("export", "openlineage", "nobody", *ADDRESS), "nobody")
    said(filled.gto("export", "openlineage", "churn@v9.9.9", *ADDRESS), "'churn' has no version 'v9.9.9'")
    said(filled.gto("export", "openlineage", "gone#prod", *ADDRESS), "'gone' is deprecated")
    assert filled.gto("export", "openlineage").code == 2
    assert filled.gto("export", "openlineage", "churn", "--all").code == 2
