import pytest
import yaml

from gto.exceptions import BadFile
from gto.yamldoc.document import Document, load, load_text


def reason(data: bytes) -> tuple[str, int | None]:
    with pytest.raises(BadFile) as caught:
        load(data, "dvc.yaml")
    assert caught.value.path == "dvc.yaml"
    return caught.value.reason, caught.value.line


def value(text: str) -> object:
    return load_text(text, "dvc.yaml").value


def test_a_file_gives_its_value() -> None:
    text = "a: 1\nb: [x, 'yes', \"2\", ~]\nc: {d: true}\ne: |\n  one\n  two\nf:\n- g: h\n"
    expected = {"a": 1, "b": ["x", "yes", "2", None], "c": {"d": True}, "e": "one\ntwo\n", "f": [{"g": "h"}]}
    assert value(text) == expected


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n"])
def test_an_empty_file_has_no_value(text: str) -> None:
    assert load_text(text, "dvc.yaml").root is None
    assert value(text) is None


def test_a_byte_order_mark_and_carriage_returns_are_no_content() -> None:
    assert load(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "dvc.yaml").value == {"a": 1, "b": 2}


def test_tags_of_yaml_itself_are_followed() -> None:
    assert value("a: !!str 1\nb: !!int '7'\nc: ! 3\nd: !!map {x: !!seq []}\n") == {
        "a": "1",
        "b": 7,
        "c": "3",
        "d": {"x": []},
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: !mine 1\n", 1), ("a: 1\nb: !!python/tuple [1]\n", 2), ("!!set {a}\n", 1), ("a: !!binary aGk=\n", 1)],
)
def test_other_tags_are_refused(text: str, line: int) -> None:
    why, where = reason(text.encode())
    assert "is not supported" in why
    assert where == line


def test_aliases_stand_for_what_they_name_and_merged_mappings_give_way_to_own_keys() -> None:
    text = "base: &b {x: 1, y: 1}\nmore: &m {y: 2, z: 2}\none: {<<: *b, x: 3}\ntwo: {<<: [*b, *m]}\nthree: *b\n"
    loaded = value(text)
    assert isinstance(loaded, dict)
    assert loaded["one"] == {"x": 3, "y": 1}
    assert loaded["two"] == {"x": 1, "y": 1, "z": 2}
    assert loaded["three"] == {"x": 1, "y": 1}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert value("'<<': 1\n") == {"<<": 1}


@pytest.mark.parametrize("text", ["<<: 3\n", "<<: [1]\n"])
def test_only_mappings_can_be_merged(text: str) -> None:
    assert reason(text.encode()) == ("'<<' takes a mapping or a list of mappings", 1)


@pytest.mark.parametrize(
    ("data", "why", "line"),
    [
        (b"a: 1\nb: 2\na: 3\n", "key 'a' stands twice", 3),
        (b"a:\n\tb: 1\n", "a tab cannot indent YAML", 2),
        (b"a: 1\n---\nb: 2\n", "more than one YAML document", 2),
        (b"a: 1\nb: \xff\n", "not UTF-8", 2),
        (b"a: 1\nb: \x07\n", "a character that YAML does not allow: U+0007", 2),
        (b"a: *nothing\n", "'*nothing' stands for nothing before it", 1),
        (b"a: &a [*a]\n", "'*a' stands for nothing before it", 1),
        (b"? [1]\n: 2\n", "a key must be one word or text", 1),
        (b"x: &a 1\n*a : 2\n", "a key must be one word or text", 2),
        (b"x: " + b"[" * 70 + b"]" * 70, "nested deeper than 64 levels", 1),
        (b"[" * 1_000_000, "nested deeper than 64 levels", 1),
        (b"a: b: c\n", "mapping values are not allowed in this context", 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(data: bytes, why: str, line: int) -> None:
    assert reason(data) == (why, line)


def test_an_unclosed_bracket_is_refused() -> None:
    assert reason(b"a: [1\n")[0].startswith("did not find expected")


def test_size_is_bounded() -> None:
    assert reason(b"[" + b"a," * 300_000 + b"]")[0] == "more than 200000 values"
    assert reason(b"%TAG !a! x:\n" * 17 + b"--- a\n")[0] == "more than 16 lines that begin with '%'"


def test_aliases_are_bounded_in_number_and_in_what_they_expand_to() -> None:
    assert reason(b"a: &a 1\nb: [" + b"*a," * 101 + b"]\n")[0] == "more than 100 aliases"
    bomb = "a: &a [" + "x," * 50 + "]\n"
    bomb += "".join(f"{new}: &{new} [{(f'*{old},') * 30}]\n" for old, new in zip("abc", "bcd", strict=True))
    assert reason(bomb.encode())[0] == "more than 200000 values"


def test_aliases_cannot_nest_deeper_than_brackets() -> None:
    deep = "a: &a " + "[" * 40 + "]" * 40 + "\nb: &b " + "[" * 40 + "*a" + "]" * 40 + "\n"
    assert reason(deep.encode())[0] == "nested deeper than 64 levels"


def test_the_line_of_a_part_is_known_and_else_that_of_the_part_around_it() -> None:
    document = load_text("a: 1\nartifacts:\n  m:\n    path: x\n  n: *b\n".replace("*b", "y"), "dvc.yaml")
    assert document.line("artifacts") == 2
    assert document.line("artifacts", "m", "path") == 4
    assert document.line("artifacts", "m", "labels") == 3
    assert document.line("nothing") is None
    assert Document("dvc.yaml", "", None).line("a") is None


def test_the_loader_without_c_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert value("a: [1, {b: 'x'}]\nc: |\n  t\n") == {"a": [1, {"b": "x"}], "c": "t\n"}
    assert reason(b'a: "\\ud800"\n') == ("half of a surrogate pair is no text", 1)
    assert reason(b'a: "\\UFFFFFFFF"\n')[0].startswith("no YAML:")
    assert reason(b"a:\n\tb: 1\n") == ("a tab cannot indent YAML", 2)


def test_the_line_of_a_member_of_a_list_is_known_too() -> None:
    document = load_text("rules:\n- name: a\n  who:\n  - x\n-\n  name: b\n- c\n", "p.yaml")
    assert document.line("rules", 0) == 2
    assert document.line("rules", 0, "who") == 3
    assert document.line("rules", 0, "who", 0) == 3  # no deeper than three keys
    assert document.line("rules", 1, "name") == 6
    assert document.line("rules", 2) == 7
    assert document.line("rules", 3) == 1
