import os

import pytest

from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts
from tests.model_files import FILES, WithHoles, content, facts_of


def real(name: str) -> bytes:
    found = content(os.path.join(FILES, "lightgbm", name))
    assert isinstance(found, bytes)
    return found


def test_of_a_large_file_the_beginning_and_the_end_say_the_same() -> None:
    data = real("table.txt")
    large = WithHoles(data[: data.index(b"Tree=1")], 100 << 20, data[data.index(b"\nend of trees") :])
    facts = ModelFacts()
    formats.read_file(large.file(), facts)
    assert facts.as_dict() == facts_of(data).as_dict()
    assert sum(large.reads) <= 3 << 16


def test_lines_of_windows_are_read_too() -> None:
    data = real("table.txt")
    assert facts_of(data.replace(b"\n", b"\r\n")).as_dict() == facts_of(data).as_dict()


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (b"end of trees", b"Tree=2", "it ends within its trees"),
        (b"[[", b"[" * 100_000, "its categories are no JSON"),
        (b"\n\n", b"\n=", "its head does not end before its trees"),
    ],
)
def test_what_is_no_whole_model_is_no_clean_model(old: bytes, new: bytes, note: str) -> None:
    facts = facts_of(real("table.txt").replace(old, new))
    assert (facts.format, facts.code_on_load) == ("lightgbm", CodeOnLoad.UNKNOWN)
    assert note in facts.notes[0]


@pytest.mark.parametrize(
    ("categories", "datatype"),
    [(b"[1, 2]", "INT64"), (b"[1.5]", "FP64"), (b"[true]", "BOOL"), (b'[1, "a"]', "BYTES"), (b"[]", "INT64")],
)
def test_a_column_of_categories_is_what_its_categories_are(categories: bytes, datatype: str) -> None:
    inputs = facts_of(real("table.txt").replace(b'["month", "year"]', categories)).methods["predict"].inputs
    assert inputs is not None
    assert inputs.tensors[2].datatype == datatype
