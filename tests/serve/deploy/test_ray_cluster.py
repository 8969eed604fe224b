"""A real cluster of Ray on this machine: a stage followed under load, others' applications, Ray's own schema."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import yaml

from gto.serve.deploy.kinds import find_kind
from tests.environment import PLACE, make_environment
from tests.serve.deploy.wanting import wanted
from tests.stores import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.repo import Repo

pytestmark = pytest.mark.soak

TOKEN = "f" * 64  # of the test; Ray takes it from the environment
SECONDS = 180
SAVE = """
import sys, gto, pandas
from sklearn.linear_model import LinearRegression
table = pandas.DataFrame({"a": [1.0, 2.0, 3.0]})
gto.save(LinearRegression().fit(table, table.a * float(sys.argv[1])), "churn.skops", table, name="churn")
"""
SAMPLE = '{"inputs": [{"name": "a", "datatype": "FP64", "shape": [1], "data": [3.0]}]}'
OTHER = """
from ray import serve

@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Other:
    def __call__(self, request):
        return "other"

app = Other.bind()
"""
JUDGE = """
import sys, yaml
from ray.serve.schema import ServeDeploySchema
for text in sys.argv[1:]:
    ServeDeploySchema.model_validate(yaml.safe_load(text))
"""


def python_of_ray() -> Path:
    """The Python of an environment with Ray Serve and this checkout."""
    return make_environment("ray-serve", ["ray[serve]==2.60.0", "--editable", f"{PLACE.parent}[serve]"])


def test_rays_own_schema_takes_what_is_rendered_and_misspelt_keys_too() -> None:
    case = wanted("ray", {"repo": "/srv/models", "autoscale": {"min": 1, "max": 3}, "env": {"A": "1"}, "gpus": 0.5})
    (file,) = find_kind("ray").make().render(case)
    texts = [file.text, file.text.replace("route_prefix:", "route_prefics:")]
    subprocess.run([str(python_of_ray()), "-c", JUDGE, *texts], check=True, timeout=SECONDS)


@pytest.fixture
def head() -> Iterator[tuple[str, str]]:
    """Where a head of Ray and its Serve answer, with somebody's application; the path is short, as sockets want it."""
    with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as directory, ray_head(Path(directory)) as found:
        yield found


@contextmanager
def ray_head(place: Path) -> Iterator[tuple[str, str]]:
    """Run a head of Ray with somebody's application until the block ends, and yield where Ray and Serve answer."""
    ports = {name: free_port() for name in ("port", "ray-client-server-port", "dashboard-port")}
    bins = python_of_ray().parent
    argv = [str(bins / "ray"), "start", "--head", "--block", "--num-cpus=2", "--disable-usage-stats"]
    argv += ["--node-ip-address=127.0.0.1", f"--temp-dir={place}", "--object-store-memory=100000000"]
    argv += [f"--{name}={port}" for name, port in ports.items()]
    env = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "PYTHONPATH": str(place)}
    (place / "other.py").write_text(OTHER)
    address, serving = f"http://127.0.0.1:{ports['dashboard-port']}", free_port()
    with (place / "log").open("wb") as log:
        head = subprocess.Popen(argv, stdout=log, stderr=log, env=env, cwd=place, start_new_session=True)
    try:
        other = {"name": "other", "route_prefix": "/other", "import_path": "other:app"}
        body = {"http_options": {"host": "127.0.0.1", "port": serving}, "applications": [other]}
        until(lambda: sent(f"{address}/api/serve/applications/", json.dumps(body), "PUT") is not None, head)
        until(lambda: sent(f"http://127.0.0.1:{serving}/other") == b"other", head)
        yield address, f"http://127.0.0.1:{serving}"
    finally:
        for process in Path("/proc").glob("[0-9]*"):  # Ray puts some of its processes into groups of their own
            with suppress(OSError):
                if (process / "stat").read_text().rpartition(")")[2].split()[3] == str(head.pid):
                    os.kill(int(process.name), signal.SIGKILL)
        head.wait()


def sent(url: str, body: str | None = None, method: str = "GET") -> bytes | None:
    """What is answered; None for an error."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    asked = Request(url, None if body is None else body.encode(), headers, method=method)  # noqa: S310  on loopback
    with suppress(URLError, OSError), urlopen(asked, timeout=30) as answer:  # noqa: S310  on loopback
        return bytes(answer.read())
    return None


def until(done: Callable[[], bool], head: subprocess.Popen[bytes]) -> None:
    """Ask again until it is so."""
    end = time.monotonic() + SECONDS
    while not done():
        assert head.poll() is None
        assert time.monotonic() < end
        time.sleep(0.5)


def test_a_stage_is_followed_under_load_and_a_bad_version_goes(repo: Repo, head: tuple[str, str]) -> None:
    address, serving = head
    for factor, version in (("2", "v1.0.0"), ("5", "v1.1.0")):
        subprocess.run([str(python_of_ray()), "-c", SAVE, factor], cwd=repo.path, check=True, timeout=SECONDS)
        repo.commit(version, {"sample.json": SAMPLE})
        repo.git("add", "--all")
        repo.commit("model")
        repo.tag(f"churn@{version}")
    repo.tag("churn#prod#1", "churn@v1.0.0^{}")

    def deploy(*words: str, **values: object) -> tuple[int, str]:
        told = {"repo": str(repo.path), "address": address, "serve_address": serving, "cpus": 0.2, **values}
        target = {"kind": "ray", "selector": "churn#prod", "sample": "sample.json", "values": told}
        (repo.path / "deploy.yaml").write_text(yaml.safe_dump({"targets": {"churn-prod": target}}))
        done = repo.gto("deploy", *words, env={"RAY_AUTH_TOKEN": TOKEN})
        return done.code, done.stdout + done.stderr

    def predicted() -> tuple[str, float] | None:
        answer = sent(f"{serving}/churn-prod/v2/models/churn/infer", SAMPLE, "POST")
        found = json.loads(answer) if answer else None
        return found and (found["model_version"], round(found["outputs"][0]["data"][0], 6))

    assert deploy("apply")[0] == 0
    assert predicted() == ("v1.0.0", 6)
    assert deploy("plan")[0] == 0
    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    stop, answers = Event(), []

    def ask() -> None:
        while not stop.is_set():
            answers.append(predicted())

    asking = Thread(target=ask)
    asking.start()
    code, said = deploy("apply")
    stop.set()
    asking.join()
    assert code == 0, said
    assert set(answers) <= {("v1.0.0", 6), ("v1.1.0", 15)}
    assert predicted() == ("v1.1.0", 15)
    code, said = deploy("apply", repo="/nonexistent")
    assert code == 1
    assert "No Git repo found in '/nonexistent'; v1.1.0 runs again" in said
    assert predicted() == ("v1.1.0", 15)
    assert sent(f"{serving}/other") == b"other"
    print(f"{len(answers)} requests during the update")  # noqa: T201  for whoever runs it with -s
