import hashlib
from pathlib import Path

import pytest

from gto.delivery.mlem_record import recorded_by_mlem
from gto.dvc.dir_listing import hash_of as hash_of_listing
from gto.inspect.facts import Method, ModelFacts, Schema
from gto.inspect.side_car import FileIdentity
from tests.model_files import FILES, facts_of

OTHER = "methods and requirements are those of net.mlem, which is of another version of the file"


def mlem(methods: str = "{}", requirements: str = "[]", artifacts: str = " {}", kind: str = "sklearn") -> bytes:
    text = f"artifacts:{artifacts}\nmodel_type: {{type: {kind}, methods: {methods}}}\nobject_type: model\n"
    return f"{text}requirements: {requirements}\n".encode()


def signature(argument: str, returns: str = "{type: unspecified}", name: str = "predict") -> str:
    return f"{{name: {name}, args: [{{name: X, type_: {argument}}}], returns: {returns}}}"


def test_what_describes_no_model_gives_no_facts() -> None:
    for kind in ("data", "link", "deployment"):
        facts = facts_of(f"artifacts:\n  data:\n    hash: abc\n    uri: x\nobject_type: {kind}\n".encode())
        assert (facts.format, facts.methods) == ("", {})
        assert facts.notes == ["it is a .mlem file of something else than a model"]


def test_methods_bear_the_names_that_the_model_has_for_them() -> None:
    methods = f"{{sklearn_predict: {signature('{type: unspecified}')}, predict: {signature('{type: unspecified}')}}}"
    assert list(facts_of(mlem(methods)).methods) == ["predict"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("{type: ndarray, dtype: float32, shape: [null, 4]}", [("input", "FP32", [-1, 4])]),
        ("{type: csr_matrix, dtype: float64, shape: [1, 300]}", [("input", "FP64", [-1, 300])]),
        ("{type: torch, dtype: float32, shape: [null, 3, 8, 8]}", [("input", "FP32", [-1, 3, 8, 8])]),
        ("{type: number, dtype: int64}", [("input", "INT64", [])]),
        ("{type: primitive, ptype: str}", [("input", "BYTES", [])]),
        (
            "{type: lightgbm, inner: {type: dataframe, columns: [i, a], dtypes: [int64, bool], index_cols: [i]}}",
            [("a", "BOOL", [-1])],
        ),
        ("{type: series, columns: [a], dtypes: [object], index_cols: []}", [("a", "BYTES", [-1])]),
        ("{type: dict, item_types: {b: {type: ndarray, dtype: bool, shape: [null]}}}", [("b", "BOOL", [-1])]),
    ],
)
def test_tables_arrays_and_texts_are_tensors(said: str, expected: list[tuple[str, str, list[int]]]) -> None:
    inputs = facts_of(mlem(f"{{predict: {signature(said)}}}")).methods["predict"].inputs
    assert inputs is not None
    assert [(one.name, one.datatype, list(one.shape)) for one in inputs.tensors] == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("{type: primitive, ptype: int}", {"type": "integer"}),
        ("{type: array, dtype: {type: primitive, ptype: bool}}", {"type": "array", "items": {"type": "boolean"}}),
        (
            "{type: tuple, items: [{type: primitive, ptype: int}, {type: primitive, ptype: str}]}",
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]},
        ),
        (
            "{type: d_dict, value_type: {type: ndarray, dtype: float64, shape: [null]}}",
            {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": ["number", "null"]}},
            },
        ),
        ("{type: image}", None),
        ("[1, 2]", None),
    ],
)
def test_what_is_no_tensor_has_a_json_schema_and_what_is_unknown_none(said: str, expected: object) -> None:
    inputs = facts_of(mlem(f"{{predict: {signature(said)}}}")).methods["predict"].inputs
    assert (inputs and inputs.json_schema) == expected


def test_several_arguments_are_not_described_and_optional_ones_do_not_count() -> None:
    one = "{name: a, type_: {type: primitive, ptype: int}}"
    two = f"{{predict: {{name: predict, args: [{one}, {one}]}}, call: {{name: call, args: [{one}, "
    facts = facts_of(mlem(two + "{name: b, required: false}]}}"))
    assert facts.methods["predict"].inputs is None
    assert facts.methods["call"].inputs is not None
    assert "predict() takes 2 arguments: none is described" in facts.notes


def test_a_name_that_pip_would_take_for_an_option_is_no_requirement() -> None:
    facts = facts_of(mlem(requirements="[{module: '--index-url=x'}, {module: a, version: '1; x'}, numpy, 5, []]"))
    assert facts.requirements == ["numpy", "5"]
    assert len(facts.notes) == 4


def test_many_columns_are_cut_and_a_large_file_is_not_read() -> None:
    columns = "[" + "a," * 50_000 + "a]"
    said = signature(f"{{type: dataframe, columns: {columns}, dtypes: {columns}}}")
    wide = mlem(f"{{predict: {said}}}", artifacts="\n  data:\n    hash: abc\n    uri: net")
    inputs = facts_of(wide).methods["predict"].inputs
    assert inputs is not None
    assert len(inputs.tensors) == 2000
    assert "more than" in facts_of(mlem() + b"#" * (1 << 20)).notes[0]


def artifacts(*files: tuple[str, bytes]) -> str:
    parts = [
        f"{uri}: {{uri: {uri}, size: 1, hash: {hashlib.md5(data, usedforsecurity=False).hexdigest()}}}"
        for uri, data in files
    ]
    return f" {{{', '.join(parts)}}}"


def test_the_hash_tells_whether_it_is_of_this_file_or_directory(tmp_path: Path) -> None:
    methods = f"{{predict: {signature('{type: primitive, ptype: int}')}}}"
    md5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    listing = hash_of_listing([("model", md5), ("preprocess", md5)])
    place = str(tmp_path / "net.pkl")
    for said, mine, notes in (
        (artifacts(("net", b"x")), md5, []),
        (artifacts(("net/model", b"x"), ("net/preprocess", b"x")), listing, []),
        (artifacts(("net", b"y")), md5, [OTHER]),
        (" {}", "", [OTHER]),
    ):
        (tmp_path / "net.mlem").write_bytes(mlem(methods, "[{module: sklearn, version: 1.2.1}]", said))
        found = recorded_by_mlem(place, FileIdentity("net.pkl", 1, mine), ModelFacts())
        assert found is not None
        assert (found.requirements, list(found.methods), found.notes) == (["scikit-learn==1.2.1"], ["predict"], notes)


def test_a_file_that_is_none_of_mlem_s_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "net.mlem").write_bytes(b"\x80\x04N.")
    assert recorded_by_mlem(str(tmp_path / "net"), FileIdentity("net", 1), ModelFacts()) is None
    assert recorded_by_mlem(f"{FILES}/mlem/none", FileIdentity("none", 1), ModelFacts()) is None


def test_what_the_model_s_own_file_says_counts_first(tmp_path: Path) -> None:
    said = signature("{type: primitive, ptype: int}", "{type: primitive, ptype: float}")
    (tmp_path / "net.mlem").write_bytes(mlem(f"{{predict: {said}}}"))
    own = Schema((), "json", {"type": "string"})
    found = recorded_by_mlem(
        str(tmp_path / "net"), FileIdentity("net", 1), ModelFacts(methods={"predict": Method(own, None)})
    )
    assert found is not None
    assert found.methods == {"predict": Method(own, Schema((), "json", {"type": "number"}))}
