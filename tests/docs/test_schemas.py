"""The schemas that editors use and the readers judge alike, and know the same keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from gto import registry_config
from gto.exceptions import BadFile
from gto.inspect.facts import ModelFacts
from gto.policy_file import FILE, fields, load, read_policy, rules
from gto.yamldoc import parse_yaml
from scripts import inspect_schema, model_table, reference, schemas
from tests.repo import gto

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = schemas.policy()
CONFIG = schemas.settings()
INSPECTED = inspect_schema.inspected()

GOOD_POLICIES = [
    "",
    "null",
    "{}",
    "since: 2026-01-01\nmax_age: 90m",
    "since: 2026-01-01T10:00:00+01:00",
    "users: {ada: ada@example.com}",
    "groups: {leads: ada@example.com, all: [leads, '*@example.org', 'SHA256:" + "b" * 43 + "']}",
    "signing: {sign: true, required: false, allowed_signers: keys/signers}",
    "rules: [{name: p, artifacts: [churn, 'fr?ud/[a-c]*'], stages: prod, events: [assignment], signed: true}]",
    "rules: [{after: staging, branch: feature/x, prereleases: false, annotated: true, one_version: true}]",
    "rules: [{code_on_load: trusted-types, compatible: true}]",
    "rules: [{approvals: 2, approvers: [a@b.c, d@e.f], who: []}]",
    "rules: []",
]
BAD_POLICIES = [
    "[]",
    "rulez: []",
    "since: 2026",
    "since: tomorrow",
    "max_age: 1y",
    "max_age: 60",
    "users: []",
    "users: {ada: ada}",
    "users: {ada: '*@b.c'}",
    "groups: []",
    "groups: {a@b: []}",
    "groups: {a: {}}",
    "groups: {a: ['b c']}",
    "groups: {" + "a" * 40 + ": []}",
    "signing: true",
    "signing: {sing: true}",
    "signing: {sign: 'true'}",
    "signing: {allowed_signers: /etc/passwd}",
    "signing: {allowed_signers: a/../../b}",
    "rules: {}",
    "rules: null",
    "rules: [prod]",
    "rules: [{stage: prod}]",
    "rules: [{name: ''}]",
    "rules: [{name: 3}]",
    "rules: [{artifacts: 'a b'}]",
    "rules: [{artifacts: 1}]",
    "rules: [{artifacts: '[a'}]",
    "rules: [{stages: ['#']}]",
    "rules: [{events: assign}]",
    "rules: [{events: {}}]",
    "rules: [{who: ['x y']}]",
    "rules: [{who: null}]",
    "rules: [{signed: yes}]",
    "rules: [{after: ''}]",
    "rules: [{after: 'a//b'}]",
    "rules: [{after: [dev]}]",
    "rules: [{branch: refs/heads/main}]",
    "rules: [{branch: 'a b'}]",
    "rules: [{prereleases: 0}]",
    "rules: [{annotated: model}]",
    "rules: [{one_version: 1}]",
    "rules: [{code_on_load: unknown}]",
    "rules: [{code_on_load: [none]}]",
    "rules: [{compatible: minor}]",
    "rules: [{approvals: -1}]",
    "rules: [{approvals: 101}]",
    "rules: [{approvals: true}]",
    "rules: [{approvals: 1, approvers: [1]}]",
]
GOOD_SETTINGS = [
    "",
    "stages: [dev, prod]\ntypes: [model]",
    "stages: null",
    "index: models/a.yaml\nemojis: no\ndebug: true\nlog_level: debug\nenrichments: [{type: cli}]",
    "autoload_enrichments: 0",
    "emojis: OFF",
]
BAD_SETTINGS = [
    "[]",
    "stage: [dev]",
    "stages: dev",
    "stages: [1]",
    "types: ['a b']",
    "index: /etc/passwd",
    "index: ../x",
    "index: 1",
    "emojis: maybe",
    "debug: 2",
    "log_level: loud",
    "enrichments: x",
]


def value(text: str) -> object:
    return parse_yaml(text.encode(), "x").value


def reads_policy(text: str) -> bool:
    try:
        read_policy(text.encode(), FILE, None)
    except BadFile:
        return False
    return True


def reads_settings(text: str) -> bool:
    try:
        registry_config.read_config(text.encode(), registry_config.FILE, {})
    except BadFile:
        return False
    return True


def test_the_schemas_are_schemas() -> None:
    for schema in (POLICY, CONFIG, INSPECTED):
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("text", GOOD_POLICIES)
def test_good_policies_are_good_for_both(text: str) -> None:
    assert reads_policy(text)
    assert Draft202012Validator(POLICY).is_valid(value(text))


@pytest.mark.parametrize("text", BAD_POLICIES)
def test_bad_policies_are_bad_for_both(text: str) -> None:
    assert not reads_policy(text)
    assert not Draft202012Validator(POLICY).is_valid(value(text))


@pytest.mark.parametrize("text", GOOD_SETTINGS)
def test_good_settings_are_good_for_both(text: str) -> None:
    assert reads_settings(text)
    assert Draft202012Validator(CONFIG).is_valid(value(text))


@pytest.mark.parametrize("text", BAD_SETTINGS)
def test_bad_settings_are_bad_for_both(text: str) -> None:
    assert not reads_settings(text)
    assert not Draft202012Validator(CONFIG).is_valid(value(text))


def test_schemas_and_readers_know_the_same_keys() -> None:
    assert set(schemas.POLICY) == set(load.KEYS)
    assert set(schemas.SIGNING) == set(load.SIGNING)
    assert set(schemas.RULE) == set(rules.KEYS)
    assert set(schemas.CONFIG) == set(registry_config._SETTINGS)  # noqa: SLF001 - the one list of settings


def test_every_key_is_explained_in_the_schema_and_on_the_page() -> None:
    page = (reference.REFERENCE / "policy.md").read_text(encoding="utf-8")
    for key, about in {**schemas.POLICY, **schemas.SIGNING, **schemas.RULE}.items():
        assert about["description"], key
        assert f"`{key}`" in page, key
    for noun in fields.EVENTS:
        assert f"`{noun}`" in page, noun


def patterns(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, one in part.items():
            if key == "pattern" and isinstance(one, str):
                yield one
            else:
                yield from patterns(one)
    elif isinstance(part, list):
        for one in part:
            yield from patterns(one)


def test_the_regular_expressions_mean_the_same_in_editors() -> None:
    found = [*patterns(POLICY), *patterns(CONFIG)]
    assert len(found) > 10
    assert [pattern for pattern in found if not schemas.portable(pattern)] == []


def test_the_files_are_what_the_code_says() -> None:
    for name, schema in (("policy", POLICY), ("gto", CONFIG), ("inspect", INSPECTED)):
        assert json.loads((reference.REFERENCE / f"schemas/{name}.json").read_text(encoding="utf-8")) == schema


def test_the_facts_of_every_real_file_are_as_the_schema_says() -> None:
    assert set(inspect_schema.FACTS) == set(ModelFacts().as_dict())
    validator = Draft202012Validator(INSPECTED)
    read = [json.loads(path.read_text(encoding="utf-8")) for path in model_table.FILES.glob("*/*.facts.json")]
    assert len(read) > 50
    for facts in read:
        validator.validate({"target": "x", "size": 1, "hash": None, **facts})


def test_every_key_of_a_file_of_facts_is_on_its_page() -> None:
    page = (reference.REFERENCE.parent / "models/save-and-load.md").read_text(encoding="utf-8")
    for key in ("schema", "file", *inspect_schema.FACTS):
        assert f"`{key}`" in page, key


def test_what_inspect_prints_is_as_the_schema_says() -> None:
    done = gto("inspect", "--json", "onnx/forest.onnx", cwd=model_table.FILES)
    assert done.code == 0
    Draft202012Validator(INSPECTED).validate(json.loads(done.stdout))
