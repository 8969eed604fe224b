"""A real server process with models that need no library: the protocol, refusals, attacks, and its end."""

from __future__ import annotations

import json
import re
import resource
import socket
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import unescape
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.serve.runtime.served_model import LiveModel, Served
from gto.serve.server.model_repository import ModelRepository
from gto.serve.server.overview_page import overview
from tests.serve.plain_server import Plain
from tests.serving import Reply, ServingServer, serving_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

INFER = "/v2/models/plain/infer"
PREDICT = "/models/plain/predict"
MEGABYTE = 1 << 20
LIMIT = 8 * MEGABYTE


@pytest.fixture(scope="module")
def server() -> Iterator[ServingServer]:
    with serving_plain(max_body=LIMIT, max_connections=20, patience=1.5) as found:
        yield found


def tensor(data: object = (1, 2, 3), **changed: object) -> dict[str, Any]:
    return {"name": "input", "datatype": "FP64", "shape": [1, 3], "data": data, **changed}


def infer(server: ServingServer, *inputs: dict[str, Any], **beside: object) -> Reply:
    return server.ask(INFER, {"inputs": inputs, **beside})


def test_health_readiness_and_metadata(server: ServingServer) -> None:
    assert server.ask("/v2/health/live").json == {"live": True}
    assert server.ask("/v2/health/ready").json == {"ready": True}
    assert "binary_tensor_data" in server.ask("/v2").json["extensions"]
    told = server.ask("/v2/models/plain").json
    assert (told["name"], told["versions"]) == ("plain", ["v1.0.0", "v2.0.0"])
    assert told["inputs"] == [
        {"name": "input", "datatype": "FP64", "shape": [-1, 3], "parameters": {"content_type": "np"}}
    ]
    assert server.ask("/v2/models/plain/versions/v2.0.0/ready").json["version"] == "v2.0.0"
    states = {(one["version"], one["state"]) for one in server.ask("/v2/repository/index", {}).json}
    assert states == {("v1.0.0", "READY"), ("v2.0.0", "READY")}


def test_an_answer_names_the_version_that_gave_it(server: ServingServer) -> None:
    found = infer(server, tensor(), id="7")
    output = {"name": "output", "datatype": "FP64", "shape": [1], "data": [6.0]}
    assert found.json == {"model_name": "plain", "model_version": "v1.0.0", "id": "7", "outputs": [output]}
    assert found.headers["gto-model-version"] == "plain@v1.0.0"
    for version in ("v2.0.0", "canary"):
        found = server.ask(f"/v2/models/plain/versions/{version}/infer", {"inputs": [tensor()]})
        assert (found.json["model_version"], found.headers["gto-model-version"]) == ("v2.0.0", "plain@v2.0.0")


def test_rows_are_answered_with_rows(server: ServingServer) -> None:
    for path in (PREDICT, "/predict"):
        for body in ({"rows": [[1, 2, 3], [0.5, 0, 0]]}, [[1, 2, 3], [0.5, 0, 0]]):
            assert server.ask(path, body).json["rows"] == [6.0, 0.5]
    assert server.ask("/models/plain/versions/canary/predict", [[1, 2, 3]]).json["model_version"] == "v2.0.0"


def test_sagemaker_asks_at_paths_of_its_own(server: ServingServer) -> None:
    assert server.ask("/ping").status == 200
    assert server.ask("/invocations", {"inputs": [tensor()]}).json["model_version"] == "v1.0.0"
    for body in ([[1, 2, 3]], {"rows": [[1, 2, 3]]}):
        assert server.ask("/invocations", body).json["rows"] == [6.0]
    assert server.ask("/invocations", {"other": 1}).status == 400


def test_a_gap_is_null_on_both_ways(server: ServingServer) -> None:
    assert server.ask(PREDICT, [[1, None, 3]]).json["rows"] == [None]
    assert infer(server, tensor([1, None, 3])).json["outputs"][0]["data"] == [None]


WRONG: list[tuple[int, str, list[dict[str, Any]]]] = [
    (422, "'input' is missing; the model takes input", [tensor(name="other")]),
    (422, "does not take the input 'more'", [tensor(), tensor(name="more")]),
    (422, "'input' is there twice", [tensor(), tensor()]),
    (422, "declared as INT64, and the model takes FP64", [tensor(datatype="INT64")]),
    (422, "has the shape [3], and the model takes [-1, 3]", [tensor(shape=[3])]),
    (422, "has the shape [3, 1]", [tensor(shape=[3, 1])]),
    (422, "no rows", [tensor([], shape=[0, 3])]),
    (422, "contradict its shape [2, 3]", [tensor(shape=[2, 3])]),
    (422, "contradict its shape", [tensor([[1, 2, 3], [1, 2]], shape=[2, 3])]),
    (422, "contradict its shape", [tensor(shape=[1 << 62, 3])]),
    (422, "holds text at 2", [tensor([1, "a secret", 3])]),
    (422, "holds true or false at 1", [tensor([True, 2, 3])]),
    (422, "holds a list at 3", [tensor([1, 2, []])]),
    (422, "holds a number at 1 that is out of the range of FP64", [tensor([10**400, 2, 3])]),
    (400, "no 'datatype' of the Open Inference Protocol", [tensor(datatype="FP65")]),
    (400, "no 'shape'", [tensor(shape=[-1, 3])]),
    (400, "no 'shape'", [tensor(shape="13")]),
    (400, "no 'name'", [{"datatype": "FP64"}]),
    (400, "neither 'data', a list, nor as many bytes as it says", [tensor(data=3)]),
    (400, "no 'inputs'", []),
]


@pytest.mark.parametrize("beside", [{"id": [[]]}, {"parameters": {"method": {"a": 1}}}])
def test_an_id_and_a_method_are_texts(server: ServingServer, beside: dict[str, object]) -> None:
    assert infer(server, tensor(), **beside).status == 400


def test_own_page_on_this_machine_may_load(server: ServingServer) -> None:
    for host in (f"127.0.0.1:{server.port}", f"localhost:{server.port}", f"[::1]:{server.port}"):
        told = {"Origin": f"http://{host}", "Host": host}
        assert server.ask("/v2/repository/models/plain/load", {}, told).status == 200


@pytest.mark.parametrize(("status", "said", "inputs"), WRONG)
def test_a_wrong_request_is_told_what_is_wrong(
    server: ServingServer, status: int, said: str, inputs: list[dict[str, Any]]
) -> None:
    found = infer(server, *inputs)
    assert (found.status, "secret" in found.json["error"]) == (status, False)
    assert said in found.json["error"]


TYPED = {
    "small": ("UINT8", [0, 255], [-1, 0], "holds a number at 1 that is out of the range of UINT8"),
    "half": ("FP32", [0.5, None], [1e39, 0], "holds a number at 1 that is out of the range of FP32"),
    "flag": ("BOOL", [True, False], [1, 0], "holds a whole number at 1"),
    "text": ("BYTES", ["ä", None], [1, "b"], "holds a whole number at 1"),
    "large": ("INT64", [-(2**63), 2**63 - 1], [1, 2**63], "holds a number at 2 that is out of the range of INT64"),
}


def test_each_datatype_is_checked_and_comes_back(server: ServingServer) -> None:
    inputs = [tensor(good, name=name, datatype=kind, shape=[2]) for name, (kind, good, *_) in TYPED.items()]
    found = infer(server, *inputs, parameters={"method": "typed"}).json["outputs"]
    assert {one["name"]: (one["datatype"], one["data"]) for one in found} == {
        name: (kind, good) for name, (kind, good, *_) in TYPED.items()
    }
    for wrong in TYPED:
        changed = [one if one["name"] != wrong else {**one, "data": TYPED[wrong][2]} for one in inputs]
        refused = infer(server, *changed, parameters={"method": "typed"})
        assert (refused.status, f"'{wrong}' {TYPED[wrong][3]}" in refused.json["error"]) == (422, True), refused
    gap = [one if one["name"] != "large" else {**one, "data": [1, None]} for one in inputs]
    assert "'large' has no value at 2" in infer(server, *gap, parameters={"method": "typed"}).json["error"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON in UTF-8: line 1"),
        (b"\xff\xfe", "no JSON in UTF-8"),
        (b"", "no JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"rows": [[NaN, 1, 2]]}', "NaN is no JSON"),
        (b"[[1,2," + b"9" * 5000 + b"]]", "no JSON"),
        (rb'[["\ud83d"]]', "no JSON"),
        (b"[" + b"[]," * 1_000_000 + b"[]]", "more than 1,000,000 lists and objects"),
    ],
)
def test_what_is_no_json_is_malformed(server: ServingServer, body: bytes, said: str) -> None:
    for path in (PREDICT, INFER):
        found = server.ask(path, body)
        assert (found.status, said in found.json["error"]) == (400, True), found


def test_what_there_is_not(server: ServingServer) -> None:
    for path, body, said in (
        ("/v2/models/a/b/infer", {}, "there is no model 'a/b' here"),
        ("/v2/models/plain/versions/v9/infer", {}, "it has v1.0.0, v2.0.0"),
        (f"{PREDICT}?method=predict_proba", [[1, 2, 3]], "it has predict, slow, fail, typed"),
        ("/v2/models/nix", None, "there is no model 'nix' here; there are plain"),
        ("/nowhere", None, "Not Found: GET /nowhere; see /openapi.json"),
    ):
        found = server.ask(path, body)
        assert (found.status, said in found.json["error"]) == (404, True), found
    asked = infer(server, tensor(), outputs=[{"name": "other"}])
    assert (asked.status, asked.json["error"]) == (404, "predict() has no output 'other'; it has output")


def test_tensors_go_as_bytes_on_both_ways(server: ServingServer) -> None:
    data = struct.pack("<3d", 1, 2, 3)
    head = json.dumps(
        {
            "inputs": [{**tensor(), "data": None, "parameters": {"binary_data_size": len(data)}}],
            "parameters": {"binary_data_output": True},
        }
    ).encode()
    found = server.ask(INFER, head + data, {"Inference-Header-Content-Length": str(len(head))})
    assert found.headers["content-type"] == "application/octet-stream"
    length = int(found.headers["inference-header-content-length"])
    assert json.loads(found.body[:length])["outputs"][0]["parameters"] == {"binary_data_size": 8}
    assert struct.unpack("<d", found.body[length:]) == (6.0,)
    for size, rest in ((24, data + b"more"), (16, data[:16]), (99, data)):
        wrong = head.replace(b'"binary_data_size": 24', b'"binary_data_size": %d' % size)
        assert server.ask(INFER, wrong + rest, {"Inference-Header-Content-Length": str(len(wrong))}).status in {
            400,
            422,
        }
    for length_said in ("x", "9999999"):
        assert server.ask(INFER, head + data, {"Inference-Header-Content-Length": length_said}).status == 400


def test_what_a_model_raises_stays_with_the_server(server: ServingServer) -> None:
    for _ in range(3):
        found = server.ask(f"{PREDICT}?method=fail", [[1, 2, 3]])
        assert (found.status, found.json["error"]) == (500, "plain@v1.0.0 fails in fail(); its server's log says why")
    assert server.log.read_text().count("a secret of the model") == 1


def test_a_body_that_is_too_large_is_refused_and_never_held(server: ServingServer) -> None:
    assert server.ask(PREDICT, b"[" + b" " * (LIMIT - 2) + b"]").status == 422  # as large as may be
    before = server.most_memory
    assert server.ask(PREDICT, b" " * 20 * MEGABYTE).status == 413
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", INFER, iter([b" " * MEGABYTE] * 20), encode_chunked=True)
    assert connection.getresponse().status == 413
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
        raw.sendall(f"POST {INFER} HTTP/1.1\r\nHost: a\r\nContent-Length: {10**11}\r\n\r\n".encode())
        assert raw.recv(12) == b"HTTP/1.1 413"
    assert server.most_memory - before < 2 * LIMIT


def test_slow_clients_are_bounded_in_number_and_time(server: ServingServer) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        _hold_slowly(server, [socket.create_connection(("127.0.0.1", server.port)) for _ in range(1000)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _hold_slowly(server: ServingServer, slow: list[socket.socket]) -> None:
    before = server.most_memory
    for one in slow:
        one.settimeout(20)
        with_body = f"POST {INFER} HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n[".encode()
        try:
            one.sendall(with_body if one.fileno() % 2 else b"POST /v2 HTTP/1.1\r\nHost:")
        except OSError:
            continue  # ended already
    assert server.ask("/v2/health/live").status == 200
    for one in slow:
        with suppress(ConnectionError):
            assert one.recv(1) == b""
        one.close()
    assert server.most_memory - before < 20 * MEGABYTE


def test_a_model_that_takes_its_time_holds_up_nobody(server: ServingServer) -> None:
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(server.ask, f"{PREDICT}?method=slow", [[1, 0, 0]]) for _ in range(3)]
        time.sleep(0.3)
        began = time.perf_counter()
        assert server.ask("/v2/health/live").status == 200
        assert time.perf_counter() - began < 0.6
        assert [one.result().json["rows"] for one in waiting] == [[1.0]] * 3


def test_unloaded_is_not_ready_until_loaded_again(server: ServingServer) -> None:
    assert server.ask("/v2/repository/models/plain/unload", {}).status == 200
    refused = server.ask(PREDICT, [[1, 2, 3]])
    assert (refused.status, refused.json["error"]) == (503, "the model 'plain' is not loaded")
    assert server.ask("/v2/health/ready").status == 503
    assert {one["state"] for one in server.ask("/v2/repository/index", {}).json} == {"UNAVAILABLE"}
    page = server.ask("/v2/repository/models/plain/load", {}, {"Origin": "http://elsewhere.example"})
    assert page.status == 403
    rebound = {"Origin": f"http://evil.example:{server.port}", "Host": f"evil.example:{server.port}"}
    assert server.ask("/v2/repository/models/plain/load", {}, rebound).status == 403, "a name that leads here"
    assert server.ask("/v2/repository/models/plain/load", {}).status == 200
    assert server.ask(PREDICT, [[1, 2, 3]]).status == 200


def test_no_page_is_served_that_loads_anything_from_elsewhere(server: ServingServer) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert (server.ask(path).status, server.ask(path).headers["content-type"]) == (404, "application/json")
    assert server.ask("/openapi.json").json["openapi"] == "3.1.0"


def test_its_page_tells_a_browser_what_is_served_and_how_to_ask(server: ServingServer) -> None:
    page = server.ask("/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    text = page.body.decode()
    commands = [unescape(one) for one in re.findall("<pre>(.*?)</pre>", text, re.DOTALL)]
    assert len(commands) == text.count("<section") == len(server.ask("/v2/repository/index", {}).json)
    for command in commands:
        told = subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout
        assert "model_name" in json.loads(told), (command, told)


def test_a_page_shows_what_a_stranger_named_as_text() -> None:
    hostile = "<script>alert(1)</script>"
    schema = Schema((Tensor(hostile, "FP64", (-1, 3)),), "np")
    facts = ModelFacts(format="plain", methods={"predict": Method(schema, schema)})
    model = LiveModel(Served(hostile, "v1.0.0", hostile), Plain(), facts)
    repository = ModelRepository(lambda _: model)
    repository.put(model)
    page = overview(repository, "http://localhost:8080")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 4


def test_a_name_that_leads_to_this_machine_asks_no_model() -> None:
    with serving_plain(hosts=["models.example.com"]) as server:
        for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example", "[::1", "localhost.evil"):
            for path, body in ((PREDICT, [[1, 2, 3]]), ("/v2/health/live", None), ("/metrics", None)):
                found = server.ask(path, body, {"Host": host})
                assert (found.status, "--allow-host NAME" in found.json["error"]) == (421, True)
        for host in ("localhost:1", "127.0.0.1", "[::1]:8080", "models.example.com", "Models.example.com:443"):
            assert server.ask(PREDICT, [[1, 2, 3]], {"Host": host}).status == 200
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
            raw.sendall(b"GET /v2/health/live HTTP/1.0\r\n\r\n")  # as some health checks: no browser leaves Host out
            assert raw.recv(12) == b"HTTP/1.1 200"


def test_what_happens_is_counted(server: ServingServer) -> None:
    server.ask(PREDICT, [[1, 2, 3]])
    server.ask(PREDICT, [[1, 2]])
    text = server.ask("/metrics").body.decode()
    assert 'gto_requests_total{code="200",model="plain",version="v1.0.0"}' in text
    assert 'gto_errors_total{kind="schema",model="plain",version="v1.0.0"}' in text
    assert 'gto_model_loaded{model="plain",selector="plain#canary",version="v2.0.0"} 1.0' in text
    assert "gto_requests_in_flight 0.0" in text


def test_a_server_that_ends_answers_what_it_began() -> None:
    with serving_plain() as server, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.ask, f"{PREDICT}?method=slow", [[1, 0, 0]])
        time.sleep(0.4)
        server.process.terminate()
        found = waiting.result()
        assert (found.json["rows"], found.headers["connection"]) == ([1.0], "close")
        assert server.process.wait(30) == 0
