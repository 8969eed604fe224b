"""Pages on models and on serving them, run where the libraries of their model are."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gto.cli.commands.apply import command
from scripts import pages
from tests.environment import serving_python
from tests.page_replay import WITH_MODEL, check_page, commands, committing, page_environment, put_in
from tests.repo import run
from tests.stores import KEY, SECRET, free_port, serve_s3
from tests.team_process import wait_for
from tests.web import serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.repo import Repo
    from tests.server import Server

pytestmark = pytest.mark.models
HERE = "tests/docs/test_model_pages.py"
WITH_STORES = f"{HERE} runs it with a bucket and a web server on loopback"
STOPPED = f"{HERE} runs it in `make soak`"
FOLLOWED = f"{HERE} runs it until it has answered"
SERVE, FOLLOW = "docs/serving/serve.md", "docs/serving/follow.md"
APPLY = "docs/models/apply.md"
NEW = b"id,tenure,contract\nA1,3,month\nA2,40,year\n"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with the libraries of models, and with somebody who commits."""
    return page_environment(tmp_path_factory.mktemp("programs") / "bin", serving_python()) | committing()


def test_the_page_on_serving(tmp_path: Path, trained: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    hosts = {"8080": port, "gto serve churn#prod >": f"gto serve churn#prod --port {port} >"}
    check_page(SERVE, tmp_path, trained, tmp_path, WITH_MODEL, hosts=hosts)


def test_the_page_on_schemas(tmp_path: Path, trained: dict[str, str]) -> None:
    check_page("docs/models/schemas.md", tmp_path, trained, tmp_path, WITH_MODEL)


def test_the_example_of_saving_prints_what_it_says(repo: Repo, trained: dict[str, str]) -> None:
    blocks = pages.blocks((pages.ROOT / "docs/models/save-and-load.md").read_text(encoding="utf-8"))
    example = "\n".join(next(one.lines for one in blocks if one.info == "python"))
    serve = pages.parse((pages.ROOT / SERVE).read_text(encoding="utf-8"), [WITH_MODEL])
    train = next(one.text for one in serve if isinstance(one, pages.File))
    (said,) = re.findall(r"print\(saved\.path\)  # (.*)", example)
    printed = run("python", "-c", train + example, cwd=repo.path, env=trained).stdout.splitlines()
    assert printed[0] == put_in(said, {"/home/ada/team": str(repo.path)})
    assert "labels:\n  - tabular" in (repo.path / "artifacts.yaml").read_text(encoding="utf-8")


def test_the_page_on_applying(tmp_path: Path, trained: dict[str, str]) -> None:
    place = tmp_path / "work"
    place.mkdir()
    with serve_s3(tmp_path / "s3") as s3, serve_web() as web:
        s3.put("/lake")
        s3.put("/lake/2026-11/new.csv", NEW)
        web.files["/new.csv"] = NEW
        env = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        env |= {"AWS_ENDPOINT_URL": s3.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
        check_page(APPLY, place, trained | env, place, WITH_MODEL, WITH_STORES, hosts={"https://example.com": web.url})


def test_the_words_for_a_cluster_are_those_of_the_command() -> None:
    (line,) = re.findall(r"^\$ gto apply (.* --engine ray .*)$", (pages.ROOT / APPLY).read_text(), re.MULTILINE)
    told = command.make_context("apply", shlex.split(line)).params
    assert (told["engine"], told["ray_address"], told["workers"]) == ("ray", "ray://head:10001", 16)


@pytest.mark.soak
def test_the_run_that_the_page_stops_goes_on(tmp_path: Path, trained: dict[str, str]) -> None:
    make_model(tmp_path, trained)
    rows = "{'tenure': [3, 40] * 4_000_000, 'contract': ['month', 'year'] * 4_000_000}"
    code = f"import pandas; pandas.DataFrame({rows}).to_parquet('days/1.parquet', row_group_size=65536)"
    done(tmp_path, trained, f'mkdir days && python -c "{code}"')
    first, second = commands(APPLY, STOPPED)
    with started(tmp_path, trained, first.command) as process:
        wait_for(lambda: process.poll() is not None or [*tmp_path.glob(".gto-apply-scores.parquet/part-*")])
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    said = [(tmp_path / "log").read_text(), done(tmp_path, trained, second.command)]
    for expected, found in zip((first.expected[1], second.expected[0]), said, strict=True):
        words = re.sub(r"[\d,]{5,}", "NUMBER", expected.replace("/data/", f"{tmp_path}/"))
        assert words in re.sub(r"\d[\d,]{4,}", "NUMBER", found)


def test_the_page_on_following(tmp_path: Path, trained: dict[str, str], server: Server) -> None:
    make_model(tmp_path, trained)
    server.new("team/models.git")
    port = str(free_port())
    for version in ("v1.1.0", "v1.2.0", "v1.3.0"):
        if version == "v1.3.0":
            (tmp_path / "models/churn.skops").write_bytes(b"none")
        commit = f"git add models && git commit --quiet --allow-empty --message {version}"
        done(tmp_path, trained, f"{commit} && gto register churn --version {version}")
    done(tmp_path, trained, f"git remote add origin {server.url('team/models.git')}")
    done(tmp_path, trained, "git push --quiet origin HEAD:main --tags")
    move = "gto assign churn --version {} --stage {} --push"
    done(tmp_path, trained, move.format("v1.1.0", "prod"))
    follow, ask, canary = commands(FOLLOW, FOLLOWED)
    (moved,) = re.findall("`(gto assign churn --version v1.2.0 .*--push)`", (pages.ROOT / FOLLOW).read_text())
    hosts = {"https://git.example.com": server.url("").rstrip("/"), "--follow": f"--follow --port {port}"}
    log = tmp_path / "log"
    with started(tmp_path, trained, put_in(follow.command, hosts)):
        wait_for(lambda: "serves" in log.read_text(), log)
        done(tmp_path, trained, moved)
        wait_for(lambda: "now" in log.read_text(), log)
        expected = [line.replace("8080", port) for line in follow.expected]
        assert pages.fits(expected, log.read_text().splitlines()), log.read_text()
        done(tmp_path, trained, move.format("v1.3.0", "prod"))
        asked = put_in(ask.command, {"8080": port})
        wait_for(lambda: "UNAVAILABLE" in done(tmp_path, trained, asked), log)
        assert pages.fits(ask.expected, done(tmp_path, trained, asked).splitlines())
    done(tmp_path, trained, f"{move.format('v1.2.0', 'prod')} && {move.format('v1.1.0', 'canary')}")
    with started(tmp_path, trained, put_in(canary.command, {"--follow": f"--follow --port {port}"})):
        wait_for(lambda: "serves" in log.read_text(), log)
        states = re.findall('"version":"(.*?)","state":"(.*?)"', done(tmp_path, trained, asked))
        assert states == [("v1.2.0", "READY"), ("v1.1.0", "READY")]


def make_model(place: Path, env: Mapping[str, str]) -> None:
    """Train, register and assign the model of the page on serving."""
    head = (pages.ROOT / SERVE).read_text(encoding="utf-8").partition("\n## 2. ")[0]
    pages.run(pages.parse(head, [WITH_MODEL]), place, env)


def done(place: Path, env: Mapping[str, str], command: str) -> str:
    """What a command prints that ends well."""
    found = run("bash", "-c", command, cwd=place, env=env)
    assert found.code == 0, found.stderr
    return found.stdout


@contextmanager
def started(place: Path, env: Mapping[str, str], command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends; what it says is in `log`."""
    with (place / "log").open("w") as log:
        process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=place, env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
