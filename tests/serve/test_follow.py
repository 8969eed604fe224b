from __future__ import annotations

import hashlib
import os
import signal
import socket
import statistics
import time
import zipfile
from contextlib import suppress
from http.client import IncompleteRead
from typing import TYPE_CHECKING

import pytest

from tests.environment import functions_python
from tests.repo import Repo, gto, run
from tests.serve.serving_scene import Follower, StageMoves, following, register, save_versions
from tests.serve.steady_load import LATEST, SteadyLoad
from tests.server import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server import Server

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("saved")
    save_versions(place, 3)
    return place


@pytest.fixture
def moves(repo: Repo, saved: Path) -> StageMoves:
    for version in (1, 2, 3):
        register(repo, saved, version)
    made = StageMoves(repo)
    made.move(1)
    return made


def answers(server: Follower, version: int) -> Callable[[], bool]:
    return lambda: server.version() == f"m@v{version}.0.0"


def left_out(server: Follower) -> list[dict[str, str]]:
    with suppress(IncompleteRead, OSError):  # an answer that was begun ends with the process that gave it
        return [one for one in server.index() if one["state"] == "UNAVAILABLE"]
    return []


def under_load(moves: StageMoves, log: Path, versions: list[int], requests: int, *words: str) -> None:
    """Move a stage again and again under load; print how long the takeovers took."""
    with following(moves.repo.path, log, *words) as server, SteadyLoad(server.port) as load:
        load.wait_for(1, requests // (len(versions) + 1))
        seconds = []
        for version in versions:
            moves.move(version)
            load.note_move(version)
            seconds.append(load.wait_for(version, requests // (len(versions) + 1)))
    times = sorted(one.end - one.begin for one in load.answers)
    print(  # noqa: T201  the figures of `make soak`
        f"{len(load.answers)} requests, {len(versions)} moves, {len(load.wrong())} wrong; takeover "
        f"{statistics.median(seconds):.2f} s (median), {max(seconds):.2f} s (worst); "
        f"p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {times[len(times) * 99 // 100] * 1000:.1f} ms, "
        f"worst {times[-1] * 1000:.0f} ms"
    )
    assert load.wrong() == []
    assert len(load.answers) >= requests
    assert max(seconds) <= LATEST


def test_a_stage_moves_under_load_and_no_request_fails(moves: StageMoves, tmp_path: Path) -> None:
    under_load(moves, tmp_path / "log", [2, 1, 3, 1, 2], 2000)


@pytest.mark.soak
def test_a_stage_moves_twenty_times_under_a_hundred_thousand_requests(moves: StageMoves, tmp_path: Path) -> None:
    under_load(moves, tmp_path / "log", [2, 3, 2, 1, 3] * 4, 100_000, "--every", "2s")


def test_a_version_whose_bytes_are_away_or_damaged_takes_over_once_they_are_right(
    moves: StageMoves, saved: Path, tmp_path: Path
) -> None:
    repo, data = moves.repo, (saved / "2" / "m.cloudpickle").read_bytes()
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    kept = tmp_path / "store" / "files" / "md5" / digest[:2] / digest[2:]
    kept.parent.mkdir(parents=True)
    repo.git("rm", "--quiet", "m.cloudpickle")
    repo.commit(
        "kept by DVC",
        {
            ".dvc/config": f"[core]\n    remote = s\n['remote \"s\"']\n    url = {tmp_path / 'store'}\n",
            "m.cloudpickle.dvc": f"outs:\n- {{md5: {digest}, size: {len(data)}, hash: md5, path: m.cloudpickle}}\n",
            "m.cloudpickle.model.yaml": (saved / "2" / "m.cloudpickle.model.yaml").read_text(encoding="utf-8"),
        },
    )
    repo.tag("m@v4.0.0")
    with following(repo.path, tmp_path / "log") as server:
        moves.move(4)
        server.until(lambda: left_out(server))
        kept.write_bytes(b"damaged" + data[7:])
        server.until(lambda: "does not hold what was registered" in server.said())
        assert server.version() == "m@v1.0.0"
        assert [one["version"] for one in left_out(server)] == ["v4.0.0"]
        assert 'gto_version_left_out{model="m",selector="m#prod",version="v4.0.0"} 1' in server.ask("/metrics")[2]
        kept.write_bytes(data)
        server.until(answers(server, 4), 60)
        assert left_out(server) == []


def test_what_the_policy_refuses_is_not_taken_and_is_said_once(moves: StageMoves, tmp_path: Path) -> None:
    repo = moves.repo
    rule = "rules:\n- {name: production, stages: prod, who: [ada@example.com]}\n"
    (repo.path / ".gto.policy.yaml").write_text(rule, encoding="utf-8")
    with following(repo.path, tmp_path / "log") as server:
        eve = {"GIT_COMMITTER_EMAIL": "eve@example.com"}
        repo.git("tag", "--annotate", "--message=x", "m#prod#2", "m@v2.0.0^{commit}", **repo.dated(), **eve)
        server.until(lambda: left_out(server))
        repo.tag("unrelated")
        time.sleep(0.6)
        assert server.version() == "m@v1.0.0"
        (told,) = left_out(server)
        assert told["version"] == "v2.0.0"
        assert "eve@example.com" in told["reason"]
        assert server.said().count("m#prod v2.0.0 is not taken") == 1
    with following(repo.path, tmp_path / "log") as server:  # one that begins now knows it too
        assert server.version() == "m@v1.0.0"
        assert [one["version"] for one in left_out(server)] == ["v2.0.0"]
        repo.tag("m#prod#3", "m@v3.0.0^{commit}")
        server.until(answers(server, 3))
        assert left_out(server) == []


def test_of_a_stage_that_is_emptied_the_last_version_goes_on(moves: StageMoves, tmp_path: Path) -> None:
    with following(moves.repo.path, tmp_path / "log") as server:
        done = gto("deprecate", "m", "v1.0.0", "prod", cwd=moves.repo.path, env=moves.repo.dated())
        assert done.code == 0, done.stderr
        server.until(lambda: "v1.0.0 goes on" in server.said())
        assert server.version() == "m@v1.0.0"
        moves.count = 5
        moves.move(2)
        server.until(answers(server, 2))
        assert "gto_takeovers_total 1.0" in server.ask("/metrics")[2]


@pytest.mark.parametrize("content", [b"no pickle", b"cposix\n_exit\n(I3\ntR."], ids=["no model", "ends its process"])
def test_a_version_that_does_not_load_leaves_the_old_one_answering(
    moves: StageMoves, tmp_path: Path, content: bytes
) -> None:
    repo = moves.repo
    (repo.path / "m.cloudpickle").write_bytes(content)
    repo.git("rm", "--quiet", "--cached", "m.cloudpickle.model.yaml")
    repo.git("add", "m.cloudpickle")
    repo.commit("damaged before it was saved")
    repo.tag("m@v4.0.0")
    with following(repo.path, tmp_path / "log") as server:
        moves.move(4)
        server.until(lambda: left_out(server))
        assert server.version() == "m@v1.0.0"
        moves.move(2)
        server.until(answers(server, 2))


def test_a_process_that_is_killed_is_started_again_and_callers_wait_for_it(moves: StageMoves, tmp_path: Path) -> None:
    with following(moves.repo.path, tmp_path / "log") as server:
        for _ in range(2):
            (child,) = server.children()
            os.kill(child, signal.SIGKILL)
            assert server.version() == "m@v1.0.0"
        assert "gto_restarts_total 2.0" in server.ask("/metrics")[2]


def test_a_parent_that_is_killed_leaves_no_process_and_no_listener(moves: StageMoves, tmp_path: Path) -> None:
    with following(moves.repo.path, tmp_path / "log") as server:
        (child,) = server.children()
        server.process.kill()
        server.process.wait()
        end = time.monotonic() + 10
        while os.path.exists(f"/proc/{child}") and time.monotonic() < end:
            time.sleep(0.05)
        assert not os.path.exists(f"/proc/{child}")
        with socket.socket() as line:
            assert line.connect_ex(("127.0.0.1", server.port)) != 0


def wheel(place: Path, version: str) -> None:
    """Write a wheel of a package that holds its version."""
    info = f"tinydep-{version}.dist-info"
    with zipfile.ZipFile(place / f"tinydep-{version}-py3-none-any.whl", "w") as made:
        made.writestr("tinydep.py", f"VERSION = {version!r}\n")
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tinydep\nVersion: {version}\n")
        made.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        made.writestr(f"{info}/RECORD", "")


@pytest.fixture
def other_packages(repo: Repo, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StageMoves:
    """A second version that needs a package of which there is a wheel, and no index."""
    wheel(tmp_path, "1.0")
    for name, value in (("NO_INDEX", "1"), ("FIND_LINKS", str(tmp_path))):
        monkeypatch.setenv(f"PIP_{name}", value)
        monkeypatch.setenv(f"UV_{name}", value)
    needs = "requirements: [tinydep==1.0]\n"
    for version, side_car in ((1, str), (2, lambda text: text[: text.index("requirements:")] + needs)):
        register(repo, saved, version, side_car)
    made = StageMoves(repo)
    made.move(1)
    return made


def test_a_version_with_other_packages_gets_a_process_of_its_own_behind_the_same_socket(
    other_packages: StageMoves, tmp_path: Path
) -> None:
    with following(other_packages.repo.path, tmp_path / "log") as server:
        (first,) = server.children()
        with SteadyLoad(server.port, 2) as load:
            other_packages.move(2)
            server.until(answers(server, 2), 120)
            load.note_move(2)
            load.wait_for(2, 100)
        assert [one for one in load.answers if one.error] == []
        server.until(lambda: first not in server.children())
        (second,) = server.children()
        assert server.ask(headers={"Host": "evil.example"})[0] == 421, "no name that leads to this machine"
        os.kill(second, signal.SIGKILL)
        cleared = other_packages.repo.gto("cache", "clear")
        assert "The environment of tinydep==1.0 is used" in cleared.stderr, "one is to be started in it"
        server.until(lambda: server.children() not in ([], [second]))
        assert server.version() == "m@v2.0.0"
        other_packages.move(1)
        server.until(answers(server, 1))
        server.until(lambda: len(server.children()) == 1)
        server.until(lambda: "Removed 1 environment," in other_packages.repo.gto("cache", "clear").stdout)


@pytest.mark.soak
def test_processes_take_turns_ten_times_under_load(other_packages: StageMoves, tmp_path: Path) -> None:
    with following(other_packages.repo.path, tmp_path / "log") as server, SteadyLoad(server.port) as load:
        seconds = []
        for version in [2, 1] * 5:
            other_packages.move(version)
            load.note_move(version)
            seconds.append(load.wait_for(version, 2000))
    print(f"{len(load.answers)} requests, 10 processes; takeover {sorted(seconds)}")  # noqa: T201  as above
    assert [one for one in load.answers if one.error] == []


def test_requests_without_a_version_are_split_and_a_caller_stays_on_one_side(moves: StageMoves, tmp_path: Path) -> None:
    moves.move(2, "canary")
    with following(moves.repo.path, tmp_path / "log", "m#prod", "m#canary", "--split", "50:50") as server:
        assert {server.ask()[1] for _ in range(40)} == {"m@v1.0.0", "m@v2.0.0"}
        mine = {server.ask(headers={"GTO-Split-Key": "caller 7"})[1] for _ in range(10)}
        assert len(mine) == 1
        assert server.ask("/models/m/versions/v2.0.0/predict")[1] == "m@v2.0.0"
        assert server.ask("/models/m/versions/canary/predict")[1] == "m@v2.0.0"
        moves.move(3, "canary")
        server.until(lambda: server.ask("/models/m/versions/canary/predict")[1] == "m@v3.0.0")
        assert {server.ask()[1] for _ in range(40)} == {"m@v1.0.0", "m@v3.0.0"}


def test_without_following_a_split_is_between_what_the_selectors_named_at_the_start(
    moves: StageMoves, tmp_path: Path
) -> None:
    moves.move(2, "canary")
    words = ("m#prod", "m#canary", "--split", "0:1")
    with following(moves.repo.path, tmp_path / "log", *words, follow=False) as server:
        assert {server.ask()[1] for _ in range(5)} == {"m@v2.0.0"}
        assert server.ask("/models/m/versions/prod/predict")[1] == "m@v1.0.0"
        assert server.children() == []


def test_a_stage_of_a_repository_behind_a_url_is_followed(moves: StageMoves, server: Server, tmp_path: Path) -> None:
    origin = server.new()
    moves.repo.git("remote", "add", "origin", str(origin.path))
    moves.repo.git("push", "--quiet", "origin", "HEAD", "--tags")
    with following(server.url(), tmp_path / "log") as followed:
        moves.move(2)
        moves.repo.git("push", "--quiet", "origin", "--tags")
        assert followed.until(answers(followed, 2)) < LATEST
        server.fail(Fault("error"))
        moves.move(3)
        moves.repo.git("push", "--quiet", str(origin.path), "--tags")
        followed.until(lambda: "it is tried again" in followed.said())
        server.forget()
        time.sleep(1)
        assert server.counts.requests < 10
        assert followed.version() == "m@v2.0.0"
        assert followed.said().count("it is tried again") == 1
        server.mend()
        followed.until(answers(followed, 3))


def test_a_port_that_is_taken_is_said_before_anything_is_loaded(moves: StageMoves) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ("serve", "m#prod", "--follow", "--port", str(taken.getsockname()[1]))
        done = gto(*words, cwd=moves.repo.path)
    assert done.code != 0
    assert "cannot be listened on" in done.stderr


@pytest.mark.parametrize("words", [["m#nowhere"], ["m#prod"]])
def test_it_ends_with_the_reason_where_nothing_can_be_served(moves: StageMoves, words: list[str]) -> None:
    done = gto("serve", *words, "--follow", "--port", "0", cwd=moves.repo.path)
    assert done.code == 1
    assert "cannot be served" in done.stderr


def test_the_parent_imports_no_web_framework_and_no_library_of_models(tmp_path: Path) -> None:
    code = (
        "import sys, gto.serve.server.following, gto.serve.server.serving, gto.cli.serve_following; "
        "print(sorted(sys.modules.keys() & {'fastapi', 'numpy', 'pandas', 'sklearn', 'starlette'}))"
    )
    assert run(str(functions_python()), "-c", code, cwd=tmp_path).stdout == "[]\n"
