from __future__ import annotations

import pytest

from gto.dvc.lock_file import read_outputs
from gto.dvc.output import Reading
from gto.dvc.pipeline import PipelineFile
from gto.exceptions import BadFile

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def nothing(_: str) -> bytes | None:
    return None


def read(stages: str, *lock: str, file: str = "dvc.lock", **files: str) -> Reading:
    """Each of `lock` is a stage's name and, after a blank, the path of its output."""
    lines = ["schema: '2.0'", "stages:"]
    for one in lock:
        name, _, path = one.partition(" ")
        lines += [
            f"  {name}:",
            "    cmd: x",
            "    outs:",
            f"    - path: {path}",
            f"      md5: {MD5}",
            "      hash: md5",
        ]
    kept = {name.replace("__", "."): text.encode() for name, text in files.items()}
    beside = file.replace(".lock", ".yaml")
    pipeline = PipelineFile.parse(f"stages:\n{stages}".encode(), beside, kept.get)
    return read_outputs("\n".join(lines).encode(), file, pipeline)


def paths(reading: Reading) -> list[str]:
    return [output.path for output in reading.outputs]


def test_a_stage_works_where_its_wdir_says() -> None:
    assert paths(read("  t: {wdir: a/b, cmd: x, outs: [m]}", "t m")) == ["a/b/m"]
    assert paths(read("  t: {cmd: x, outs: [m]}", "t m", file="sub/dvc.lock")) == ["sub/m"]
    assert paths(read("  t: {wdir: .., cmd: x, outs: [m]}", "t m", file="sub/dvc.lock")) == ["m"]


def test_an_output_outside_of_the_repository_is_none() -> None:
    assert read("  t: {wdir: .., cmd: x, outs: [m]}", "t m") == Reading()
    assert read("  t: {cmd: x, outs: [/tmp/m]}", "t /tmp/m") == Reading()


def test_flags_are_those_of_the_stage() -> None:
    text = "  t: {cmd: x, outs: [a: {cache: false}, b: {remote: r}], plots: [c: [{x: y, cache: false}]]}"
    found = read(text, "t a").outputs + read(text, "t b").outputs + read(text, "t c").outputs
    assert [(one.is_cached, one.remote) for one in found] == [(False, None), (True, "r"), (False, None)]


@pytest.mark.parametrize(
    ("foreach", "key", "wdir", "expected"),
    [
        ("[a, b]", "b", "${item}", "b/m"),
        ("[1, true]", "true", "w-${item}", "w-true/m"),
        ("[{d: x}, {d: y}]", "1", "${item.d}", "y/m"),
        ("{k: {d: x}}", "k", "${key}-${item.d}", "k-x/m"),
        ("${names}", "p", "${item}/${base}", "p/q/m"),
    ],
)
def test_a_member_of_a_foreach_is_found(foreach: str, key: str, wdir: str, expected: str) -> None:
    text = f'  t: {{foreach: {foreach}, do: {{wdir: "{wdir}", cmd: x, outs: [m]}}}}'.replace(
        "foreach: ${", "foreach: $ {"
    )
    text = text.replace("$ {names}", '"${names}"')
    assert paths(read(text, f"t@{key} m", params__yaml="names: [p]\nbase: q\n")) == [expected]


@pytest.mark.parametrize(
    ("matrix", "key", "wdir", "expected"),
    [
        ("{a: [x, y], b: [1, 2]}", "y-2", "${item.a}${item.b}", "y2/m"),
        ("{a: [{n: 1}, {n: 2}]}", "a1", "${item.a.n}-${key}", "2-a1/m"),
    ],
)
def test_a_member_of_a_matrix_is_found(matrix: str, key: str, wdir: str, expected: str) -> None:
    text = f'  t: {{matrix: {matrix}, wdir: "{wdir}", cmd: x, outs: [m]}}'
    assert paths(read(text, f"t@{key} m")) == [expected]


def test_what_no_stage_makes_any_more_is_not_there() -> None:
    assert read("  other: {cmd: x}", "t m") == Reading()
    assert read('  t: {foreach: [a], do: {wdir: "${item}", cmd: x}}', "t@b m") == Reading()
    assert read("  t: {cmd: x}", "t@b m") == Reading()
    assert read("  t: {foreach: [a], do: 1}", "t@a m") == Reading()
    assert read("  t: 1", "t@a m") == Reading()
    assert read('  t: {matrix: {a: [x]}, wdir: "${item.a}", cmd: x}', "t@y m") == Reading()
    assert read_outputs(b"", "dvc.lock", None) == Reading()
    lonely = f"schema: '2.0'\nstages:\n  t:\n    outs: [{{path: m, md5: {MD5}}}]\n"
    assert read_outputs(lonely.encode(), "dvc.lock", None) == Reading()


@pytest.mark.parametrize(
    "stages",
    [
        '  t: {wdir: "${nobody}", cmd: x, outs: [m]}',
        "  t: {wdir: [1], cmd: x, outs: [m]}",
        '  t: {wdir: "${a}", vars: [own.yaml], cmd: x, outs: [m]}',
        '  t: {vars: [{p: 2}], cmd: x, outs: [m, "${p}"]}',
        '  t: {cmd: x, outs: ["${nobody}": {cache: false}]}',
    ],
)
def test_what_cannot_be_placed_for_certain_is_a_doubt(stages: str) -> None:
    found = read(stages, "t m", params__yaml="p: 1\n")
    assert not found.outputs
    assert [doubt.path for doubt in found.doubts] == ["m"]
    assert "stage 't'" in found.doubts[0].reason


@pytest.mark.parametrize("stages", ['{foreach: "${p}", do: {wdir: "${item}"}}', '{matrix: [1], wdir: "${item}"}'])
def test_members_that_cannot_be_counted_are_a_doubt(stages: str) -> None:
    assert read(f"  t: {stages}", "t@1 m", params__yaml="p: 1\n").doubts


@pytest.mark.parametrize(
    "data", [b"[1]", b"schema: '3.0'", b"schema: '2.0'\nstages: {t: {outs: [{md5: x}]}}", b"\xff", b"a: ["]
)
def test_a_lock_that_is_none_is_refused(data: bytes) -> None:
    pipeline = PipelineFile.parse(b"stages: {t: {cmd: x}}", "dvc.yaml", nothing)
    with pytest.raises(BadFile):
        read_outputs(data, "dvc.lock", pipeline)


def test_the_form_before_2_is_read() -> None:
    lock = f"t:\n  cmd: x\n  outs:\n  - path: m\n    md5: {MD5}\n"
    pipeline = PipelineFile.parse(b"stages: {t: {cmd: x}}", "dvc.yaml", nothing)
    (output,) = read_outputs(lock.encode(), "dvc.lock", pipeline).outputs
    assert output.digest == ("md5-dos2unix", MD5)
