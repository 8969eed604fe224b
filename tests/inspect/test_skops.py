import io
import json
import os
import zipfile
from typing import Any

import pytest

from gto.inspect.facts import CodeOnLoad
from tests.model_files import FILES, content, facts_of


def archive(schema: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        opened.writestr("schema.json", schema)
    return written.getvalue()


def node(name: str, loader: str, **more: object) -> dict[str, Any]:
    module, _, class_ = name.rpartition(".")
    return {"__module__": module, "__class__": class_, "__loader__": loader, **more}


def pipeline(inner: object) -> bytes:
    attributes = node("builtins.dict", "DictNode", content={"steps": inner})
    return archive(json.dumps(node("sklearn.pipeline.Pipeline", "ObjectNode", content=attributes)).encode())


JOIN = node("builtins.list", "ListNode", content=[])


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        pytest.param(node("os.system", "FunctionNode"), "os.system", id="a function"),
        pytest.param(node("os.system", "TypeNode"), "os.system", id="a type"),
        pytest.param([[{"a": node("os.system", "TypeNode")}]], "os.system", id="where skops does not look"),
        pytest.param({"__module__": "os", "__class__": "system"}, "os.system", id="without a loader"),
        pytest.param(
            {"__module__": "sklearn.datasets", "__class__": "_base.os.system", "__loader__": "TypeNode"},
            "sklearn.datasets._base.os.system (a name with a dot)",
            id="a dotted name",
        ),
        pytest.param(
            node("operator.methodcaller", "OperatorFuncNode", attrs=JOIN),
            "operator.methodcaller (OperatorFuncNode)",
            id="an operator",
        ),
        pytest.param(
            node("builtins.list", "MethodNode", content={"obj": JOIN, "func": "append"}),
            "builtins.list.append (MethodNode)",
            id="a method",
        ),
        pytest.param(
            node("functools.partial", "PartialNode"), "functools.partial (PartialNode)", id="a partial function"
        ),
        pytest.param(node("builtins.list", "NewNode"), "builtins.list (NewNode)", id="a way of loading of tomorrow"),
        pytest.param(
            node("builtins.getattr", "ConstructorFromReduceNode"),
            "builtins.getattr (ConstructorFromReduceNode)",
            id="a built-in function",
        ),
        pytest.param({"__loader__": "TypeNode"}, "None.None (a name with a dot)", id="a type without a name"),
    ],
)
def test_what_is_not_on_the_list_is_named(inner: object, name: str) -> None:
    facts = facts_of(pipeline(inner))
    assert (facts.format, facts.class_name) == ("skops", "sklearn.pipeline.Pipeline")
    assert (facts.code_on_load, facts.unlisted) == (CodeOnLoad.UNKNOWN, [name])


def test_an_object_that_is_there_twice_is_one() -> None:
    model = node("sklearn.linear_model._base.LinearRegression", "ObjectNode", __id__=7)
    model["content"] = node(
        "builtins.dict", "DictNode", content={"n_jobs": node("builtins.str", "JsonNode", content="3")}
    )
    text = node("builtins.str", "JsonNode", content='"first"')
    pairs = [
        node("builtins.tuple", "TupleNode", content=[text, one])
        for one in (model, node("sklearn.linear_model._base.LinearRegression", "CachedNode", __id__=7))
    ]
    facts = facts_of(pipeline(node("builtins.list", "ListNode", content=pairs)))
    assert [one.params for one in facts.steps] == [{"n_jobs": 3}, {"n_jobs": 3}]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(archive(b"[" * 200_000), id="lists in lists"),
        pytest.param(archive(b"{}"), id="nothing"),
        pytest.param(pipeline(node("builtins.str", "JsonNode", content="[" * 200_000)), id="a value of lists in lists"),
        pytest.param(pipeline(node("builtins.str", "JsonNode", content="{")), id="half of a value"),
        pytest.param(pipeline([node(f"a.b{n}", "TypeNode") for n in range(3000)]), id="thousands of types"),
    ],
)
def test_what_is_no_schema_is_not_trusted(data: bytes) -> None:
    facts = facts_of(data)
    assert (facts.format, facts.code_on_load) == ("skops", CodeOnLoad.UNKNOWN)
    assert len(facts.notes) == 1


def test_objects_are_followed_as_deep_as_a_model_is() -> None:
    inner: object = node("builtins.str", "JsonNode", content="1")
    for _ in range(300):
        inner = node("builtins.list", "ListNode", content=[inner])
    assert facts_of(pipeline(inner)).code_on_load is CodeOnLoad.TRUSTED_TYPES


def test_a_booster_that_is_called_with_a_file_is_not_trusted() -> None:
    file = node("builtins.str", "JsonNode", content='"any.txt"')
    arguments = node("builtins.tuple", "TupleNode", content=[file])
    facts = facts_of(pipeline(node("lightgbm.basic.Booster", "ConstructorFromReduceNode", content=arguments)))
    assert facts.code_on_load is CodeOnLoad.UNKNOWN


def test_two_schemas_in_one_archive_are_refused() -> None:
    real = content(os.path.join(FILES, "skops", "own.skops"))
    assert isinstance(real, bytes)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(written := io.BytesIO(real), "a") as opened:
        opened.writestr("schema.json", json.dumps(JOIN))
    facts = facts_of(written.getvalue())
    assert (facts.code_on_load, facts.notes) == (CodeOnLoad.UNKNOWN, ["two members of the archive have one name"])


def test_an_archive_that_another_loader_would_load_otherwise_is_not_trusted() -> None:
    real = content(os.path.join(FILES, "skops", "log.skops"))
    assert isinstance(real, bytes)
    with zipfile.ZipFile(written := io.BytesIO(real), "a") as opened:
        for name in ("config.json", "metadata.json", "model.weights.npz"):
            opened.writestr(name, b"{}")
    facts = facts_of(written.getvalue())
    assert facts.code_on_load is CodeOnLoad.UNKNOWN
    assert "more than one format" in facts.notes[-1]
