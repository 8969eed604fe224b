from __future__ import annotations

import os
import time
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gto.exceptions import DeployFailed, InvalidManifest
from gto.serve.deploy.kinds import find_kind
from gto.serve.deploy.platform_request import PlatformApi
from tests.serve.deploy.cloud_server import cloud_on_loopback
from tests.serve.deploy.fly_cloud import TOKEN, FlyCloud
from tests.serve.deploy.scene import IMAGE, with_versions
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo, Result


@pytest.fixture
def fly(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlyCloud]:
    cloud = FlyCloud()
    with cloud_on_loopback(cloud) as address:
        monkeypatch.setenv("FLY_FLAPS_BASE_URL", address)
        monkeypatch.setenv("FLY_API_TOKEN", TOKEN)
        yield cloud


def deploy(repo: Repo, *words: str, **values: object) -> Result:
    """What `gto deploy WORDS` says, of a target with these settings."""
    settings = {"app": "churn", "regions": ["ams"], "machines": 2, "url": os.environ["FLY_FLAPS_BASE_URL"], **values}
    target = {"kind": "fly", "selector": "churn#prod", "image": IMAGE, "sample": "sample.json", "values": settings}
    text = yaml.safe_dump({"targets": {"churn-prod": target}})
    (repo.path / "deploy.yaml").write_text(text, encoding="utf-8")
    return repo.gto("deploy", *words)


def images(fly: FlyCloud) -> list[str]:
    return [one["config"]["image"].rpartition(":")[2] for one in fly.machines.values()]


def test_machines_follow_the_stage_one_after_the_other(repo: Repo, fly: FlyCloud) -> None:
    with_versions(repo)
    assert deploy(repo, "plan").code == 2
    applied = deploy(repo, "apply")
    assert applied.stdout == "churn-prod  churn#prod  nothing -> v1.0.0\n", applied.stderr
    assert [one["name"] for one in fly.machines.values()] == ["churn-prod-ams-1", "churn-prod-ams-2"]
    count = len(fly.writes)
    assert deploy(repo, "apply").stdout == "churn-prod  churn#prod  v1.0.0, as it was\n"
    assert (deploy(repo, "plan").code, len(fly.writes)) == (0, count)

    next(iter(fly.machines.values()))["config"]["guest"]["memory_mb"] = 256
    assert "machines.yaml was changed on the target" in deploy(repo, "plan").stdout
    deploy(repo, "apply")
    assert len(fly.writes) == count + 1, "only that machine is changed"

    assert deploy(repo, "apply", env={"A": "1"}).code == 0
    next(iter(fly.machines.values()))["config"]["env"]["A"] = "a secret that somebody set by hand"
    planned = deploy(repo, "plan", env={"A": "1"}).stdout
    assert ("-      A: '(another value)'" in planned, "a secret" in planned, "fly.toml" in planned) == (
        True,
        False,
        False,
    ), planned
    assert deploy(repo, "apply").code == 0

    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    assert deploy(repo, "apply").stdout == "churn-prod  churn#prod  v1.0.0 -> v1.1.0\n"
    back = deploy(repo, "rollback", "churn-prod")
    assert back.stdout == "churn-prod  churn#prod  v1.1.0 -> v1.0.0\n", back.stderr
    assert images(fly) == ["v1.0.0", "v1.0.0"]
    assert deploy(repo, "apply", machines=1).code == 0
    assert (images(fly), fly.leases) == (["v1.0.0"], {})


def test_a_machine_that_fails_leaves_the_others_alone_and_goes_back(repo: Repo, fly: FlyCloud) -> None:
    with_versions(repo)
    assert deploy(repo, "apply").code == 0
    fly.bad.add(IMAGE.format(version="v1.1.0"))
    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    failed = deploy(repo, "apply")
    assert failed.code == 1
    assert "did not take v1.1.0: a machine does not answer: churn-prod-ams-1 failed" in failed.stderr
    assert "v1.0.0 runs again" in failed.stderr
    assert (images(fly), fly.writes.count("POST 00000000000002")) == (["v1.0.0", "v1.0.0"], 0)


def test_an_apply_that_broke_off_is_mended_by_the_next(repo: Repo, fly: FlyCloud) -> None:
    with_versions(repo)
    fly.refused = 2
    assert "insufficient capacity" in deploy(repo, "apply").stderr
    fly.refused = 0
    assert deploy(repo, "plan").stdout.count("mend") == 1
    assert deploy(repo, "apply").code == 0
    assert images(fly) == ["v1.0.0", "v1.0.0"]
    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    fly.leases["00000000000002"] = "of an apply that was killed"
    ends = Timer(1.5, fly.leases.clear)
    ends.start()
    assert deploy(repo, "apply").code == 0
    ends.join()
    assert images(fly) == ["v1.1.0", "v1.1.0"]


def test_what_somebody_else_has_for_long_is_told(fly: FlyCloud) -> None:
    fly.machines["1"] = {"id": "1"}
    fly.leases["1"] = "of somebody else"
    api = PlatformApi(os.environ["FLY_FLAPS_BASE_URL"], {"Authorization": f"Bearer {TOKEN}"}, "")
    begun = time.monotonic()
    with pytest.raises(DeployFailed, match="lease currently held by ada"):
        api.ask("POST", "/v1/apps/churn/machines/1/lease", {"ttl": 9}, waits=0.5)
    assert time.monotonic() - begun >= 0.5


def test_a_secret_that_the_app_has_not_is_missed_before_anything_changes(repo: Repo, fly: FlyCloud) -> None:
    with_versions(repo)
    assert deploy(repo, "apply", secrets=["API_TOKEN"]).code == 0
    count = len(fly.writes)
    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    missed = deploy(repo, "apply", secrets=["API_TOKEN", "OTHER"])
    assert "There is no secret 'OTHER'; nothing was changed" in missed.stderr
    assert "`fly secrets set --app churn --stage OTHER=...` sets it" in missed.stderr
    assert (len(fly.writes), images(fly)) == (count, ["v1.0.0", "v1.0.0"])


def test_who_may_not_is_told_where_the_token_comes_from(
    repo: Repo, fly: FlyCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_versions(repo)
    assert fly.machines == {}
    assert "has no app 'other'" in deploy(repo, "status", app="other").stdout
    monkeypatch.setenv("FLY_API_TOKEN", "wrong")
    assert "answers 401: unauthorized" in deploy(repo, "status").stdout
    monkeypatch.delenv("FLY_API_TOKEN")
    monkeypatch.setenv("FLY_CONFIG_DIR", str(tmp_path))
    assert "There is no token for Fly.io" in deploy(repo, "status").stdout
    (tmp_path / "config.yml").write_text(f"access_token: {TOKEN}\n")
    assert "missing" in deploy(repo, "status").stdout


CASES: list[dict[str, Any]] = [
    {},
    {"regions": ["ams", "ord"], "machines": 2, "autostop": "suspend", "env": {"A": "1"}},
    {"public": False, "command": ["--port", "{version}"], "cpu_kind": "performance", "cpus": 4},
]


@pytest.mark.parametrize("values", CASES)
def test_a_misspelt_key_fails(values: dict[str, Any]) -> None:
    case = wanted("fly", {"app": "churn", **values}, image="host/churn:{version}")
    platform = find_kind("fly").make()
    files = platform.render(case)
    platform.validate(case, files)
    for number, key in ((0, "image:"), (0, "guest:"), (1, "memory_mb ="), (1, "[build]")):
        text = files[number].text.replace(key, f"x{key}" if key[0] != "[" else "[builds]")
        with pytest.raises(InvalidManifest):
            platform.validate(case, (files[number]._replace(text=text),))
