from __future__ import annotations

import pytest
import yaml

from gto.serve.deploy.shown_variables import ANOTHER, hide_values
from gto.serve.deploy.target import RenderedFile

SECRET = "a secret that somebody set by hand"  # noqa: S105  of the test


@pytest.mark.parametrize("key", ["env", "environment", "Environment", "env_vars", "config_vars"])
def test_values_of_variables_are_shown_where_git_has_them(key: str) -> None:
    wish = {"image": "a:1", "parts": [{key: {"A": "1", "B": "2", "GTO_VERSION": "v1.1.0"}}]}
    there = {"image": "a:0", "parts": [{key: {"A": "1", "B": SECRET, "C": SECRET, "GTO_VERSION": "v1.0.0"}}]}
    file = hide_values(RenderedFile("x.yaml", yaml.safe_dump(there)), yaml.safe_dump(wish))
    shown = {"A": "1", "B": ANOTHER, "C": ANOTHER, "GTO_VERSION": "v1.0.0"}
    assert yaml.safe_load(file.text) == {"image": "a:0", "parts": [{key: shown}]}


def test_variables_of_kubernetes_are_lists_of_names_and_values_or_references() -> None:
    reference = {"name": "C", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "c"}}}
    wish = {"containers": [{"env": [{"name": "A", "value": "1"}, reference]}]}
    there = {"containers": [{"env": [reference, {"name": "A", "value": SECRET}, {"name": "D"}]}, {"env": "odd"}]}
    file = hide_values(RenderedFile("x.yaml", yaml.safe_dump(there)), yaml.safe_dump(wish))
    shown = [reference, {"name": "A", "value": ANOTHER}, {"name": "D"}]
    assert yaml.safe_load(file.text) == {"containers": [{"env": shown}, {"env": "odd"}]}


def test_what_hides_nothing_stays_as_it_is_written() -> None:
    text = "# by hand\nimage:   a:0\nenv: {A: '1'}\n"
    assert hide_values(RenderedFile("x.yaml", text), "env: {A: '1'}\n").text == text
    assert hide_values(RenderedFile("x", "a: b: c\n"), "").text == "a: b: c\n"


def test_lines_of_a_unit_are_shown_where_git_has_them() -> None:
    wish = '[Service]\nEnvironment=A=1\nEnvironment="B=two words"\n'
    there = f'[Service]\nEnvironment=A=1\nEnvironment="B={SECRET}"\nEnvironment=C={SECRET}\nEnvironment="GTO_X=1 2"\n'
    found = hide_values(RenderedFile("churn.service", there), wish).text
    shown = f'[Service]\nEnvironment=A=1\nEnvironment="B={ANOTHER}"\nEnvironment=C={ANOTHER}\nEnvironment="GTO_X=1 2"\n'
    assert found == shown
