from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import stores
from tests.ci import programs
from tests.ci.clouds import go

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.bench import Bench
    from tests.ci.origin import Origin


def test_a_machine_gets_the_file_and_the_stage_points_there(remote: Origin, tmp_path: Path, cloud: Path) -> None:
    """A real server, whose user begins in a directory of this test, and the real ssh."""
    with stores.serve_ssh(tmp_path / "ssh") as server:
        place = tmp_path / "ssh/authorized"
        begin = f'command="cd {cloud} && eval \\"$SSH_ORIGINAL_COMMAND\\""'
        place.write_text(f"{begin} {place.read_text(encoding='utf-8')}", encoding="utf-8")
        secrets = {"SSH_KEY": server.key.read_text(encoding="utf-8"), "SSH_KNOWN_HOSTS": server.known}
        values = {"vars": {"HOST": f"ssh://{stores.this_user()}@127.0.0.1:{server.port}"}, "secrets": secrets}
        names = [f"{version}-{remote.commits[f'churn@{version}']}" for version in ("v1.0.0", "v1.1.0")]
        for number, name in enumerate(names, 1):
            stubs = programs.make(tmp_path / str(number) / "bin")
            run, _ = go("deploy-ssh", remote, f"refs/tags/churn#prod#{number}", stubs, **values)
            assert "pulled to" in run.log
            assert (cloud / "models/churn/stages/prod").readlink().name == name
            assert (cloud / "models/churn/stages/prod/churn.pkl").read_text(encoding="utf-8") == "weights\n"
        assert sorted(path.name for path in (cloud / "models/churn/versions").iterdir()) == names
        assert [path.name for path in (cloud / "models/churn/stages").iterdir()] == ["prod"]
        values["secrets"] = {**secrets, "SSH_KNOWN_HOSTS": server.known[:-9] + "AAAAAAAA\n"}
        with pytest.raises(AssertionError, match="Host key verification failed"):
            go("deploy-ssh", remote, "refs/tags/churn#prod#1", programs.make(tmp_path / "other/bin"), **values)


def test_a_machine_keeps_each_artifact_and_stage_apart(bench: Bench) -> None:
    """One artifact's name may begin as that of another, and go on as its stage or version."""
    both = [
        ("churn", "prod"),
        ("churn/prod", "x"),
        ("churn", "eu/prod"),
        ("churn/eu", "prod"),
        ("churn/stages", "prod"),
    ]
    for artifact, stage in both:
        (bench.work / "model.pkl").write_text(f"{artifact} in {stage}\n", encoding="utf-8")
        done = bench.run("deploy-ssh", NAME=artifact, STAGE=stage, COMMIT=str(both.index((artifact, stage))))
        assert done.returncode == 0, done.stderr
    for artifact, stage in both:
        live = bench.machine / "models" / artifact.replace("/", "=") / "stages" / stage.replace("/", "=")
        assert [path.name for path in live.iterdir()] == ["model.pkl"]
        assert (live / "model.pkl").read_text(encoding="utf-8") == f"{artifact} in {stage}\n"
    assert not list(bench.machine.rglob(".*new*"))


def test_a_machine_stays_as_it_is_where_there_is_nothing_to_copy(bench: Bench) -> None:
    assert bench.run("deploy-ssh").returncode == 0
    live = bench.machine / "models/churn/stages/prod"
    assert "No such file" in bench.refuses("deploy-ssh", MODEL="missing.pkl", COMMIT="1", VERSION="v2.0.0")
    assert live.readlink().name == "v1.0.0-c0ffee"
    bench.stubs.joinpath("tar").write_text('#!/bin/sh\n[ "$1" != -xf ] || exit 2\nexec /bin/tar "$@"\n')
    bench.stubs.joinpath("tar").chmod(0o755)
    assert bench.run("deploy-ssh", COMMIT="1", VERSION="v2.0.0").returncode == 2
    assert live.readlink().name == "v1.0.0-c0ffee"
    assert [path.name for path in live.parent.parent.joinpath("versions").iterdir()] == ["v1.0.0-c0ffee"]


def test_a_version_that_is_live_is_not_written_to_when_it_comes_again(bench: Bench) -> None:
    """One of another commit is another one: its files come alone."""
    assert bench.run("deploy-ssh").returncode == 0
    live = bench.machine / "models/churn/stages/prod"
    there = (live / "model.pkl").stat()
    assert bench.run("deploy-ssh").returncode == 0
    assert (live / "model.pkl").stat() == there
    (bench.work / "model.pkl").rename(bench.work / "other.pkl")
    assert bench.run("deploy-ssh", MODEL="other.pkl", COMMIT="1").returncode == 0
    assert [path.name for path in live.iterdir()] == ["other.pkl"]
