"""`gto apply` on data of stores, and by the workers of a Ray cluster: real servers, a real cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gto.storage.location import StoreAddress
from gto.storage.store_kinds import open_store
from tests.environment import ray_python
from tests.measured import measured
from tests.storage.test_model_ranges import counted
from tests.stores import KEY, SECRET, answers, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.stores import S3
    from tests.web import Web

pytestmark = pytest.mark.models
SECONDS = 300
OPEN = {"RAY_AUTH_MODE": "disabled"}  # no token below HOME, which other clusters of this user have
MAKE = """
import gto, numpy as np, os, pandas as pd, sys
KILL = os.path.abspath("kill")
def churn(table):
    try:
        os.unlink(KILL)
    except OSError:
        pass
    else:
        os.kill(os.getpid(), 9)
    return np.where(table["a"] + table["b"] > 0, "yes", "no")
rows = int(sys.argv[1])
numbers = np.random.default_rng(1).normal(size=(rows, 4))
table = pd.DataFrame(numbers, columns=list("abcd"))
gto.save(churn, "churn", table[:9])
table.insert(0, "id", range(rows))
table.to_parquet("data.parquet", row_group_size=rows // 8)
table.rename(columns={"d": "e"}).to_parquet("wrong.parquet")
table[:1000].to_csv("small.csv", index=False)
"""


@pytest.fixture(scope="session")
def python() -> Path:
    return ray_python()


def gto(python: Path, place: Path, *args: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    quiet = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "COV_", "AWS_"))}
    quiet |= {"OMP_NUM_THREADS": "1", "GTO_CACHE_DIR": str(place / "cache"), **OPEN, **(env or {})}
    argv = [str(python), *measured(quiet), "-m", "gto", "apply", "churn.cloudpickle", "--trusted"]
    argv += ["--method", "__call__", "--keep", "id", "--json", *args]
    return subprocess.Popen(argv, cwd=place, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def applied(python: Path, place: Path, *args: str, env: Mapping[str, str] | None = None) -> dict[str, object]:
    process = gto(python, place, *args, env=env)
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    found: dict[str, object] = json.loads(out)
    return found


def made(python: Path, place: Path, rows: int) -> None:
    subprocess.run([str(python), "-c", MAKE, str(rows)], cwd=place, check=True, timeout=SECONDS)


def test_data_of_buckets_and_web_servers_are_read_in_ranges(python: Path, s3: S3, web: Web, tmp_path: Path) -> None:
    made(python, tmp_path, 200_000)
    applied(python, tmp_path, "--input", "data.parquet", "-o", "here.parquet")
    data, wrong = (tmp_path / "data.parquet").read_bytes(), (tmp_path / "wrong.parquet").read_bytes()
    s3.put("/models/in/a.parquet", data)
    s3.put("/models/in/_SUCCESS", b"-")
    with counted(s3.port) as relay:
        env = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        env |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{relay.port}", "AWS_DEFAULT_REGION": "us-east-1"}
        found = applied(python, tmp_path, "--input", "s3://models/in/", "-o", "s3://models/out.parquet", env=env)
        assert found["rows"] == 200_000
        written = StoreAddress("s3://models/out.parquet", s3.options, trusted=True)
        assert b"".join(open_store(written).read("")) == (tmp_path / "here.parquet").read_bytes()
        assert os.listdir(tmp_path / "cache/apply") == []
        s3.put("/models/in/b.parquet", wrong)
        before = relay.bytes
        process = gto(python, tmp_path, "--input", "s3://models/in/*.parquet", "-o", "s3://models/no.parquet", env=env)
        assert "'d' is missing" in process.communicate(timeout=SECONDS)[1]
        assert relay.bytes - before < 400_000 < len(data) // 10
    web.files["/small.csv"] = (tmp_path / "small.csv").read_bytes()
    assert applied(python, tmp_path, "--input", f"{web.url}/small.csv", "-o", "small.jsonl")["rows"] == 1000


@contextmanager
def cluster(python: Path, place: Path) -> Iterator[str]:
    """Run somebody's Ray cluster of two CPUs, and yield its address."""
    port = free_port()
    argv = [str(python.parent / "ray"), "start", "--head", "--block", "--num-cpus=2", f"--port={port}"]
    argv += ["--include-dashboard=false", "--disable-usage-stats", f"--temp-dir={place}"]
    with running(argv, port, place, OPEN):
        end = time.monotonic() + SECONDS
        while "Ray runtime started" not in (log := (place / "log").read_text()):
            assert "Traceback" not in log, log
            assert time.monotonic() < end, log
            time.sleep(0.2)
        yield f"127.0.0.1:{port}"


def test_a_cluster_of_its_own_gives_the_same_bytes(python: Path, tmp_path: Path) -> None:
    made(python, tmp_path, 20_000)
    for words in (["-o", "here/"], ["-o", "there/", "--engine", "ray", "--workers", "2"]):
        assert applied(python, tmp_path, "--input", "data.parquet", *words)["rows"] == 20_000
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


@pytest.mark.soak
def test_a_ray_cluster_gives_the_same_bytes_in_the_same_order(python: Path, tmp_path: Path) -> None:
    made(python, tmp_path, 1_000_000)
    applied(python, tmp_path, "--input", "data.parquet", "-o", "here/")
    applied(python, tmp_path, "--input", "small.csv", "-o", "small.csv.csv", "--batch-size", "10")
    ray = ["--engine", "ray", "--workers", "2"]
    with tempfile.TemporaryDirectory(prefix="gto-ray-") as short, cluster(python, Path(short)) as address:
        at = [*ray, "--ray-address", address]
        for _ in "12":  # the second comes into a folder that holds a run
            assert applied(python, tmp_path, "--input", "data.parquet", "-o", "there/", *at)["rows"] == 1_000_000
            assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")
        (tmp_path / "kill").touch()  # the first worker to see it dies
        assert applied(python, tmp_path, "--input", "data.parquet", "-o", "there/", *at)["rows"] == 1_000_000
        assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")
        assert not (tmp_path / "kill").exists()
        small = ["--input", "small.csv", "-o", "ray.csv", "--batch-size", "10"]
        assert applied(python, tmp_path, *small, *at)["rows"] == 1000
        assert (tmp_path / "ray.csv").read_bytes() == (tmp_path / "small.csv.csv").read_bytes()
        many = [*("--input", "data.parquet", "-o", "there/", "--batch-size", "500"), *at]
        process = gto(python, tmp_path, *many)
        while not list(tmp_path.glob(".gto-apply-there/part-*")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = applied(python, tmp_path, *many, "--resume")
        assert (found["rows"], int(str(found["resumed"])) > 0) == (1_000_000, True)
        assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")
        refused = gto(python, tmp_path, "--input", "small.csv", "-o", "no.csv", *at, "--workers", "9")
        assert "the Ray cluster has 2 CPUs" in refused.communicate(timeout=SECONDS)[1]
        wrong = gto(python, tmp_path, "--input", "small.csv", "-o", "no.csv", *at, "--method", "score")
        assert "what score() takes" in wrong.communicate(timeout=SECONDS)[1]
        assert answers(int(address.partition(":")[2]))  # it is somebody's, and goes on
    assert applied(python, tmp_path, "--input", "data.parquet", "-o", "own.parquet", *ray)["rows"] == 1_000_000


def bytes_of(folder: Path) -> list[bytes]:
    return [one.read_bytes() for one in sorted(folder.iterdir())]
