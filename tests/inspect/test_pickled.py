"""Pickles read as data: every opcode, every way to pack them, and what an object graph says."""

import bz2
import collections
import datetime as dt
import gzip
import io
import lzma
import os
import pickle
import pickletools
import re
import zlib
from collections.abc import Callable
from typing import Self

import pytest

from gto.inspect.facts import CodeOnLoad
from gto.inspect.formats import pickled
from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes import dtypes
from gto.inspect.opcodes.known import read_known
from gto.inspect.opcodes.literals import LITERALS
from gto.inspect.opcodes.machine import Machine
from gto.inspect.opcodes.pickle_imports import Imports
from gto.inspect.opcodes.records import Entries
from gto.inspect.opcodes.steps import STEPS, STOP, follow
from gto.inspect.opcodes.stream import FileStream
from tests.model_files import FILES, WithHoles, content, facts_of, model_file

PICKLES = sorted(one for one in os.listdir(f"{FILES}/pickle") if one.endswith(".pkl"))
VALUES = [
    *(None, True, False, 0, -1, 255, 65535, 1 << 31, -(1 << 40), 1 << 3000, 1.5, float("inf"), "", "é\n\\", "x" * 300),
    *(b"", b"\x00\xff", b"y" * 300, bytearray(b"z"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1, [2]], {}),
    *({1: {2: 3}}, {1, 2}, frozenset({3}), dt.date(2026, 11, 29), collections.OrderedDict(a=1)),
    *(
        collections.deque([1, 2]),
        collections.Counter("aab"),
        range(3),
        slice(1, 2),
        1j,
        int,
        ValueError("no"),
        re.compile("x"),
    ),
]


def test_every_opcode_of_pickle_is_known() -> None:
    assert {*LITERALS, *STEPS, STOP} == {ord(one.code) for one in pickletools.opcodes}
    assert not LITERALS.keys() & STEPS.keys()


@pytest.mark.parametrize("protocol", range(6))
def test_all_values_are_followed_and_their_imports_found(protocol: int) -> None:
    data = pickle.dumps(VALUES, protocol)
    imports = Imports()
    stream = FileStream(model_file(data))
    follow(Machine(stream, imports))
    assert stream.at == len(data)
    assert {str(one) for one in imports.names} == imported_by(data)


@pytest.mark.parametrize("name", PICKLES)
def test_real_files_end_where_pickletools_ends_and_import_what_pickletools_tells(name: str) -> None:
    data = content(f"{FILES}/pickle/{name}")
    assert isinstance(data, bytes)
    stream = FileStream(model_file(data))
    imports = Imports()
    follow(Machine(stream, imports))
    *_, (_, _, end) = pickletools.genops(data)
    assert stream.at - 1 == end
    assert {str(one) for one in imports.names} == imported_by(data)


@pytest.mark.parametrize(
    "pack",
    [zlib.compress, gzip.compress, bz2.compress, lzma.compress, lambda data: lzma.compress(data, lzma.FORMAT_ALONE)],
)
def test_a_packed_pickle_says_what_the_plain_one_says(pack: Callable[[bytes], bytes]) -> None:
    data = pickle.dumps({"words": [f"word {number}" for number in range(20_000)], "day": dt.date(2026, 11, 29)})
    facts = facts_of(pack(data))
    assert facts.code_on_load == CodeOnLoad.PICKLE
    assert facts.imports == ["datetime.date"]
    assert facts_of(pack(data[:300_000]) + pack(data[300_000:])).imports == ["datetime.date"]
    assert facts_of(pack(data)[:-200]).code_on_load == CodeOnLoad.UNKNOWN


def test_three_gigabytes_of_weights_are_passed_over() -> None:
    begin = b"\x80\x04](\x8e" + (3 << 30).to_bytes(8, "little")
    file = WithHoles(begin, 3 << 30, b"cdatetime\ndate\ne.")
    imports = Imports()
    follow(Machine(FileStream(file.file()), imports))
    assert [str(one) for one in imports.names] == ["datetime.date"]
    assert sum(file.reads) < 1 << 17


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x80\x04\x8e" + (1 << 62).to_bytes(8, "little") + b".", "says that"),
        (b"\x80\x04\x8b\xff\xff\xff\xff.", "negative"),
        (b"\x80\x04\x95" + (1 << 40).to_bytes(8, "little") + b"N.", "says that"),
        (b"\x80\x09N.", ""),
        (b"\x80\x04\xffN.", "no opcode"),
        (b"\x80\x04t.", "lacks"),
        (b"\x80\x04h\x01.", "refers"),
        (b"\x80\x04}Nu.", "lacks"),
        (b"\x80\x04}(K\x01u.", "no value"),
        (b"\x80\x04N", "too early"),
        (b"\x80\x04X\x02\x00\x00\x00\xff\xff.", "ill-formed"),
        (b"\x80\x02I" + b"9" * 5000 + b"x\nIx\n.", "ill-formed"),
    ],
)
def test_what_is_no_whole_pickle_is_unknown(data: bytes, reason: str) -> None:
    facts = facts_of(data)
    assert facts.code_on_load == CodeOnLoad.UNKNOWN
    assert reason in " ".join(facts.notes)


def test_a_model_that_is_cut_says_what_stands_before_the_cut() -> None:
    data = content(f"{FILES}/pickle/protocol-0.pkl")
    assert isinstance(data, bytes)
    facts = facts_of(data[: -len(data) // 4])
    assert facts.code_on_load == CodeOnLoad.UNKNOWN
    assert facts.class_name == "sklearn.pipeline.Pipeline"


def test_what_follows_the_pickle_is_noted() -> None:
    one, two = pickle.dumps(1), pickle.dumps(os.system)
    assert facts_of(one).notes == []
    assert facts_of(one + b"\n").notes == ["bytes that are no pickle follow the pickle, which ends at byte 5"]
    facts = facts_of(one + two)
    assert facts.notes == ["1 more pickles follow the first, which ends at byte 5"]
    assert facts.code_on_load == CodeOnLoad.UNKNOWN
    assert facts.unlisted == ["posix.system"]


def test_modules_that_cloudpickle_imports_by_a_call_are_told() -> None:
    facts = facts_of(b"\x80\x04ccloudpickle.cloudpickle\nsubimport\n(Vpandas\ntR.")
    assert facts.format == "cloudpickle"
    assert "pandas" in facts.imports
    assert "pandas" in facts.unlisted


def test_text_is_no_pickle() -> None:
    for text in (
        b"(This is text)\n",
        b"Ice\n",
        b"cats and\ndogs\nare here\n",
        b"Very nice\nN",
        b"",
        b"x",
        b"\x80",
        b"{}",
    ):
        assert not pickled.can_read(text)
    for protocol in range(6):
        assert pickled.can_read(pickle.dumps(VALUES, protocol)[:4096])


def test_the_list_of_known_names_holds_single_names_and_none_that_calls_what_it_is_given() -> None:
    known = read_known()
    assert not [one for one in known if not all(part.isidentifier() for part in (*one.module.split("."), one.name))]
    calling = {"os", "posix", "nt", "subprocess", "sys", "importlib", "operator", "functools", "types", "runpy", "pty"}
    assert not {one.module.partition(".")[0] for one in known} & {*calling, "cloudpickle", "dill", "pickle", "shutil"}
    never = {"getattr", "eval", "exec", "compile", "__import__", "open", "type", "tuple", "map", "filter", "apply"}
    assert not {one for one in known if one.module in {"builtins", "__builtin__"}} & {
        one for one in known if one.name in never
    }
    assert not {str(one) for one in known} & {
        *(
            "numpy.load",
            "numpy.memmap",
            "numpy.fromfile",
            "torch.load",
            "torch.storage._load_from_bytes",
            "joblib.load",
        ),
        *("joblib.numpy_pickle.NDArrayWrapper", "pandas.read_pickle", "numpy._core._ufunc_reconstruct"),
    }


def test_joblib_arrays_must_be_as_joblib_writes_them() -> None:
    data = content(f"{FILES}/pickle/pipeline.joblib")
    assert isinstance(data, bytes)
    assert facts_of(data).code_on_load == CodeOnLoad.PICKLE
    for lie in (
        (b"\x8c\x02f8\x94\x89\x88\x87", b"\x8c\x02f4\x94\x89\x88\x87"),
        (b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t", b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x01t"),
        (b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?t", b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"),
        (b"allow_mmap", b"read_array"),
    ):
        assert lie[0] in data
        assert facts_of(data.replace(*lie, 1)).code_on_load == CodeOnLoad.UNKNOWN


def test_a_stack_of_two_million_values_and_a_memo_of_three_million_are_refused() -> None:
    for data in (b"\x80\x04" + b"N" * 2_000_000, b"\x80\x04" + b"(" * 2_000_000, b"\x80\x04N" + b"\x94" * 3_000_000):
        with pytest.raises(UnreadableModel, match="million"):
            follow(Machine(FileStream(model_file(data)), Imports()))


def test_shape_and_size_of_an_array_are_checked_against_the_file() -> None:
    with pytest.raises(UnreadableModel, match="shape"):
        dtypes.shape_of((-1,))
    with pytest.raises(UnreadableModel, match="shape"):
        dtypes.shape_of([1])


def test_entries_are_by_text() -> None:
    assert Entries([("a", 1), (2, 2), ("a", 3)]).named() == {"a": 3}


def imported_by(data: bytes) -> set[str]:
    """Return what Python's own pickle asks for, without giving it."""
    found = set()

    class Asked(pickle._Unpickler):  # noqa: SLF001  the pure one lets calls be inert
        def find_class(self, module: str, name: str) -> object:
            found.add(f"{module}.{name}")
            return Inert

    Asked(io.BytesIO(data)).load()
    return found


class Inert:
    def __new__(cls, *_args: object, **_names: object) -> Self:
        return object.__new__(cls)

    def __setstate__(self, _state: object) -> None: ...

    def append(self, _value: object) -> None: ...

    def extend(self, _values: object) -> None: ...

    def __setitem__(self, _key: object, _value: object) -> None: ...

    def __hash__(self) -> int:
        return id(self)
