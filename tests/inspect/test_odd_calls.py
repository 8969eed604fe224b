"""Pickles that do harm with names that are known: each ran where the libraries are, and each is unknown.

With pandas 3.1, NumPy 2.4, PyTorch 2.13 and LightGBM 4.7 these open a file that they name (time zones of dateutil, a
booster), read memory at an address that they name, or put an object of another class in place.
"""

from collections.abc import Mapping

import pytest

from gto.inspect.facts import CodeOnLoad
from gto.inspect.opcodes.known import read_called, read_known
from tests.model_files import facts_of

ZONE = "dateutil//tmp/named-by-the-file"
STAMP = f"datetime64[ns, {ZONE}]"
NONE, EMPTY, LIST, DICT = b"N", b")", b"]", b"}"


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def name(dotted: str) -> bytes:
    module, _, last = dotted.rpartition(".")
    return f"c{module}\n{last}\n".encode()


def args(*values: bytes) -> bytes:
    return b"(" + b"".join(values) + b"t"


def call(dotted: str, *values: bytes) -> bytes:
    return name(dotted) + args(*values) + b"R"


def new(dotted: str, *values: bytes) -> bytes:
    return name(dotted) + args(*values) + b"\x81"


def mapping(**entries: bytes) -> bytes:
    return b"}(" + b"".join(text(key) + value for key, value in entries.items()) + b"u"


def dtype(kind: str, names: bytes, fields: bytes, size: bytes, flags: int) -> bytes:
    state = b"K\x03" + text("|") + NONE + names + fields + size + b"J\xff\xff\xff\xff" + bytes([75, flags])
    return call("numpy.dtype", text(kind), b"\x89", b"\x88") + args(state) + b"b"


def array(kind: bytes, data: bytes) -> bytes:
    ndarray = call("numpy._core.multiarray._reconstruct", name("numpy.ndarray"), args(b"K\0"), b"C\x01b")
    return ndarray + args(b"K\x01", args(b"K\x01"), kind, b"\x89", data) + b"b"


def items(**entries: bytes) -> bytes:
    """Return a list of pairs."""
    return b"](" + b"".join(args(text(key), value) for key, value in entries.items()) + b"e"


ANY = b"J\xff\xff\xff\xff"
BYTES = b"C\x08" + b"A" * 8
OBJECT = dtype("O8", NONE, NONE, ANY, 63)
NUMBERS = dtype("u8", NONE, NONE, ANY, 0)
MEMORY = mapping(data=args(b"J\x41\x41\x41\x41", b"\x89"), typestr=text("<u8"), shape=args(b"K\x04"), version=b"K\x03")
AT_ADDRESS = new("sklearn.svm._classes.SVC") + mapping(__array_interface__=MEMORY) + b"b"
INDEX, ZONED = "pandas.core.indexes.base.Index", "pandas.core.dtypes.dtypes.DatetimeTZDtype"
DATES = "pandas.core.indexes.datetimes.DatetimeIndex"
REQUEST = "sklearn.utils._metadata_requests.MethodMetadataRequest"
OTHER = "sklearn.utils._metadata_requests.MetadataRequest"
CLASS = call(
    "numpy._core.multiarray.scalar",
    dtype("U9", NONE, NONE, b"K\x24", 8),
    b"C\x24" + "__class__".encode("utf-32-le"),
)
BOOSTER = args(DICT, NONE, text("/tmp/named-by-the-file"))  # noqa: S108  nobody opens it
ODD: Mapping[str, bytes] = {
    "an index with a time zone": call(DATES, LIST, NONE, text(ZONE)),
    "a series with a data type": call("pandas.core.series.Series", LIST, NONE, text(STAMP)),
    "a new object with arguments": new(DATES, LIST, NONE, text(ZONE)),
    "by NEWOBJ_EX": name(DATES) + EMPTY + mapping(data=LIST, tz=text(ZONE)) + b"\x92",
    "by INST": b"(" + text(STAMP) + b"i" + ZONED.replace(".Date", "\nDate").encode() + b"\n",
    "an index that is told its type": call(
        "pandas.core.indexes.base._new_Index", name(INDEX), mapping(data=array(NUMBERS, BYTES), dtype=text(STAMP))
    ),
    "an index that is told its zone": call(
        "pandas.core.indexes.datetimes._new_DatetimeIndex",
        name(DATES),
        mapping(data=array(NUMBERS, BYTES), tz=text(ZONE), freq=NONE),
    ),
    "an index of what is no literal": call(
        "pandas.core.indexes.base._new_Index",
        name(INDEX),
        call("collections.OrderedDict", items(data=array(NUMBERS, BYTES), dtype=text(STAMP))),
    ),
    "a caller of NumPy": call("numpy.random._pickle.__generator_ctor", text(STAMP), name(ZONED)),
    "a caller of Python": call("copyreg._reconstructor", name(ZONED), name(ZONED), text(STAMP)),
    "a caller of PyTorch": call(
        "torch._tensor._rebuild_from_type_v2", name("lightgbm.basic.Booster"), name("torch.Tensor"), BOOSTER, DICT
    ),
    "a booster": call("lightgbm.basic.Booster", DICT, NONE, text("/tmp/named-by-the-file")),  # noqa: S108  as above
    "a method": new("sklearn.svm._classes.SVC") + mapping(append=name(ZONED)) + b"b" + text(STAMP) + b"a",
    "a data type that hides objects": array(dtype("O8", NONE, NONE, ANY, 0), BYTES),
    "a field that hides objects": array(
        dtype("V8", args(text("a")), mapping(a=args(OBJECT, b"K\0")), b"K\x08", 0), BYTES
    ),
    "a data type that changes later": array(
        OBJECT + args(b"K\x03", text("|"), NONE, NONE, NONE, ANY, ANY, b"K\0") + b"b", BYTES
    ),
    "memory": call("numpy.asarray", AT_ADDRESS),
    "a class in a state": new(REQUEST)
    + args(NONE, call("collections.OrderedDict", items(__class__=name(OTHER))))
    + b"b",
    "a class by PyTorch": call(
        "torch._utils._rebuild_parameter_with_state", NONE, b"\x88", DICT, mapping(__class__=name("torch.Tensor"))
    ),
    "a key that is made": new(REQUEST) + args(NONE, b"}" + CLASS + name(OTHER) + b"s") + b"b",
    "a number without end": call("fractions.Fraction", text("1e999999999")),
}


@pytest.mark.parametrize("what", ODD)
def test_known_names_in_calls_that_no_model_makes_are_unknown(what: str) -> None:
    facts = facts_of(b"\x80\x04" + ODD[what] + b".")
    assert (facts.format, facts.code_on_load) == ("pickle", CodeOnLoad.UNKNOWN)
    assert facts.notes or facts.unlisted


def test_the_same_names_as_models_have_them_are_known() -> None:
    plain = [
        array(NUMBERS, BYTES),
        array(OBJECT, LIST),
        call("pandas.core.indexes.base._new_Index", name(INDEX), mapping(data=array(NUMBERS, BYTES), name=text(ZONE))),
        call("numpy.random._pickle.__generator_ctor", name("numpy.random._pcg64.PCG64")),
        call("copyreg._reconstructor", name("sklearn.svm._classes.SVC"), name("builtins.object"), NONE),
        new("lightgbm.basic.Booster") + mapping(handle=text("tree")) + b"b",
        new("sklearn.svm._classes.SVC") + mapping(score_func=name("numpy.asarray")) + b"b",
    ]
    facts = facts_of(b"\x80\x04(" + b"".join(plain) + b"l.")
    assert (facts.code_on_load, facts.notes, facts.unlisted) == (CodeOnLoad.PICKLE, [], [])


def test_few_known_names_may_be_called_with_arguments() -> None:
    called = read_called()
    assert called < read_known()
    assert len(called) < 120
    for module in ("pandas.core.frame", "numpy", "sklearn.pipeline", "torch.nn.modules.linear", "xgboost.core"):
        assert {one.name for one in called if one.module == module} <= {"dtype"}
