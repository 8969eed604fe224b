"""Studio beside MLflow's newest server in one run: SQLite both, the same models, versions and stages, some clients.

What counts is the CPU that the server takes for a request. The aim: at most a fifth of MLflow's for a list and for
resolving a stage (an alias, there), at most 120 MB. Without MLflow (no index that holds it) Studio is measured alone.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.registry import STAGES, Shape
from benchmarks.run import ROOT, environment, make_apart
from tests.environment import make_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SHAPE = Shape(1000, 10, 3, 500)
CLIENTS = 8
ROWS = 50
AIM = 5
"""How many times less than MLflow."""
PATIENCE = 300.0
FILL = """
import sys
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
store = SqlAlchemyStore(sys.argv[1])
artifacts, versions, stages = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
for number in range(artifacts):
    name = f"team-{number % 10}-model-{number:04}"
    store.create_registered_model(name)
    for _ in range(versions):
        store.create_model_version(name, f"file:///models/{name}")
    for place, stage in enumerate(stages):
        store.set_registered_model_alias(name, stage, versions - place)
"""


class Server(NamedTuple):
    """A server that runs."""

    port: int
    pid: int
    headers: Mapping[str, str]

    def get(self, path: str) -> bytes:
        """Ask once, over a connection of its own."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=dict(self.headers))
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  http
            found = answer.read()
        return bytes(found)

    @property
    def family(self) -> list[int]:
        """The server and what it started."""
        found = [self.pid]
        for pid in found:
            children = Path(f"/proc/{pid}/task/{pid}/children")
            found += [int(child) for child in children.read_text(encoding="ascii").split()] if children.exists() else []
        return found

    @property
    def cpu(self) -> float:
        """CPU-seconds so far."""
        ticks = 0
        for pid in self.family:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """Megabytes that are resident."""
        texts = [Path(f"/proc/{pid}/status").read_text(encoding="utf-8") for pid in self.family]
        return sum(int(text.partition("VmRSS:")[2].split()[0]) for text in texts) / 1000


@dataclass(frozen=True, slots=True)
class Load:
    """What some clients saw."""

    cpu: float
    """CPU-milliseconds of the server for a request."""
    p99: float
    """Milliseconds."""
    size: int
    """Bytes of an answer."""
    rate: float
    """Requests a second, by all clients together."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=400, help="how many of each")
    parser.add_argument("--alone", action="store_true", help="without MLflow")
    options = parser.parse_args()
    place = ROOT / ".reference" / "studio"
    print(f"==> {SHAPE.artifacts:,} models, {SHAPE.artifacts * SHAPE.versions:,} versions, {CLIENTS} clients")
    make_apart(place, SHAPE)
    ours = measure_studio(place, options.requests)
    theirs = {} if options.alone else measure_mlflow(options.requests)
    for name, load in theirs.items():
        times = load.cpu / ours[name].cpu
        print(f"    {name:15} {times:5.1f} times less CPU than MLflow (aim: {AIM})")


def measure_studio(place: Path, requests: int) -> dict[str, Load]:
    """Start Studio, wait for all it reads, and ask it."""
    python = make_environment("gto-bench-studio", [f"{ROOT}[studio]"], anew=True)
    subprocess.run([str(python), "-m", "compileall", "-q", str(python.parent.parent)], check=False)  # as pip does
    gto = python.parent / "gto"
    with studio(place, gto) as server:
        start = time.monotonic()
        while json.loads(server.get("/models.json"))["total"] < SHAPE.artifacts:
            time.sleep(0.01)
        print(f"    studio: first list after {time.monotonic() - start:.2f} s more, {server.cpu:.2f} CPU-s", flush=True)
        while _is_reading(server):
            time.sleep(0.5)
        print(f"    studio: all facts, {server.cpu:.2f} CPU-s, {server.memory:.0f} MB")
        artifact = f"/api/v1/artifacts/{place.name}/team-%d/model-%04d"
        stage = f"/api/v1/resolve/{place.name}/team-%d/model-%04d%%23{STAGES[-1]}"
        loads = {
            "list, HTML": ask(server, lambda number: f"/models?page={number % 20 + 1}", requests),
            "list": ask(server, lambda number: f"/models.json?page={number % 20 + 1}", requests),
            "search": ask(server, lambda number: f"/models.json?q=model-0{number % 100:02}", requests),
            "artifact": ask(server, lambda number: artifact % (number % 10, number % 1000), requests),
            "stage": ask(server, lambda number: stage % (number % 10, number % 1000), requests),
        }
        report("studio", server, loads)
        row = loads["list, HTML"].size / ROWS
        print(f"    studio: {row:.0f} bytes a row with its share of the page (aim: 1,200)")
    return loads


def _is_reading(server: Server) -> bool:
    found = json.loads(server.get("/repos.json"))["repositories"]
    return any(one["read_at"] is None or one["progress"] or not one["facts"] for one in found)


@contextmanager
def studio(place: Path, gto: Path) -> Iterator[Server]:
    """A Studio with an index of its own, and a session in it."""
    cache = place.parent / "studio-cache"
    subprocess.run(["rm", "-rf", str(cache)], check=True)
    env = {**environment(), "XDG_CACHE_HOME": str(cache)}
    argv = [str(gto), "studio", "--no-open", "--port", "0"]
    start = time.monotonic()
    with subprocess.Popen(argv, cwd=place, env=env, stdout=subprocess.PIPE, text=True) as process:
        address = urllib.parse.urlsplit(cast("IO[str]", process.stdout).readline().strip())
        print(f"    studio: address after {time.monotonic() - start:.2f} s")
        port = int(address.netloc.rpartition(":")[2])
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("GET", f"{address.path}?{address.query}")
        cookie = (connection.getresponse().getheader("set-cookie") or "").partition(";")[0]
        yield Server(port, process.pid, {"cookie": cookie})
        process.terminate()


def measure_mlflow(requests: int) -> dict[str, Load]:
    """Fill an MLflow with the same, start its server, and ask it; empty where it cannot be installed."""
    try:
        python = make_environment("mlflow", ["mlflow"])
    except subprocess.CalledProcessError:
        print("    MLflow cannot be installed here: Studio was measured alone")
        return {}
    store = ROOT / ".reference" / "mlflow.db"
    if not store.with_suffix(".filled").exists():
        store.unlink(missing_ok=True)
        words = [str(SHAPE.artifacts), str(SHAPE.versions), *STAGES]
        subprocess.run([str(python), "-c", FILL, f"sqlite:///{store}", *words], check=True, env=environment())
        store.with_suffix(".filled").touch()
    base = "/api/2.0/mlflow/registered-models"
    with mlflow(python, f"sqlite:///{store}") as server:
        tokens = _pages(server, f"{base}/search?max_results={ROWS}")
        some, found = f"{base}/search?max_results={ROWS}", f"{base}/search?filter=name+LIKE+"
        one, alias = f"{base}/get?name=team-", f"{base}/alias?alias={STAGES[-1]}&name=team-"
        loads = {
            "list": ask(server, lambda number: f"{some}{tokens[number % 20]}", requests // 4),
            "search": ask(server, lambda number: f"{found}'%25model-0{number % 100:02}%25'", requests // 4),
            "artifact": ask(server, lambda number: f"{one}{number % 10}-model-{number % 1000:04}", requests),
            "stage": ask(server, lambda number: f"{alias}{number % 10}-model-{number % 1000:04}", requests),
        }
        report("MLflow", server, loads)
    return loads


def _pages(server: Server, path: str) -> list[str]:
    """The parameter of each page of a list."""
    found = [""]
    while len(found) < SHAPE.artifacts // ROWS:
        token = json.loads(server.get(path + found[-1]))["next_page_token"]
        found.append(f"&page_token={urllib.parse.quote(token)}")
    return found


@contextmanager
def mlflow(python: Path, uri: str) -> Iterator[Server]:
    """MLflow's server with one worker, on a database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [str(python), "-m", "mlflow", "server", "--backend-store-uri", uri, "--port", str(port), "--workers", "1"]
    env = {**environment(), "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, cwd=python.parent, env=env, start_new_session=True, **quiet) as process:  # type: ignore[call-overload]  # of a dict
        server = Server(port, process.pid, {})
        try:
            _wait(server)
            yield server
        finally:
            os.killpg(process.pid, 15)


def _wait(server: Server) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            server.get("/health")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def ask(server: Server, path: Callable[[int], str], requests: int) -> Load:
    """Send requests by some clients at once, each over one connection."""

    def client(first: int) -> list[tuple[float, int]]:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        found = []
        for number in range(first, requests, CLIENTS):
            start = time.monotonic()
            connection.request("GET", path(number), headers=dict(server.headers))
            answer = connection.getresponse()
            size = len(answer.read())
            if answer.status != HTTPStatus.OK:
                raise OSError(f"{path(number)}: {answer.status}")
            found.append((time.monotonic() - start, size))
        return found

    server.get(path(0))
    before, begin = server.cpu, time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        seen = sorted(one for part in pool.map(client, range(CLIENTS)) for one in part)
    spent, rate = (server.cpu - before) * 1000 / requests, requests / (time.monotonic() - begin)
    return Load(spent, seen[int(0.99 * (len(seen) - 1))][0] * 1000, sum(size for _, size in seen) // len(seen), rate)


def report(name: str, server: Server, loads: Mapping[str, Load]) -> None:
    """Print a line for each kind of request."""
    for kind, load in loads.items():
        print(f"    {name:7} {kind:11} {load.cpu:7.2f} CPU-ms   p99 {load.p99:6.0f} ms   {load.size:7,} bytes")
    print(f"    {name:7} {server.memory:.0f} MB after load", flush=True)


if __name__ == "__main__":
    main()
