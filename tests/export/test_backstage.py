"""`gto export backstage`: entities that Backstage takes.

The table of rules is from Backstage's documentation, "Descriptor Format of Catalog Entities".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.export import catalog_model
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.repo import Repo

NAME = r"[a-zA-Z0-9]+([-_.]+[a-zA-Z0-9]+)*"
KEY = rf"([a-z0-9]+([-.][a-z0-9]+)*/)?{NAME}"
TAG = r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*"
REFERENCE = rf"([a-zA-Z]+:)?({NAME}/)?{NAME}"
REQUIRED = {"Component": {"type", "lifecycle", "owner"}, "Resource": {"type", "owner"}}
ADDRESS = ("--address", "https://me:secret@example.com/team/models")


def entities(repo: Repo, *args: str) -> dict[str, dict[str, Any]]:
    """The entities by the true names of their artifacts, each judged by the rules."""
    found = list(yaml.safe_load_all(done(repo.gto("export", "backstage", *args))))
    for one in found:
        check(one)
    names = [one["metadata"]["name"].lower() for one in found]
    assert len(set(names)) == len(names)
    return {one["metadata"]["annotations"]["gto/artifact"]: one for one in found}


def check(one: dict[str, Any]) -> None:
    assert set(one) == {"apiVersion", "kind", "metadata", "spec"}
    assert one["apiVersion"] == "backstage.io/v1alpha1"
    metadata, spec = one["metadata"], one["spec"]
    assert set(metadata) <= {"name", "title", "description", "annotations", "tags", "links"}
    assert re.fullmatch(NAME, metadata["name"])
    assert len(metadata["name"]) <= 63
    for key, value in metadata["annotations"].items():
        assert re.fullmatch(KEY, key)
        assert isinstance(value, str)
    for tag in metadata.get("tags", ()):
        assert re.fullmatch(TAG, tag)
        assert len(tag) <= 63
    for link in metadata.get("links", ()):
        assert link["url"].startswith("https://")
    assert set(spec) - {"system"} == REQUIRED[one["kind"]]
    assert all(isinstance(value, str) and value for value in spec.values())
    assert re.fullmatch(REFERENCE, spec["owner"])


def test_a_model_is_a_component_and_a_dataset_a_resource(filled: Repo) -> None:
    found = entities(filled, "--owner", "team-a", "--system", "crm", *ADDRESS)
    churn = found["churn"]
    assert (churn["kind"], churn["metadata"]["name"]) == ("Component", "churn")
    assert churn["spec"] == {
        "type": "ml-model",
        "lifecycle": "experimental",
        "owner": "group:default/ml",
        "system": "crm",
    }
    assert churn["metadata"]["description"] == "Who will leave"
    assert churn["metadata"]["tags"] == ["tabular", "weekly-report"]
    assert churn["metadata"]["annotations"] == {
        "gto/artifact": "churn",
        "gto/latest-version": "v2.0.0-rc.1",
        "gto/stages": "dev=v1.10.0",
        "gto/path": "models/churn.bin",
        "gto/repository": "https://example.com/team/models",
        "backstage.io/source-location": "url:https://example.com/team/models/",
    }
    assert found["table"]["kind"] == "Resource"
    assert found["table"]["spec"] == {"type": "dataset", "owner": "team-a", "system": "crm"}
    assert found["gone"]["spec"]["lifecycle"] == "deprecated"
    assert found["eu:churn"]["metadata"]["title"] == "eu:churn"


def test_a_stage_that_means_production_makes_it_production(filled: Repo) -> None:
    done(filled.gto("assign", "churn", "--version", "v1.10.0", "--stage", "prod"))
    assert entities(filled)["churn"]["spec"]["lifecycle"] == "production"
    assert entities(filled, "--production", "live")["churn"]["spec"]["lifecycle"] == "experimental"
    assert entities(filled, "--production", "live", "--production", "dev")["churn"]["spec"]["lifecycle"] == "production"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/b", "a-b"], {"a-b": "a-b"}),
        (["Churn", "churn", "CHURN"], {"churn": "churn"}),
        (["a/b", "a:b"], {}),
        (["x" * 63], {"x" * 63: "x" * 63}),
        (["x" * 64, "x" * 65], {}),
        ([f"{'x' * 54}/{'y' * 20}"], {}),
        (["models/eu.v2:churn_1"], {"models/eu.v2:churn_1": "models-eu.v2-churn_1"}),
    ],
)
def test_names_are_valid_and_differ(names: list[str], expected: dict[str, str], repo: Repo) -> None:
    repo.commit()
    for name in names:
        repo.tag(f"{name.replace(':', '=')}@v0.0.1")
    found = entities(repo)
    assert set(found) == set(names)
    for name, valid in expected.items():
        assert found[name]["metadata"]["name"] == valid
    assert entities(repo) == found


def test_strange_labels_and_texts_do_no_harm(repo: Repo) -> None:
    meta = "{owner: 'no owner at all'}"
    repo.commit(
        "one", {"dvc.yaml": f'artifacts: {{a: {{path: m, desc: "x: {{$text: y}}\\n\\e[31m", meta: {meta}}}}}\n'}
    )
    done(repo.gto("register", "a"))
    found = entities(repo)["a"]
    assert found["spec"]["owner"] == "unknown"
    assert found["metadata"]["description"] == "x: {$text: y} \x1b[31m"
    assert "\x1b" not in done(repo.gto("export", "backstage"))
    assert "links" not in found["metadata"]


def test_an_address_is_a_link_only_where_a_browser_can_open_it(filled: Repo) -> None:
    found = entities(filled, "--address", "https://example.com/a team/models")["churn"]["metadata"]
    assert found["links"][0]["url"] == "https://example.com/a%20team/models"
    assert found["annotations"]["backstage.io/source-location"] == "url:https://example.com/a%20team/models/"
    assert "links" not in entities(filled, "--address", "git@example.com:team/models.git")["churn"]["metadata"]


def test_an_owner_that_cannot_be_one_is_refused(filled: Repo) -> None:
    said(filled.gto("export", "backstage", "--owner", "a b"), "'a b'", "Backstage")
    said(filled.gto("export", "backstage", "--system", ""), "''", "Backstage")


def test_backstage_itself_takes_what_we_write_and_not_what_breaks_its_rules(filled: Repo) -> None:
    filled.tag(f"{'x' * 80}/{'y' * 20}@v0.0.1")
    good = list(entities(filled, *ADDRESS).values())
    bad = [
        {**good[0], "metadata": {**good[0]["metadata"], "name": "eu:churn"}},
        {**good[0], "metadata": {**good[0]["metadata"], "tags": ["Weekly_Report"]}},
        {**good[0], "spec": {"type": "ml-model", "owner": "x"}},
        {**good[0], "kind": "Model"},
    ]
    found = catalog_model.judge([*good, *bad])
    assert found[: len(good)] == [None] * len(good)
    assert all(found[len(good) :])
