"""Models read where they are kept: the facts are right, and only the parts that hold them travel."""

from __future__ import annotations

import hashlib
import json
import socket
import socketserver
import struct
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

from tests.inspect.wire import field
from tests.loopback import running
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from tests.repo import Repo
    from tests.stores import S3
    from tests.web import Web

ANNOTATION = "net:\n  type: model\n  path: model.safetensors\n"
NUMBERS = 12_000_000  # of four bytes: 48 MB, which nobody wants to wait for


def weights(numbers: int = NUMBERS) -> bytes:
    """A file of safetensors."""
    entry = {"dtype": "F32", "shape": [numbers // 2, 2], "data_offsets": [0, numbers * 4]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "layer.weight": entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(numbers * 4)


class Relay(socketserver.ThreadingTCPServer):
    """A port that leads to another, and counts what comes back over it."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.leads_to = port
        self.bytes = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Connection(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.leads_to)) as far, suppress(OSError):
            there = Thread(target=carry, args=(self.request, far))
            there.start()
            for data in iter(lambda: far.recv(1 << 16), b""):
                self.server.bytes += len(data)
                self.request.sendall(data)
            self.request.shutdown(socket.SHUT_RDWR)
            there.join()


def carry(near: socket.socket, far: socket.socket) -> None:
    with suppress(OSError):
        for data in iter(lambda: near.recv(1 << 16), b""):
            far.sendall(data)
        far.shutdown(socket.SHUT_WR)


@contextmanager
def counted(port: int) -> Iterator[Relay]:
    with Relay(port) as relay, running(relay):
        yield relay


def test_a_model_on_a_web_server_is_read_in_ranges(web: Web, repo: Repo) -> None:
    web.files["/model.safetensors"] = weights()
    with counted(web.port) as relay:
        found = json.loads(done(repo.gto("inspect", f"http://127.0.0.1:{relay.port}/model.safetensors", "--json")))
    assert (found["parameter_count"], found["size"]) == (NUMBERS, len(web.files["/model.safetensors"]))
    assert relay.bytes <= 128 << 10
    assert web.ranges_asked("/model.safetensors")[-1] == "bytes=0-4095"


def test_a_server_without_ranges_is_let_go_of_early(web: Web, repo: Repo) -> None:
    web.files["/model.safetensors"] = weights()
    web.ranges = False
    found = json.loads(done(repo.gto("inspect", f"{web.url}/model.safetensors", "--json")))
    assert found["parameter_count"] == NUMBERS


def test_a_server_without_ranges_sends_a_small_file_once_however_many_parts_are_read(web: Web, repo: Repo) -> None:
    weight = field(5, field(1, 7500) + field(2, 1) + field(8, "w") + field(9, bytes(30_000)))
    ends = b"".join(field(number, field(1, "x") + field(2, field(1, field(1, 1)))) for number in (11, 12))
    web.files["/model.onnx"] = field(1, 10) + field(2, "test") + field(7, weight * 30 + ends)
    web.ranges = False
    found = json.loads(done(repo.gto("inspect", f"{web.url}/model.onnx", "--json")))
    assert (found["parameter_count"], found["code_on_load"]) == (30 * 7500, "none")
    assert [one.method for one in web.asked].count("GET") <= 3


def test_the_end_of_a_file_is_not_waited_for_where_a_server_sends_no_ranges(web: Web, repo: Repo) -> None:
    web.files["/model.zip"] = b"PK\3\4" + bytes(2 << 20)
    web.ranges = False
    said(repo.gto("inspect", f"{web.url}/model.zip"), "the server sends no parts of files")


def test_a_large_file_of_this_machine_has_no_budget_of_remote_ones(repo: Repo) -> None:
    header = json.dumps({"__metadata__": {"notes": "x" * (17 << 20)}}).encode()
    (repo.path / "large.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert json.loads(done(repo.gto("inspect", "large.safetensors", "--json")))["code_on_load"] == "none"


def test_a_version_in_an_s3_remote_of_dvc_is_read_in_ranges(
    s3: S3, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = weights()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert s3.put(f"/models/ranges/files/md5/{md5[:2]}/{md5[2:]}", data)[0] == 200
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with counted(s3.port) as relay:
        options = {**s3.options, "endpointurl": f"http://127.0.0.1:{relay.port}", "url": "s3://models/ranges"}
        lines = "".join(f"    {key} = {value}\n" for key, value in options.items())
        files = {
            ".dvc/config": f"[core]\n    remote = cloud\n['remote \"cloud\"']\n{lines}",
            "model.safetensors.dvc": f"outs: [{{md5: {md5}, size: {len(data)}, hash: md5, path: model.safetensors}}]",
            "artifacts.yaml": ANNOTATION,
        }
        repo.commit("a model in a bucket", files)
        done(repo.gto("register", "net", "--version", "v1.0.0"))
        found = json.loads(done(repo.gto("inspect", "net@v1.0.0", "--json")))
    assert found["parameter_count"] == NUMBERS
    assert (found["hash"], found["version"]) == (f"md5:{md5}", "v1.0.0")
    assert relay.bytes <= 256 << 10


def test_a_model_in_git_is_read_from_its_blob(repo: Repo) -> None:
    (repo.path / "model.safetensors").write_bytes(weights(1000))
    repo.git("add", "model.safetensors")
    repo.commit("a small model", {"artifacts.yaml": ANNOTATION})
    done(repo.gto("register", "net"))
    (repo.path / "model.safetensors").unlink()
    assert json.loads(done(repo.gto("inspect", "net", "--json")))["parameter_count"] == 1000


def test_what_is_neither_file_nor_artifact_is_said(repo: Repo, tmp_path: Path) -> None:
    repo.commit("nothing")
    said(repo.gto("inspect", "nope"), "nope")
    said(repo.gto("inspect", "nope", "-r", str(tmp_path)), "no file 'nope'")


def test_in_ci_a_file_that_may_run_anything_fails(repo: Repo) -> None:
    (repo.path / "model.bin").write_bytes(b"who knows")
    assert repo.gto("inspect", "model.bin").code == 0
    assert repo.gto("inspect", "model.bin", "--fail-on", "unknown").code == 1
    (repo.path / "model.safetensors").write_bytes(weights(10))
    assert repo.gto("inspect", "model.safetensors", "--fail-on", "code").code == 0
