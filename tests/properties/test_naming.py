"""The quick reading of names against the full one."""

from __future__ import annotations

import pytest
from hypothesis import example, given

from gto.annotations.artifacts_yaml import read_artifacts_yaml
from gto.annotations.dvc_yaml import read_dvc_yaml
from gto.annotations.name_scan import read_names
from tests.examples import examples
from tests.properties.test_annotations import FILES


@examples(1000)
@given(data=FILES)
@example(b"artifacts:\n  m: {path: x}\n  n: {path: y}\n")
@example(b"artifacts: {a: 1, a: 2}")
@example(b"stages: {artifacts: {a: 1}}\nartifacts: {b: {}}")
@example(b"artifacts: [a]")
@example(b"artifacts: a")
@example(b"- artifacts")
@example(b"a: {}\n---\nb: {}\n")
@example(b"artifacts: {x: {path: [1, {k: v}, [2]]}, y: {}}")
def test_names_read_quickly_are_those_of_the_full_reading(data: bytes) -> None:
    for file in ("dvc.yaml", "sub/dvc.yaml", "artifacts.yaml"):
        dvc = file != "artifacts.yaml"
        quick = read_names(data, file, dvc=dvc)
        full = read_dvc_yaml(data, file, lambda _: None) if dvc else read_artifacts_yaml(data, file)
        assert quick is None or quick == [one.name for one in full.annotations]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("artifacts:\n  m: {path: x}\n  a/b:\n    path: y\n", ["m", "a/b"]),
        ("stages: {}\n", []),
        ("stages: {artifacts: {x: 1}}\nartifacts:\n  z: {path: p, labels: [artifacts, {artifacts: {q: 1}}]}\n", ["z"]),
        ("artifacts:\n  '1': {path: x}\n", ["1"]),
        ("artifacts:\n  1: {path: x}\n", None),
        ("artifacts:\n  m: &a {path: x}\n", None),
        ("artifacts:\n  m: {path: '${x}'}\n", None),
        ("artifacts:\n  m: !!map {path: x}\n", None),
        ("artifacts:\n  ? [a]\n  : x\n", None),
        ("artifacts:\n  m: {path: x\n", None),
        ("artifacts: {}\n---\na: 1\n", None),
        ("artifacts: [" + "[" * 70 + "]" * 70 + "]", None),
        ("artifacts:\n  -m: {path: x}\n", None),
    ],
)
def test_the_quick_reading_leaves_what_is_unusual_to_the_full_one(text: str, expected: list[str] | None) -> None:
    assert read_names(text.encode(), "dvc.yaml", dvc=True) == expected


def test_the_directory_stands_before_the_name() -> None:
    assert read_names(b"artifacts: {m: {path: x}}", "models/eu/dvc.yaml", dvc=True) == ["models/eu:m"]
    assert read_names(b"artifacts: {m: {path: x}}", "a b/dvc.yaml", dvc=True) is None
    assert read_names(b"m: {path: x}", "artifacts.yaml", dvc=False) == ["m"]
