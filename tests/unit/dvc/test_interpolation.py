import pytest

from gto.dvc.interpolation import Interpolation, Unresolved, escape, escape_all, is_interpolated, to_text
from gto.exceptions import BadFile

VARIABLES: dict[str, object] = {
    "a": {"b": ["x", {"c": "deep"}], "n": 3, "f": 1.5, "t": True, "z": None, "e": 1000.0},
    "list": [1, "two", True],
    "s": "text",
    "k.k": "dot",
    "sp ace": "w",
    "esc": r"\${x}",
    "exp": "${s}",
}


def resolve(text: str) -> object:
    return Interpolation(lambda: VARIABLES).resolve(text)


# Each value is what DVC 3.67.1 gave for it.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("models/x", "models/x"),
        ("${a.b[0]}", "x"),
        ("${a.b[1].c}", "deep"),
        ("${ a.b[0] }", "x"),
        ("${a.b.0}", "x"),
        ("${a.b[-2]}", "x"),
        ("${a.b[ 0 ]}", "x"),
        ("${a.b[1] .c}", "deep"),
        ("${a.b[1]. c}", "deep"),
        ("${a [n]}", 3),
        ("${a.n}", 3),
        ("x-${a.n}", "x-3"),
        ("x-${a.f}", "x-1.5"),
        ("x-${a.e}", "x-1000.0"),
        ("x-${a.t}", "x-true"),
        ("x-${a.z}", "x-None"),
        ("${a.z}", None),
        ("${list}", [1, "two", True]),
        ("x-${list}", "x-[1, 'two', True]"),
        ("${sp ace}", "w"),
        (r"\${s}", "${s}"),
        (r"\\${s}", r"\${s}"),
        (r"\${s}-${s}", "${s}-text"),
        ("$${s}", "$text"),
        ("${s", "${s"),
        ("$s", "$s"),
        ("${s}}", "text}"),
        ("x${s}${s}y", "xtexttexty"),
        ("${esc}", r"\${x}"),
        ("x${esc}", "x${x}"),
        ("x${exp}", "x${s}"),
        ("${s\n}", "${s\n}"),
        ("${s\n}${s}", "${s\n}text"),
    ],
)
def test_an_expression_gives_what_dvc_gives(text: str, value: object) -> None:
    assert resolve(text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${nope}", "'${nope}' names no variable"),
        ("${a.b[9]}", "'${a.b[9]}' names no variable"),
        ("${a.b[x]}", "'${a.b[x]}' names no variable"),
        ("${s.t}", "'${s.t}' names no variable"),
        ("${k.k}", "'${k.k}' names no variable"),
        ("${ }", "'${ }' names no variable"),
        ("${}", "'${}' is no expression"),
        ("${a..n}", "'${a..n}' is no expression"),
        ("${.s}", "'${.s}' is no expression"),
        ("${a.b[0]x}", "'${a.b[0]x}' is no expression"),
        ("x-${a}", "a mapping is no text"),
    ],
)
def test_an_expression_that_dvc_refuses_says_why(text: str, why: str) -> None:
    with pytest.raises(Unresolved) as caught:
        resolve(text)
    assert str(caught.value).startswith(why)


def test_metadata_is_resolved_all_through() -> None:
    value = {"${s}": "${a.b}", "k": ["x ${s}", 5], "${a.n}": r"\${s}", 7: None}
    expected = {"text": ["x", {"c": "deep"}], "k": ["x text", 5], "3": "${s}", 7: None}
    assert Interpolation(lambda: VARIABLES).resolve_all(value) == expected


def test_variables_are_loaded_at_the_first_expression_and_once() -> None:
    loads: list[int] = []

    def load() -> dict[str, object]:
        loads.append(1)
        return {"s": "x"}

    interpolation = Interpolation(load)
    assert interpolation.resolve("plain") == "plain"
    assert loads == []
    assert interpolation.resolve("${s}${s}") == "xx"
    assert loads == [1]


def test_variables_that_cannot_be_read_are_said_at_each_expression_and_tried_once() -> None:
    loads: list[int] = []

    def load() -> dict[str, object]:
        loads.append(1)
        raise BadFile("params.yaml", "broken", 2)

    interpolation = Interpolation(load)
    for _ in range(2):
        with pytest.raises(Unresolved, match=r"the variables cannot be read: params.yaml, line 2: broken"):
            interpolation.resolve("${s}")
    assert loads == [1]


@pytest.mark.parametrize("big", ["x" * 500_000, ["x"] * 250_000, {str(i): "x" for i in range(120_000)}])
def test_what_expressions_give_in_one_file_is_bounded(big: object) -> None:
    interpolation = Interpolation(lambda: {"v": big})
    with pytest.raises(Unresolved, match="more than 1048576 characters"):
        interpolation.resolve_all(["${v}"] * 10)


def test_a_million_unclosed_expressions_take_no_time() -> None:
    assert not is_interpolated("${" * 500_000)
    assert not is_interpolated("${\n" * 300_000 + "}")


@pytest.mark.parametrize("text", ["${s}", r"\${s}", r"\\${s}", "$${s}", "${s", "${s\n}", "plain", "${s}${a.n}"])
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    assert resolve(escape(text)) == text
    value = {text: [text, {"k": text}], "n": 1}
    assert Interpolation(lambda: VARIABLES).resolve_all(escape_all(value)) == value


def test_values_in_text_are_written_as_dvc_writes_them() -> None:
    assert [to_text(value) for value in ("x", True, False, 3, None)] == ["x", "true", "false", "3", "None"]
