"""Files that run a command where their real loader reads them: none runs it here, and none is called known."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import random
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from gto.delivery.inspection import inspect_place
from gto.inspect.facts import CodeOnLoad
from gto.inspect.opcodes.known import read_known
from gto.inspect.reading import HERE, InputFile, read_model
from tests.model_files import FILES, content, facts_of

WRAPPER, NDARRAY, DTYPE = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n", b"cnumpy\nndarray\n", b"cnumpy\ndtype\n"
LOADER = """
import copyreg, os, pickle, sys, types
class Wrapper: pass
class Dtype:
    def __init__(self, *args): pass
    def __setstate__(self, state): pass
for name in ("numpy", "joblib", "joblib.numpy_pickle"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["numpy"].ndarray = object
sys.modules["numpy"].dtype = Dtype
sys.modules["joblib.numpy_pickle"].NumpyArrayWrapper = Wrapper
copyreg.add_extension("os", "system", 77)
class Loader(pickle.Unpickler):
    def persistent_load(self, key):
        return os.system
for path in sys.argv[1:]:
    try:
        Loader(open(path, "rb")).load()
    except Exception as error:
        print(path, error)
"""
"""Python's own pickle, with stand-ins for what is not installed, and what extensions and persistent ids stand for."""
DEEP = 2_000_000


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def call(command: str) -> bytes:
    return b"cos\nsystem\n" + text(command) + b"\x85R"


def wrapped_array(count: int, kind: str = "u1", flags: int = 0) -> bytes:
    """Return joblib's wrapper of an array of so many elements, which stand behind it."""
    state = b"(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff" + bytes([75, flags]) + b"tb"
    dtype = DTYPE + b"(" + text(kind) + b"\x89\x88tR" + state
    shape = b"J" + count.to_bytes(4, "little") + b"\x85"
    entries = {"subclass": NDARRAY, "shape": shape, "order": text("C"), "dtype": dtype, "allow_mmap": b"\x89"}
    return WRAPPER + b")\x81}(" + b"".join(text(key) + value for key, value in entries.items()) + b"ub"


def hidden_by_joblib(command: str) -> bytes:
    """Return a plain pickle of which a reader of joblib's arrays takes the live opcodes for numbers."""
    live = b"0" + call(command)
    return b"\x80\x02" + wrapped_array(len(live)) + live + b"."


def chained(command: str) -> bytes:
    module = b"cimportlib\nimport_module\n" + text("os") + b"\x85R"
    return b"\x80\x02cbuiltins\ngetattr\n" + module + text("system") + b"\x86R" + text(command) + b"\x85R."


def with_arguments(*opcodes: bytes) -> Callable[[str], bytes]:
    """Return opcodes that push os.system, and then the call of it."""
    return lambda command: b"\x80\x04" + b"".join(opcodes) + text(command) + b"\x85R."


HOSTILE: Mapping[str, Callable[[str], bytes]] = {
    "plain": lambda command: b"\x80\x02" + call(command) + b".",
    "protocol 0": lambda command: f"cos\nsystem\n(S'{command}'\ntR.".encode(),
    "nested": lambda command: b"\x80\x02}" + text("steps") + b"](" + call(command) + b"es.",
    "as an instance": lambda command: b"(" + text(command) + b"ios\nsystem\n.",
    "as an object": lambda command: b"(cos\nsystem\n" + text(command) + b"o.",
    "dotted": with_arguments(text("shutil"), text("os.system"), b"\x93"),
    "by memo": with_arguments(text("system"), b"\x940", text("os"), b"\x940h\x01h\x00\x93"),
    "named by a call": with_arguments(
        b"c_codecs\nencode\n", text("bf"), text("rot13"), b"\x86R", text("system"), b"\x93"
    ),
    "chained": chained,
    "extension": with_arguments(b"\x82\x4d"),
    "persistent": with_arguments(text("any"), b"Q"),
    "persistent line": lambda command: b"Pany\n" + text(command) + b"\x85R.",
    "hidden by joblib": hidden_by_joblib,
    "after bytes": lambda command: (
        b"\x80\x02B" + (9000).to_bytes(4, "little") + bytes(9000) + b"0" + call(command) + b"."
    ),
    "before an error": lambda command: b"\x80\x02" + call(command) + b"\xff",
    "truncated": lambda command: b"\x80\x02" + call(command),
    "by an altered object": lambda command: b"\x80\x02ccollections\nOrderedDict\n)R0" + call(command) + b".",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return which of the files ran their command in Python's own loader."""
    directory = tmp_path_factory.mktemp("real")
    files = []
    for number, make in enumerate(HOSTILE.values()):
        files.append(directory / f"{number}.pkl")
        files[-1].write_bytes(make(f"touch {directory}/{number}.ran"))
    subprocess.run([sys.executable, "-c", LOADER, *files], check=True, capture_output=True)
    return {name for number, name in enumerate(HOSTILE) if (directory / f"{number}.ran").exists()}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_runs_in_its_loader_does_not_run_here_and_is_unknown(name: str, ran: set[str], tmp_path: Path) -> None:
    assert name in ran
    data = HOSTILE[name](f"touch {tmp_path}/ran")
    kinds = (
        bytes,
        zlib.compress,
        gzip.compress,
        bz2.compress,
        lzma.compress,
        partial(lzma.compress, format=lzma.FORMAT_ALONE),
    )
    for pack in kinds:
        facts = facts_of(pack(data))
        assert facts.code_on_load == CodeOnLoad.UNKNOWN
        assert facts.unlisted or facts.notes
    assert os.listdir(tmp_path) == []


def test_a_pickle_within_an_array_of_joblib_is_followed() -> None:
    inner = b"\x80\x02" + call("true") + b"."
    facts = facts_of(b"\x80\x02" + wrapped_array(3, "O8", 63) + inner + b".")
    assert facts.unlisted == ["os.system"]
    assert facts.code_on_load == CodeOnLoad.UNKNOWN


def test_what_stands_behind_an_array_of_joblib_is_followed() -> None:
    data = b"\x80\x02" + wrapped_array(5000) + bytes(5000) + b"0" + call("true") + b"."
    for packed in (data, zlib.compress(data)):
        facts = facts_of(packed)
        assert (facts.format, facts.unlisted, facts.code_on_load) == ("joblib", ["os.system"], CodeOnLoad.UNKNOWN)
    assert facts_of(b"\x80\x02" + wrapped_array(5000) + bytes(5000) + b".").code_on_load == CodeOnLoad.PICKLE


@pytest.mark.parametrize(
    ("kind", "flags"), [("u1", 1), ("O8", 0), ("f8", 63)], ids=["numbers as objects", "objects as numbers", "both"]
)
def test_a_data_type_that_lies_is_unknown(kind: str, flags: int) -> None:
    facts = facts_of(b"\x80\x02" + wrapped_array(1, kind, flags) + bytes(8) + b".")
    assert facts.code_on_load == CodeOnLoad.UNKNOWN
    assert "data type" in " ".join(facts.notes)


def test_joblibs_wrapper_in_any_other_place_is_unknown() -> None:
    by_call = b"ccopy_reg\n_reconstructor\n" + WRAPPER + b"c__builtin__\nobject\nN\x87R."
    in_a_state = b"ccollections\nCounter\n)\x81N}" + text("__class__") + WRAPPER + b"s\x86b."
    within_a_frame = b"\x95" + (500).to_bytes(8, "little") + wrapped_array(1) + b"\0" + bytes(500) + b"."
    for opcodes in (by_call, in_a_state, within_a_frame, WRAPPER + b"."):
        assert facts_of(b"\x80\x04" + opcodes).code_on_load == CodeOnLoad.UNKNOWN


def test_safetensors_that_is_a_pickle_too_is_unknown() -> None:
    """Pickle takes the length and the header for short bytes and texts that it drops, and the tensor for opcodes."""
    live = call("true") + b"."
    length = b"C\x20" + bytes(6)  # SHORT_BINBYTES of 32: the rest of the length, and the first 26 of the header
    header = b'{"__metadata__":{"aaaaa":"'
    last = b'"},"x":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(live), len(live))
    while len(header) < int.from_bytes(length, "little") - 200:
        header += b"0U" + b"~" * 127
    rest = int.from_bytes(length, "little") - len(header)
    header += b"0U" + bytes([rest - 3 - len(last) - 2 - 1]) + b"~" * (rest - 3 - len(last) - 3)
    header += b"0U" + bytes([len(last)]) + last
    data = length + header + live
    assert {"os.system"} == asked_for(data)
    facts = facts_of(data)
    assert (facts.format, facts.code_on_load) == ("safetensors", CodeOnLoad.UNKNOWN)
    assert facts.unlisted == ["os.system"]


def test_a_frame_behind_the_end_of_a_pickle_is_unknown() -> None:
    inner = b"\x80\x04\x95" + (40).to_bytes(8, "little") + b"N."
    facts = facts_of(b"\x80\x02" + wrapped_array(3, "O8", 63) + inner + b"0" * 38 + b".")
    assert facts.code_on_load == CodeOnLoad.UNKNOWN
    assert "frame" in " ".join(facts.notes)


ALTERED: Mapping[str, Callable[[str, bytes, str], bytes]] = {
    "sample inputs": lambda name, data, command: archive(command) if "sample_inputs" in name else data,
    "weight": lambda name, data, command: (
        archive(command)
        if name.endswith("/weight_1")
        else data.replace(b'"weight_1", "is_param": true, "use_pickle": false', b'"weight_1", "use_pickle": true')
    ),
    "size": lambda _, data, command: data.replace(
        b"Symbol('s31', positive=True, integer=True)", f"__import__('os').system('{command}')".encode()
    ),
    "a pickle before an archive": lambda name, data, command: (
        b"\x80\x02" + call(command) + b"." + data if "sample_inputs" in name else data
    ),
    "name of an input": lambda _, data, command: data.replace(
        b'"name": "input"', f""""name": "input=__import__('os').system('{command}')\"""".encode()
    ),
    "name of a weight": lambda _, data, __: data.replace(b'"0.weight"', rb'"0.weight\")\nimport os\nprint(\""'),
    "imports of a tree": lambda _, data, __: data.replace(
        rb"\"null\"", rb"\"{\\\"\\\\u005f_enum_\\\\u005f\\\": 1, \\\"f\\\\u0071n\\\": \\\"this:s\\\"}\""
    ),
    "size in other letters": lambda _, data, __: data.replace(
        b"Symbol('s31',", "Symbol('s31').\uff53\uff55\uff42\uff53(".encode()
    ),
    "tree": lambda _, data, __: data.replace(rb"builtins.dict\"", rb"collections.defaultdict\""),
    "operator": lambda _, data, __: data.replace(b"torch.ops.aten.relu.default", b"torch.hub.os.system"),
}
ADDED = ("data/constants/opaque_obj_0", "data/weights/model.pt", "Data/sample_inputs/model.pt")
"""Each was tried with torch 2.13: most of them can run a command when torch.export.load reads them."""


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_program_of_torch_is_unknown(name: str, tmp_path: Path) -> None:
    path, command = tmp_path / "altered.pt2", f"touch {tmp_path}/ran"
    with zipfile.ZipFile(f"{FILES}/torch/exported.pt2") as real, zipfile.ZipFile(path, "w") as altered:
        for member in real.namelist():
            altered.writestr(member, ALTERED[name](member, real.read(member), command))
    facts = inspect_place(str(path)).facts
    assert facts.code_on_load == CodeOnLoad.UNKNOWN
    assert facts.unlisted or facts.notes
    assert os.listdir(tmp_path) == ["altered.pt2"]


@pytest.mark.parametrize("name", ADDED)
def test_a_program_of_torch_with_more_than_programs_and_tensors_is_unknown(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / "altered.pt2")
    shutil.copy(f"{FILES}/torch/exported.pt2", path)
    with zipfile.ZipFile(path, "a") as altered:
        altered.writestr(f"exported/{name}", b"\x80\x02" + call("true") + b".")
    assert inspect_place(path).facts.code_on_load == CodeOnLoad.UNKNOWN


def test_an_archive_of_torch_with_a_foreign_name_is_unknown(tmp_path: Path) -> None:
    facts = facts_of(archive(f"touch {tmp_path}/ran"))
    assert (facts.format, facts.code_on_load, facts.unlisted) == ("torch", CodeOnLoad.UNKNOWN, ["os.system"])
    assert os.listdir(tmp_path) == []


def archive(command: str) -> bytes:
    """Return an archive as torch.save writes it, whose pickle runs a command."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as opened:
        opened.writestr("model/data.pkl", b"\x80\x02" + call(command) + b".")
    return found.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(zlib.compress(b"\x80\x04B\0\0\0\x04" + bytes(1 << 26) + b"."), "unpacked", id="bomb"),
        pytest.param(b"\x80\x04" + b"]" * DEEP + b"a" * (DEEP - 1) + b".", "million values", id="deep"),
        pytest.param(b"\x80\x04]q\0" + b"0]h\0aq\0" * (DEEP // 8) + b".", "", id="deep by memo"),
        pytest.param(b"\x80\x04" + b"(" * DEEP + b".", "million open marks", id="marks"),
    ],
)
def test_large_things_end_within_the_limits(data: bytes, reason: str) -> None:
    limits = HERE._replace(unpacked=1 << 24)
    facts = read_model("model", [InputFile("model", len(data), lambda at, count: data[at : at + count])], limits)
    assert reason in " ".join(facts.notes)
    assert facts.code_on_load == (CodeOnLoad.UNKNOWN if reason else CodeOnLoad.PICKLE)


@pytest.mark.parametrize("count", [150, pytest.param(20_000, marks=pytest.mark.soak, id="many")])
@pytest.mark.parametrize("name", ["pipeline.pkl", "protocol-0.pkl", "knn.pkl", "xgboost.pkl", "statsmodels.pkl"])
def test_a_mutation_that_is_called_known_asks_for_known_names_alone(name: str, count: int) -> None:
    real = content(f"{FILES}/pickle/{name}")
    assert isinstance(real, bytes)
    known = {str(one) for one in read_known()}
    for number in range(count):
        data = mutated(real, random.Random(f"{name} {number}"))  # noqa: S311  the same every time
        facts = facts_of(data)
        assert facts.code_on_load in {CodeOnLoad.PICKLE, CodeOnLoad.UNKNOWN}
        if facts.code_on_load == CodeOnLoad.PICKLE:
            asked = asked_for(data)
            assert asked <= known
            assert asked <= set(facts.imports)


@pytest.mark.parametrize("count", [60, pytest.param(20_000, marks=pytest.mark.soak, id="many")])
@pytest.mark.parametrize(
    "path",
    ["pickle/voting.joblib", "pickle/function.cloudpickle", "torch/state.pt", "torch/legacy.pt", "torch/script.pt"],
)
def test_no_mutation_of_a_file_that_runs_code_is_called_free_of_it(path: str, count: int) -> None:
    real = content(f"{FILES}/{path}")
    assert isinstance(real, bytes)
    for number in range(count):
        facts = facts_of(mutated(real, random.Random(f"{path} {number}")))  # noqa: S311  the same every time
        assert facts.code_on_load in {CodeOnLoad.PICKLE, CodeOnLoad.UNKNOWN}
        assert facts.code_on_load == CodeOnLoad.UNKNOWN or not facts.unlisted


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return a file of which a few bytes are other, missing, or there twice."""
    for _ in range(chance.choice((1, 1, 2, 6))):
        at = chance.randrange(len(data))
        other = chance.choice((chance.randbytes(1), b"", data[at : at + 1] * 2, b"\x93", b"R", b"0", b"h\0"))
        data = data[:at] + other + data[at + 1 :]
    return data


def asked_for(data: bytes) -> set[str]:
    """Return what Python's own pickle asks for, without giving it."""
    found = set()

    class Asked(pickle._Unpickler):  # noqa: SLF001  the pure one: the other's memo takes what room a file says
        def find_class(self, module: str, name: str) -> object:
            found.add(f"{module}.{name}")
            return Inert

    try:
        Asked(io.BytesIO(data)).load()
    except Exception:  # noqa: BLE001  whatever a loader may raise
        return found
    return found


class Inert:
    """What takes every call, state and item, and does nothing."""

    def __new__(cls, *_args: object, **_names: object) -> Self:
        return object.__new__(cls)

    def __init__(self, *_args: object, **_names: object) -> None: ...

    def __setitem__(self, _key: object, _value: object) -> None: ...

    def __setstate__(self, _state: object) -> None: ...

    def append(self, _value: object) -> None: ...

    def extend(self, _values: object) -> None: ...

    def add(self, _value: object) -> None: ...

    def __hash__(self) -> int:
        return 0
