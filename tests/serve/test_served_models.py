"""`gto serve` with models of nine kinds from a repository and beside it, asked by hand and by the clients of others."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.environment import engine_python, serving_clients_python, serving_python
from tests.measured import measured
from tests.repo import Repo
from tests.serving import ServingServer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.models
ROOT = Path(__file__).parent.parent.parent
INSIDE = ROOT / "tests" / "models" / "inside"
FILES = ("boosted.ubj", "cat.cbm", "dense.keras", "double.cloudpickle", "graph.onnx", "leaves.txt", "net.pt2")
NAMES = {"table.cloudpickle": "table", "array.skops": "team/array", **{one: one.partition(".")[0] for one in FILES}}
SECONDS = 300


class Scene(NamedTuple):
    """A server, and what the models themselves said of some requests."""

    server: ServingServer
    asked: dict[str, Any]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    python = str(serving_python())
    repo = Repo(tmp_path_factory.mktemp("served"))
    repo.git("init", "--quiet")
    repo.commit("first")
    (repo.path / "beside").mkdir()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "COV_", "PYTEST_"))}
    env |= {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [python, str(INSIDE / "make_served.py")],
        cwd=repo.path,
        env=env,
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    asked = json.loads((repo.path / "asked.json").read_text())
    repo.git("add", "artifacts.yaml", "models")
    for tags in (("table@v1.0.0", "team/array@v1.0.0", "table#prod#1"), ("table@v1.1.0", "table#canary#2")):
        repo.commit("models")
        for tag in tags:
            repo.tag(tag)
    selectors = ["table#prod", "table#canary", "team/array@v1.0.0", *(f"beside/{name}" for name in FILES)]
    command = [python, *measured(env), "-m", "gto", "serve", *selectors, "--trusted", "--port", "0", "--json"]
    with serving(command, repo.path, env) as server:
        yield Scene(server, asked)


def test_it_says_what_it_serves(scene: Scene) -> None:
    models = scene.server.started["models"]
    assert models[0] == {"name": "table", "version": "v1.0.0", "selector": "table#prod"}
    assert {one["name"] for one in models} == set(NAMES.values())
    assert "graph@file: nothing says what it takes" not in scene.server.log.read_text()


@pytest.mark.parametrize("file", NAMES)
def test_predictions_are_those_of_the_model_itself(scene: Scene, file: str) -> None:
    asked, name = scene.asked[file], NAMES[file]
    rows = scene.server.ask(f"/models/{name}/predict", {"rows": asked["rows"]})
    assert rows.status == 200, rows.body
    assert rows.json["rows"] == asked["said"]
    tensors = scene.server.ask(f"/v2/models/{name}/infer", {"inputs": asked["inputs"]})
    assert tensors.status == 200, tensors.body
    (output,) = tensors.json["outputs"]
    data = json.loads(output["data"][0]) if output["datatype"] == "BYTES" else output["data"]
    flat = [value for row in asked["said"] for value in row] if isinstance(asked["said"][0], list) else asked["said"]
    assert data == flat


def test_the_schema_of_a_table_is_kept_to(scene: Scene) -> None:
    row = scene.asked["table.cloudpickle"]["rows"][0]
    for changed, said in (
        ({"tenure": 1.5}, "'tenure' holds a number with a point in row 1, and the model takes INT64"),
        ({"tenure": None}, "'tenure' has no value in row 1"),
        ({"since": "yesterday"}, "'since' holds text that is no date"),
        ({"more": 1}, "does not take the column 'more'"),
    ):
        found = scene.server.ask("/models/table/predict", [{**row, **changed}])
        assert (found.status, said in found.json["error"]) == (422, True), found.body
    fewer = {name: value for name, value in row.items() if name != "plan"}
    assert "'plan' is missing in row 2" in scene.server.ask("/models/table/predict", [row, fewer]).json["error"]
    as_lists = scene.server.ask("/models/table/predict", [list(row.values())])
    assert as_lists.json["rows"] == scene.asked["table.cloudpickle"]["said"][:1]


def test_two_versions_of_one_artifact_answer_by_their_names(scene: Scene) -> None:
    rows = scene.asked["table.cloudpickle"]["rows"]
    for path, version in (("", "v1.0.0"), ("/versions/v1.1.0", "v1.1.0"), ("/versions/canary", "v1.1.0")):
        found = scene.server.ask(f"/models/table{path}/predict?method=predict_proba", rows)
        assert (found.json["model_version"], found.json["method"]) == (version, "predict_proba")
        assert found.headers["gto-model-version"] == f"table@{version}"


def test_triton_s_own_client_asks_in_bytes_and_in_json(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "asked.json").write_text(json.dumps(scene.asked))
    done = subprocess.run(
        [str(serving_clients_python()), "-c", TRITON, str(scene.server.port)],
        cwd=tmp_path, check=False, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_kserve_s_own_client_gets_the_same_predictions(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "asked.json").write_text(json.dumps(scene.asked))
    done = subprocess.run(
        [str(engine_python("KServe")), "-c", KSERVE, str(scene.server.port)],
        cwd=tmp_path, check=False, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


KSERVE = """
import asyncio, json, sys
from kserve import InferInput, InferenceRESTClient, InferRequest, RESTConfig

async def main():
    client, base = InferenceRESTClient(RESTConfig(protocol="v2")), f"http://127.0.0.1:{sys.argv[1]}"
    assert await client.is_server_live(base) and await client.is_server_ready(base)
    asked = json.load(open("asked.json"))
    for file, name in (("table.cloudpickle", "table"), ("graph.onnx", "graph"), ("leaves.txt", "leaves")):
        assert await client.is_model_ready(base, name)
        inputs = [InferInput(one["name"], one["shape"], one["datatype"], one["data"]) for one in asked[file]["inputs"]]
        found = await client.infer(base, InferRequest(name, inputs), model_name=name)
        said = asked[file]["said"]
        flat = [value for row in said for value in row] if isinstance(said[0], list) else said
        assert found.outputs[0].data == flat, (file, found.outputs[0].data, said)

asyncio.run(main())
"""
TRITON = """
import json, sys
import numpy as np
import tritonclient.http as triton

asked = json.load(open("asked.json"))
client = triton.InferenceServerClient(f"127.0.0.1:{sys.argv[1]}")
assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready("table") and client.is_model_ready("table", "v1.1.0")
assert {one["name"] for one in client.get_model_repository_index()} >= {"table", "team/array"}
kinds = {"INT64": "int64", "FP64": "float64", "FP32": "float32", "BOOL": "bool", "BYTES": "object"}
for file, name in (("table.cloudpickle", "table"), ("net.pt2", "net"), ("leaves.txt", "leaves")):
    for is_binary in (True, False):
        inputs = []
        for one in asked[file]["inputs"]:
            if not is_binary and any(value is None for value in one["data"]):
                one = {**one, "data": [0.5] * len(one["data"])}
            array = np.array(one["data"], dtype=kinds[one["datatype"]])
            tensor = triton.InferInput(one["name"], list(array.shape), one["datatype"])
            tensor.set_data_from_numpy(array, binary_data=is_binary)
            inputs.append(tensor)
        outputs = [triton.InferRequestedOutput("output", binary_data=is_binary)]
        found = client.infer(name, inputs, outputs=outputs, request_id="9")
        if is_binary:
            assert found.as_numpy("output").tolist() == asked[file]["said"], (file, found.as_numpy("output"))
        assert found.get_response()["id"] == "9"
try:
    client.infer("table", inputs)
except triton.InferenceServerException as error:
    assert "is missing" in str(error), error
client.load_model("net")
client.unload_model("double")
assert not client.is_model_ready("double")
client.load_model("double")
"""


def test_a_client_is_generated_from_the_openapi_document_and_works(scene: Scene, tmp_path: Path) -> None:
    python = serving_clients_python()
    document = scene.server.ask("/openapi.json").json
    row = document["components"]["schemas"]["TableRow"]
    assert row["properties"]["tenure"] == {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
    assert row["additionalProperties"] is False
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    (tmp_path / "config.yaml").write_text("post_hooks: []\npackage_name_override: generated\n")
    generate = ["generate", "--path", "openapi.json", "--meta", "none", "--config", "config.yaml", "--fail-on-warning"]
    command = [str(python.parent / "openapi-python-client"), *generate]
    made = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert made.returncode == 0, made.stdout + made.stderr
    (tmp_path / "rows.json").write_text(json.dumps(scene.asked["table.cloudpickle"]["rows"]))
    done = subprocess.run(
        [str(python), "-c", GENERATED, str(scene.server.port)],
        cwd=tmp_path, check=False, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["v1.0.0", scene.asked["table.cloudpickle"]["said"]]


GENERATED = """
import json, sys
from generated import Client
from generated.api.table import predict_table
from generated.models import TableRequest, TableRow

client = Client(base_url=f"http://127.0.0.1:{sys.argv[1]}")
rows = [TableRow.from_dict(one) for one in json.load(open("rows.json"))]
found = predict_table.sync(client=client, body=TableRequest(rows=rows))
print(json.dumps([found.model_version, found.rows]))
"""
