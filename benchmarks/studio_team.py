"""A team's Studio beside MLflow's newest server in one run: PostgreSQL both, 10,000 models, some clients.

200 repositories hold 10,000 models and 100,000 tags, which `gto studio worker` reads; then one web process is asked.
MLflow has as many models, each with one version and one alias, which is less than Studio has. The aims: a list in at
most 150 ms (99 of 100 requests), and 5 times as many requests a second for search and for who is in a stage (an alias),
by Studio's own address and by the one that MLflow's clients ask, and for listing the files of a version, as they do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))

from sqlalchemy import create_engine, func, select

from benchmarks.registry import STAGES, Shape
from benchmarks.run import ROOT, environment, make_apart
from benchmarks.studio import ROWS, Load, Server, ask, mlflow, report
from gto.studio.index.postgresql_database import INDEX
from gto.studio.index.schema import artifact, event, fact
from tests.environment import make_environment
from tests.postgresql import serve_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

REPOSITORIES = 200
FILES = [f"part-{number:02}.bin" for number in range(20)]
"""Those of a version whose files are listed."""
SHAPE = Shape(50, 6, 4, 100)
MODELS, TAGS = REPOSITORIES * SHAPE.artifacts, REPOSITORIES * SHAPE.tags
API = "/api/2.0/mlflow"
AIM_LIST, AIM_TIMES = 150.0, 5.0
FILL = """
import sys
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
store = SqlAlchemyStore(sys.argv[1])
for number in range(int(sys.argv[2])):
    name = f"team-{number % 10}-model-{number:05}"
    store.create_registered_model(name)
    store.create_model_version(name, f"file:///models/{name}")
    store.set_registered_model_alias(name, sys.argv[3], 1)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=800, help="how many of each")
    parser.add_argument("--alone", action="store_true", help="without MLflow")
    parser.add_argument("--tags-only", action="store_true", help="do not wait for the facts of all versions")
    options = parser.parse_args()
    print(f"==> {REPOSITORIES} repositories, {MODELS:,} models, {TAGS:,} tags, PostgreSQL", flush=True)
    place = ROOT / ".reference" / "studio-team"
    make_apart(place / "repo-000", SHAPE)
    for number in range(1, REPOSITORIES):  # they would be alike anyhow
        if not (copy := place / f"repo-{number:03}").exists():
            shutil.copytree(place / "repo-000", copy, symlinks=True, copy_function=os.link)
    make_files(place / "files")
    with tempfile.TemporaryDirectory() as home, serve_postgresql(Path(home) / "server") as server:
        ours = measure_studio(place, server.new(is_empty=True), options)
        theirs = {} if options.alone else measure_mlflow(server.new(is_empty=True), options.requests)
    worst = max(ours["list, HTML"].p99, ours["list"].p99)
    print(f"    list: p99 {worst:.0f} ms (aim: {AIM_LIST:.0f})")
    for name, load in theirs.items():
        times, cpu = ours[name].rate / load.rate, load.cpu / ours[name].cpu
        told = f"{times:5.1f} times MLflow's requests a second (aim: {AIM_TIMES:g})"
        print(f"    {name:10} {told}, {cpu:.1f} times less CPU")


def measure_studio(place: Path, url: URL, options: argparse.Namespace) -> dict[str, Load]:
    """Have a worker read all, end it, and ask a web process."""
    repos = [{"path": str(one), "name": one.name} for one in (*sorted(place.glob("repo-*")), place / "files")]
    (place / "team.yaml").write_text(yaml.safe_dump({"repos": repos}), encoding="utf-8")
    shared = ["--catalog", "team.yaml", "--database", url.render_as_string(hide_password=False), "--every", "100000"]
    shutil.rmtree(place / "gto-studio", ignore_errors=True)
    with running(place, "worker", *shared) as worker:
        wait_for_all(url, worker, tags_only=options.tags_only)
    analyze(url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["--no-worker", "--public", "*", "--port", str(port), "--log-level", "warning"]
    with running(place, "serve", *shared, *words) as process:
        server = Server(port, process.pid, {})
        wait_for_port(server)
        stage = f"/api/v1/resolve/repo-%03d/team-%d/model-%04d%%23{STAGES[-1]}"
        loads = {
            "list, HTML": ask(server, lambda number: f"/models?page={number % 20 + 1}", options.requests),
            "list": ask(server, lambda number: f"/models.json?page={number % 20 + 1}", options.requests),
            "search": ask(server, lambda number: f"/models.json?q=model-00{number % 50:02}", options.requests),
            "stage": ask(
                server, lambda number: stage % (number % 200, number % 50 % 10, number % 50), options.requests
            ),
        }
        alias = f"/mlflow/repo-%03d{API}/registered-models/alias?alias={STAGES[-1]}&name=team-%d~model-%04d"
        given = json.loads(server.get(f"/mlflow/files{API}/model-versions/get-download-uri?name=model&version=1"))
        listed = urlsplit(given["artifact_uri"]).path.replace("/artifacts/", "/artifacts?path=")
        loads |= {
            "alias": ask(
                server, lambda number: alias % (number % 200, number % 50 % 10, number % 50), options.requests
            ),
            "files": ask(server, lambda _: listed, options.requests),
        }
        report("studio", server, loads)
        tell_rates("studio", loads)
    return loads


def make_files(place: Path) -> None:
    """Make a repository that holds the files of one version, unless it is there."""
    if (place / "model").exists():
        return
    fill(place / "model")
    (place / "artifacts.yaml").write_text("model: {path: model}\n", encoding="utf-8")
    gto = [sys.executable, "-P", "-m", "gto"]
    for words in (
        ["git", "init", "-q"],
        ["git", "add", "."],
        ["git", "commit", "-qm", "files"],
        [*gto, "register", "model"],
    ):
        subprocess.run(words, cwd=place, env=environment(), check=True, stdout=subprocess.DEVNULL)


def fill(directory: Path) -> None:
    """Write the files of a version."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (directory / name).write_text(name, encoding="utf-8")


@contextmanager
def running(place: Path, command: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Studio."""
    argv = [sys.executable, "-P", "-m", "gto", "studio", command, *words]
    with subprocess.Popen(argv, cwd=place, env=environment(), stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def wait_for_all(url: URL, worker: subprocess.Popen[bytes], *, tags_only: bool) -> None:
    """Wait until the index is whole, and tell how long that took."""
    process, start, told = Server(0, worker.pid, {}), time.monotonic(), False
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), connect_args={"options": f"-c search_path={INDEX}"}
    )
    while True:
        time.sleep(1)
        try:
            with engine.connect() as connection:
                tags, models, facts = (
                    connection.execute(select(func.count()).select_from(one)).scalar_one()
                    for one in (event, artifact, fact)
                )
        except Exception:  # noqa: BLE001, S112  it makes its tables
            continue
        spent = f"after {time.monotonic() - start:.0f} s, {process.cpu:.0f} CPU-s of the worker"
        if not told and tags >= TAGS:
            told = True
            print(f"    studio: {tags:,} tags, {models:,} models {spent}", flush=True)
        if told and (tags_only or facts >= TAGS * SHAPE.versions // (SHAPE.versions + SHAPE.assignments)):
            print(f"    studio: {facts:,} facts {spent}, {process.memory:.0f} MB", flush=True)
            break
    engine.dispose()


def analyze(url: URL) -> None:
    """Have PostgreSQL count what its tables hold, as it does by itself within a minute after many were written."""
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def wait_for_port(server: Server) -> None:
    """Wait until it answers."""
    while True:
        try:
            server.get("/health")
        except OSError:
            time.sleep(0.1)
        else:
            return


def tell_rates(name: str, loads: dict[str, Load]) -> None:
    """Print how many requests were answered in a second."""
    print("    " + name + ": " + ", ".join(f"{kind} {load.rate:.0f}/s" for kind, load in loads.items()), flush=True)


def measure_mlflow(url: URL, requests: int) -> dict[str, Load]:
    """Fill an MLflow with as many models, start its server, and ask it; empty where it cannot be installed."""
    try:
        python = make_environment("mlflow-postgresql", ["mlflow", "psycopg[binary]"])
    except subprocess.CalledProcessError:
        print("    MLflow cannot be installed here: Studio was measured alone")
        return {}
    uri = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    subprocess.run([str(python), "-c", FILL, uri, str(MODELS), STAGES[-1]], check=True, env=environment())
    print("    MLflow: filled", flush=True)
    analyze(url)
    base = "/api/2.0/mlflow/registered-models"
    found, alias = f"{base}/search?max_results={ROWS}&filter=name+LIKE+", f"{base}/alias?alias={STAGES[-1]}&name=team-"
    fill(python.parent / "mlartifacts" / "model")  # where its server keeps files, unless it is told otherwise
    with mlflow(python, uri) as server:
        loads = {
            "search": ask(server, lambda number: f"{found}'%25model-0{number % 10}%25'", requests // 4),
            "stage": ask(server, lambda number: f"{alias}{number % 10}-model-{number % MODELS:05}", requests),
        }
        loads["alias"] = loads["stage"]
        loads["files"] = ask(server, lambda _: "/api/2.0/mlflow-artifacts/artifacts?path=model", requests)
        report("MLflow", server, loads)
        tell_rates("MLflow", loads)
    return loads


if __name__ == "__main__":
    main()
