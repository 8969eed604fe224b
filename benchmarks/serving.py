"""`gto serve` beside a bare handler of FastAPI and serving engines, in one run: the same two models, the same requests.

The aims: with all checks at least 0.8 times the requests per second of the bare handler, more than each engine, no
higher p99, at most 1.1 times the memory of the smallest. The generator of load shares the machine's cores with the
server; engines that no index has are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.file_servers import free_port
from tests.environment import engine_python

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "serving_engines"
OURS, BARE = "gto serve", "FastAPI"
SCRIPTS = {
    BARE: "fastapi_server.py",
    "KServe": "kserve_server.py",
    "MLServer": "mlserver_server.py",
    "BentoML": "bentoml_server.py",
    "LitServe": "litserve_server.py",
}
CONNECTIONS = (1, 8)
START_SECONDS = 120.0
PATH = "/v2/models/model/infer"
TENSORS = {
    "array": [("input", "FP64", [1, 3], [0.1, 0.7, 0.2])],
    "table": [
        ("tenure", "INT64", [1], [3]),
        ("charges", "FP64", [1], [20.5]),
        ("plan", "BYTES", [1], ["a"]),
        ("city", "BYTES", [1], ["x"]),
        ("active", "BOOL", [1], [True]),
    ],
}
MAKE = """
import sys
import gto, numpy as np, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
rng = np.random.default_rng(0)
x = rng.random((400, 3))
y = (x[:, 0] > 0.5).astype("int64")
gto.save(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), sys.argv[1] + "/array/model.skops", x[:20])
table = pd.DataFrame({
    "tenure": rng.integers(0, 72, 400), "charges": x[:, 1], "plan": rng.choice(["a", "b"], 400),
    "city": rng.choice(["x", "y"], 400), "active": x[:, 2] > 0.5,
})
columns = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["plan", "city"]), (StandardScaler(), ["tenure", "charges", "active"])
)
model = make_pipeline(columns, LogisticRegression()).fit(table, y)
gto.save(model, sys.argv[1] + "/table/model.skops", table.head(20))
"""


class Load(NamedTuple):
    """What a server answered."""

    rate: float
    """Requests per second."""
    p50: float
    """Milliseconds."""
    p99: float
    cpu: float
    """Milliseconds of the server's CPU for a request, whatever else the machine does."""


class Figures(NamedTuple):
    """What was measured of a server with one model."""

    start: float
    loads: dict[int, Load]
    """By the number of connections."""
    memory: int
    """Megabytes of the process and those below it, pages that several have counted in parts (PSS)."""


def main() -> None:
    """Measure, and print a table with the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of each load")
    parser.add_argument(
        "--rounds", type=int, default=3, help="in each of which every server is asked; the median counts"
    )
    parser.add_argument("--only", nargs="*", metavar="ENGINE", default=[OURS, *SCRIPTS])
    options = parser.parse_args()
    with TemporaryDirectory(prefix="gto-bench-") as scratch:
        subprocess.run([engine_python(OURS), "-c", MAKE, scratch], check=True)
        engines = environments(options.only)
        for kind in TENSORS:
            show(kind, measure(engines, Path(scratch) / kind, options))


def environments(wanted: list[str]) -> dict[str, Path]:
    """Return the Python of each engine that an index has."""
    found = {}
    for engine in wanted:
        try:
            found[engine] = engine_python(engine)
        except subprocess.CalledProcessError:
            print(f"{engine}: no index has it")
    return found


def measure(engines: dict[str, Path], place: Path, options: argparse.Namespace) -> dict[str, Figures]:
    """Start a server of each engine with a model, ask one after the other again and again, and return the figures.

    What else the machine does for a while so falls on all of them.
    """
    body = request(place.name)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(running(name, python, place, body)) for name, python in engines.items()}
        rounds = [
            {
                (name, count): asyncio.run(load((port, pid), body, count, options.seconds))
                for name, (port, pid, _) in servers.items()
                for count in CONNECTIONS
            }
            for _ in range(options.rounds)
        ]
        memory = {name: tree_memory(pid) for name, (_, pid, _) in servers.items()}
    middle = {
        key: Load(*(median(one[key][place] for one in rounds) for place in range(len(Load._fields))))
        for key in rounds[0]
    }
    return {
        name: Figures(start, {count: middle[name, count] for count in CONNECTIONS}, memory[name])
        for name, (_, _, start) in servers.items()
    }


def request(kind: str) -> bytes:
    """Return a request of the Open Inference Protocol as it goes over the wire."""
    inputs = [
        {"name": name, "datatype": datatype, "shape": shape, "data": data}
        for name, datatype, shape, data in TENSORS[kind]
    ]
    body = json.dumps({"inputs": inputs}).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def running(engine: str, python: Path, place: Path, body: bytes) -> Iterator[tuple[int, int, float]]:
    """Yield the port, the process, and the seconds to the first answer of a server."""
    port = free_port()
    model = str(place / "model.skops")
    env = {
        **os.environ,
        "BENCH_MODEL": model,
        "BENCH_KIND": place.name,
        "BENCH_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    words = ["-m", "gto", "serve", model, "--port", str(port)] if engine == OURS else [str(HERE / SCRIPTS[engine])]
    began = time.perf_counter()
    with (place / f"{engine}.log").open("w") as log:
        process = subprocess.Popen([python, *words], cwd=place, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            while not answers(port, body):
                if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                    raise SystemExit(f"{engine} does not serve:\n{(place / f'{engine}.log').read_text()[-3000:]}")
                time.sleep(0.1)
            yield port, process.pid, time.perf_counter() - began
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def answers(port: int, body: bytes) -> bool:
    """Tell whether a server answers a request as it should."""
    data = body.partition(b"\r\n\r\n")[2]
    head = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", data, head)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310  an address of this machine
            return "outputs" in json.loads(answer.read())
    except OSError:
        return False


class Client(asyncio.Protocol):
    """A connection that asks again as soon as it has an answer."""

    def __init__(self, body: bytes, times: list[float], done: asyncio.Future[None]) -> None:
        self.body, self.times, self.done = body, times, done
        self.seen = b""
        self.is_ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.body)

    def data_received(self, data: bytes) -> None:
        self.seen += data
        head, end, rest = self.seen.partition(b"\r\n\r\n")
        if not end:
            return
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:")
        if len(rest) < length:
            return
        assert head.startswith(b"HTTP/1.1 200"), self.seen
        self.times.append(time.perf_counter() - self.began)
        self.seen = b""
        if self.is_ending:
            self.transport.close()
        else:
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's
        if not self.done.done():
            self.done.set_result(None)


async def load(server: tuple[int, int], body: bytes, connections: int, seconds: float) -> Load:
    """Ask a server, of this port and process, for so long, after a first second that does not count."""
    port, pid = server
    loop = asyncio.get_running_loop()
    times: list[float] = []
    clients = []
    for _ in range(connections):
        client = Client(body, times, loop.create_future())
        await loop.create_connection(lambda one=client: one, "127.0.0.1", port)  # type: ignore[misc]  # a default is no parameter
        clients.append(client)
    await asyncio.sleep(1)
    times.clear()
    began, before = time.perf_counter(), tree_seconds(pid)
    await asyncio.sleep(seconds)
    found, took, cpu = sorted(times), time.perf_counter() - began, tree_seconds(pid) - before
    for client in clients:
        client.is_ending = True
    await asyncio.wait_for(asyncio.gather(*(client.done for client in clients)), 30)
    at = [found[min(len(found) - 1, int(len(found) * part))] * 1000 for part in (0.5, 0.99)]
    return Load(len(found) / took, *at, cpu * 1000 / len(found))


def tree(pid: int) -> Iterator[Path]:
    """Yield what the system says of a process and of those below it."""
    waiting = [pid]
    while waiting:
        place = Path("/proc") / str(waiting.pop())
        with suppress(OSError):
            for task in (place / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
            yield place


def tree_memory(pid: int) -> int:
    """Return the megabytes of a process and of those below it."""
    total = 0
    for place in tree(pid):
        lines = (place / "smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total >> 10


def tree_seconds(pid: int) -> float:
    """Return the seconds of CPU that a process and those below it took."""
    fields = [(place / "stat").read_text().rpartition(")")[2].split() for place in tree(pid)]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def show(kind: str, found: dict[str, Figures]) -> None:
    """Print a table, and how ours compares."""
    print(
        f"\n{kind:10} {'start s':>8} {'PSS MB':>7}"
        + "".join(f"   c{one} req/s    p50    p99  CPU ms" for one in CONNECTIONS)
    )
    for engine, figures in found.items():
        loads = "".join(
            f" {one.rate:11.0f} {one.p50:6.2f} {one.p99:6.2f} {one.cpu:7.2f}" for one in figures.loads.values()
        )
        print(f"{engine:10} {figures.start:8.1f} {figures.memory:7}{loads}")
    if OURS not in found:
        return
    ours = found.pop(OURS)
    for count in CONNECTIONS:
        for engine, figures in found.items():
            aim = 0.8 if engine == BARE else 1.0
            rate = ours.loads[count].rate / figures.loads[count].rate
            late = ours.loads[count].p99 / figures.loads[count].p99
            cpu = ours.loads[count].cpu / figures.loads[count].cpu
            print(f"c{count}: {rate:.2f} times the requests of {engine} (aim: {aim}),", end=" ")
            print(f"{late:.2f} times its p99 (aim: 1), {cpu:.2f} times its CPU for a request")
    if found:
        least = min(one.memory for one in found.values())
        print(f"{ours.memory / least:.2f} times the memory of the smallest (aim: at most 1.1)")


if __name__ == "__main__":
    main()
