"""The same version behind the servers of others: the same predictions, and what is wrong is refused by its name."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.environment import engine_python
from tests.measured import measured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.models
SECONDS = 180
INFER = "/v2/models/model/infer"
MAKE = """
import json
import gto, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
table = pd.DataFrame({"plan": ["a", "b", "a", "b"], "months": [1, 2, 3, 4]})
columns = make_column_transformer((OneHotEncoder(), ["plan"]), remainder="passthrough")
model = make_pipeline(columns, LogisticRegression()).fit(table, [0, 1, 0, 1])
gto.save(model, "place/model.skops", table)
said = {method: getattr(model, method)(table).ravel().tolist() for method in ("predict", "predict_proba")}
json.dump(said, open("said.json", "w"))
"""
RAY = """
import sys, time
from ray import serve
from gto.serve.adapters.ray_deployment import app
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
serve.run(app({"place": "place"}))
time.sleep(600)
"""
INPUTS = [
    {"name": "plan", "datatype": "BYTES", "shape": [4], "data": ["a", "b", "a", "b"]},
    {"name": "months", "datatype": "INT64", "shape": [4], "data": [1, 2, 3, 4]},
]
WRONG = {
    "'months' is missing": INPUTS[:1],
    "'months' is declared as FP64, and the model takes INT64": [INPUTS[0], {**INPUTS[1], "datatype": "FP64"}],
    "does not take the column 'more'": [*INPUTS, {**INPUTS[1], "name": "more"}],
    "'months' holds text": [INPUTS[0], {**INPUTS[1], "data": ["x", "y", "z", "u"]}],
    "contradict its shape": [INPUTS[0], {**INPUTS[1], "shape": [3]}],
}


def command(engine: str, python: Path, place: Path, port: int, env: dict[str, str]) -> list[str]:
    if engine == "KServe":
        words = ["--model_name=model", "--model_dir=place", f"--http_port={port}", "--enable_grpc=false"]
        return [str(python), *measured(env), "-m", "gto.serve.adapters.kserve_model", *words]
    if engine == "Ray Serve":
        return [str(python), "-c", RAY, str(port)]
    runtime = "gto.serve.adapters.mlserver_runtime.GTORuntime"
    model = {"name": "model", "implementation": runtime, "parameters": {"uri": str(place / "place")}}
    settings = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0}
    (place / "model-settings.json").write_text(json.dumps(model))
    (place / "settings.json").write_text(json.dumps({**settings, "host": "127.0.0.1"}))
    return [str(python.parent / "mlserver"), "start", str(place)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(engine: str, place: Path) -> Iterator[int]:
    python, port = engine_python(engine), free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "COV_", "PYTEST_"))}
    env["PATH"] = f"{python.parent}:{env['PATH']}"
    subprocess.run([str(python), "-c", MAKE], cwd=place, env=env, check=True, timeout=SECONDS)
    with (place / "log").open("w") as log:
        process = subprocess.Popen(
            command(engine, python, place, port, env), cwd=place, env=env, stdout=log, stderr=log
        )
        try:
            until = time.monotonic() + SECONDS
            while ask(port, "/v2/models/model/ready")[0] != 200:
                assert process.poll() is None and time.monotonic() < until, (place / "log").read_text()[-3000:]  # noqa: PT018  whichever
                time.sleep(0.2)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def ask(port: int, path: str, body: object = None) -> tuple[int, str, Any]:
    """The status, the version that answered, and the body."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  an address of this machine
            return answer.status, answer.headers.get("GTO-Model-Version", ""), json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, "", error.read().decode()
    except OSError:
        return 0, "", ""


LONG = [pytest.param(engine, marks=pytest.mark.soak) for engine in ("MLServer", "Ray Serve")]


@pytest.mark.parametrize("engine", ["KServe", *LONG])
def test_another_server_says_what_gto_serve_says(engine: str, tmp_path: Path) -> None:
    with running(engine, tmp_path) as port:
        for method, said in json.loads((tmp_path / "said.json").read_text()).items():
            body = {"inputs": INPUTS, "parameters": {"method": method}}
            status, version, found = ask(port, INFER, body)
            assert (status, version) == (200, "model@file"), found
            assert found["outputs"][0]["data"] == said
        for words, inputs in WRONG.items():
            status, _, found = ask(port, INFER, {"inputs": inputs})
            assert status in {400, 422}
            assert words in found
        told = ask(port, "/v2/models/model")[2]["inputs"]
        assert [(one["name"], one["datatype"]) for one in told] == [("plan", "BYTES"), ("months", "INT64")]
