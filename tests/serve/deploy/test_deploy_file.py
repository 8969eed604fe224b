"""`deploy.yaml`: what it may say, where an error is, and the JSON Schema that editors get of the same table."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from gto.exceptions import BadFile, NotFound
from gto.serve.deploy.deploy_file import choose_targets, parse_targets, schema

GOOD = """\
targets:
  prod:
    kind: systemd
    selector: churn#prod
    values:
      host: deploy@example.com
      environment:
        WORKERS: 2
        LOG: true
  canary:
    kind: compose
    selector: models/eu:churn#canary
    image: registry.example.com/{artifact}:{version}
"""
COMPOSE = "targets:\n- name: a\n  kind: compose\n  selector: churn#prod\n"
KUBERNETES = "targets:\n- name: a\n  kind: kubernetes\n  selector: churn#prod\n  values:\n"
SAGEMAKER = KUBERNETES.replace("kubernetes", "sagemaker") + "    role: arn:aws:iam::123456789012:role/sagemaker\n"
RAY = KUBERNETES.replace("kubernetes", "ray") + "    repo: x\n"
WRONG = {
    "a misspelt key": (f"{COMPOSE}  imagee: x/y:{{version}}\n", 5, "targets[0].imagee: unknown key", "'image'"),
    "a misspelt setting": (
        f"{COMPOSE}  image: x/y:{{version}}\n  values:\n    memry: 2g\n", 7, "values.memry: unknown key", "'memory'"),
    "a misspelt kind": (GOOD.replace("systemd", "sytemd"), 3, "'sytemd' is none of its values", "'systemd'"),
    "a setting of another type": (
        GOOD.replace("host:", "port: 80a\n      host:"), 6, "a whole number was expected, not '80a'", ""),
    "a setting out of range": (GOOD.replace("host:", "port: 80\n      host:"), 6, "at least 1024 was expected", ""),
    "a setting that is missing": (
        "targets:\n  a:\n    kind: systemd\n    selector: churn#prod\n", 2, "'host' is missing", "deploy@models"),
    "an image that is missing": (COMPOSE, 2, "'image' is missing", "host/churn:{version}"),
    "an image that is the same for every version": (
        f"{COMPOSE}  image: x/y:stable\n", 5, "the same for every version", "x/y:{version}"),
    "an image that would be an option": (f"{COMPOSE}  image: --privileged\n", 5, "is not what was expected", ""),
    "an unknown word in an image": (f"{COMPOSE}  image: x/y:{{tag}}\n", 5, "'{tag}' is not known", "{version}"),
    "a selector without a version": (
        f"{COMPOSE.replace('#prod', '')}  image: x:{{version}}\n", 4, "'churn' names no version", "churn#prod"),
    "a host that would be an option": (
        GOOD.replace("deploy@example.com", "-oProxyCommand=x"), 6, "is not what was expected", ""),
    "two of one name": (f"{COMPOSE}  image: x:{{version}}\n{COMPOSE[9:]}  image: x:{{version}}\n", 6, "already", ""),
    "a name that is none": (GOOD.replace("canary:", "Canary_1:"), 10, "is no name of a target", "small letters"),
    "a password": (
        GOOD.replace("WORKERS: 2", "DB_PASSWORD: hunter2"), 8, "looks like a secret", "platform's own tool finds"),
    "a key of a cloud": (GOOD.replace("WORKERS: 2", "X: AKIAIOSFODNN7EXAMPLE"), 8, "looks like a secret", ""),
    "a URL with a password": (
        GOOD.replace("WORKERS: 2", "DB: postgres://u:pw@db/x"), 8, "looks like a secret", ""),
    "no targets": ("target: {}\n", 1, "unknown key", "'targets'"),
    "a variable that would be a line of its own": (
        GOOD.replace("WORKERS: 2", '"X\\nExecStart": 1'), 7, "is no name that it takes", "A-Za-z"),
    "what no argument of a tool takes": (
        f'{KUBERNETES}    context: "a\\0b"\n', 6, "the control character '\\x00'", "leave it out"),
    "a password that is none's name": (
        f"{KUBERNETES}    secrets: {{DB_PASSWORD: hunter2}}\n", 6, "is not what was expected", "churn-db/password"),
    "a variable that has a value and a secret": (
        f"{KUBERNETES}    secrets: {{A: db/a}}\n    env: {{A: 1}}\n", 6, "A: it is in `env`, too", "leave one"),
    "a token beside secrets": (
        f"{KUBERNETES}    secrets: {{TOKEN: db/a}}\n    env: {{TOKEN: x}}\n", 7, "like a secret", "`secrets` names"),
    "a tag of GTO's own": (
        f"{SAGEMAKER}    tags: {{'gto:target': other}}\n", 7, "'gto:target' is no name that it takes", ""),
    "an address with a token in it": (
        f"{RAY}    address: https://token@ray.example.com\n", 7, "is not what was expected: Ray's dashboard", ""),
    "a line break in a setting": (
        GOOD.replace("WORKERS: 2", 'X: "1\\nExecStart=/bin/sh"'), 8, "is not what was expected", ""),
}  # fmt: skip


def test_targets_are_a_mapping_of_names_or_a_list() -> None:
    prod, canary = parse_targets(GOOD.encode())
    assert (prod.name, prod.kind, prod.selector, prod.line) == ("prod", "systemd", "churn#prod", 2)
    assert prod.values["environment"] == {"WORKERS": "2", "LOG": "true"}
    assert prod.values["port"] == 8080, "defaults are filled in"
    assert canary.image == "registry.example.com/{artifact}:{version}"
    moved, spelled = (
        parse_targets(GOOD.replace("host:", f"port: {one}\n      host:").encode())[0] for one in (8081, 8080)
    )
    assert moved.settings_hash != prod.settings_hash
    assert spelled.settings_hash == prod.settings_hash, "a default that is written down changes nothing"
    entries = [{"name": name, **one} for name, one in yaml.safe_load(GOOD)["targets"].items()]
    listed = parse_targets(yaml.safe_dump({"targets": entries}).encode())
    assert [one.settings_hash for one in listed] == [one.settings_hash for one in (prod, canary)]


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_with_its_line_and_what_was_expected(case: str) -> None:
    text, line, reason, hint = WRONG[case]
    with pytest.raises(BadFile) as error:
        parse_targets(text.encode())
    assert (error.value.path, error.value.line) == ("deploy.yaml", line), error.value
    assert reason in error.value.message
    assert hint in error.value.hint


def test_a_strangers_text_that_begins_like_many_secrets_is_read_in_no_time() -> None:
    began = time.perf_counter()
    text = "-eyJ" * 20_000
    parse_targets(GOOD.replace("WORKERS: 2", f"WORKERS: '{text}'").encode())
    assert time.perf_counter() - began < 3
    with pytest.raises(BadFile, match="looks like a secret"):
        parse_targets(GOOD.replace("WORKERS: 2", f"X: 'a eyJ{'h' * 20}.eyJ{'p' * 20}.sig'").encode())


def test_the_schema_that_is_published_takes_what_the_reader_takes_and_no_more() -> None:
    published = Path(__file__).parents[3] / "docs/reference/schemas/deploy.json"
    assert json.loads(published.read_text(encoding="utf-8")) == schema()
    Draft202012Validator.check_schema(schema())
    validator = Draft202012Validator(schema())
    validator.validate(yaml.safe_load(GOOD))
    beyond = {  # what JSON Schema cannot say, or what is a matter of the reader alone
        *("an image that is the same for every version", "an unknown word in an image", "two of one name"),
        *("a selector without a version", "a password", "a key of a cloud", "a URL with a password"),
        *("what no argument of a tool takes", "a variable that has a value and a secret", "a token beside secrets"),
    }
    found = {case for case, (text, *_) in WRONG.items() if validator.is_valid(yaml.safe_load(text))}
    assert found == beyond


def test_a_target_that_there_is_not_is_answered_with_the_nearest() -> None:
    targets = parse_targets(GOOD.encode())
    assert [one.name for one in choose_targets(targets, ["canary"])] == ["canary"]
    with pytest.raises(NotFound) as error:
        choose_targets(targets, ["cannary"])
    assert "'canary'" in error.value.hint
