from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

import pytest
import yaml

from gto.exceptions import InvalidManifest
from gto.serve.deploy.kinds import find_kind
from tests.oci_tools import debian_registry, needed, skopeo
from tests.serve.deploy.cloud_server import cloud_on_loopback
from tests.serve.deploy.heroku_cloud import TOKEN, HerokuCloud
from tests.serve.deploy.scene import with_versions
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo, Result

INSECURE = '[[registry]]\nlocation = "{}"\ninsecure = true\n'


def push(registry: str, version: str, place: Path) -> str:
    """Push an image of nothing, and return its id."""
    place.mkdir()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {"v": version}}, "rootfs": {}})
    digest = hashlib.sha256(config.encode()).hexdigest()
    (place / digest).write_text(config)
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    told = {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": f"sha256:{digest}"}
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": {**told, "size": len(config)}, "layers": []}
    (place / "manifest.json").write_text(json.dumps(manifest))
    (place / "version").write_text("Directory Transport Version: 1.1\n")
    skopeo("copy", "--dest-tls-verify=false", f"dir:{place}", f"docker://{registry}/churn:{version}", cwd=place)
    return f"sha256:{digest}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A registry with an image of each version, and the images' ids."""
    needed("skopeo")
    place = tmp_path_factory.mktemp("heroku")
    with debian_registry(place / "registry") as registry:
        yield registry, {one: push(registry, one, place / one) for one in ("v1.0.0", "v1.1.0")}


@pytest.fixture
def heroku(store: tuple[str, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HerokuCloud]:
    cloud = HerokuCloud(store[0])
    with cloud_on_loopback(cloud) as address:
        conf = tmp_path / "home" / ".config" / "containers" / "registries.conf"  # as skopeo's user has it
        conf.parent.mkdir(parents=True, exist_ok=True)
        conf.write_text("".join(INSECURE.format(one) for one in (store[0], address.removeprefix("http://"))))
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HEROKU_HOST", address)
        monkeypatch.setenv("HEROKU_API_KEY", TOKEN)
        yield cloud


def deploy(repo: Repo, heroku: HerokuCloud, *words: str, **values: object) -> Result:
    """What `gto deploy WORDS` says, of a target with these settings."""
    settings = {"app": "churn", "url": os.environ["HEROKU_HOST"], "env": {"A": "1"}, **values}
    image = f"{heroku.registry}/churn:{{version}}"
    target = {"kind": "heroku", "selector": "churn#prod", "image": image, "sample": "sample.json", "values": settings}
    text = yaml.safe_dump({"targets": {"churn-prod": target}})
    (repo.path / "deploy.yaml").write_text(text, encoding="utf-8")
    return repo.gto("deploy", *words)


def test_an_app_follows_the_stage(repo: Repo, heroku: HerokuCloud, store: tuple[str, dict[str, str]]) -> None:
    with_versions(repo)
    assert deploy(repo, heroku, "plan").code == 2
    applied = deploy(repo, heroku, "apply")
    assert applied.stdout == "churn-prod  churn#prod  nothing -> v1.0.0\n", applied.stderr
    assert heroku.formation["docker_image"]["id"] == heroku.config["GTO_IMAGE"] == store[1]["v1.0.0"]
    assert (heroku.config["DATABASE_URL"], heroku.config["A"]) == ("of somebody else", "1")
    count = len(heroku.writes)
    assert deploy(repo, heroku, "apply").stdout == "churn-prod  churn#prod  v1.0.0, as it was\n"
    assert (deploy(repo, heroku, "plan").code, len(heroku.writes)) == (0, count)

    heroku.config["A"] = "a secret that somebody set by hand"
    planned = deploy(repo, heroku, "plan").stdout
    assert ("-  A: '(another value)'" in planned, "a secret" in planned) == (True, False), planned
    heroku.config["A"] = "1"
    heroku.formation["quantity"] = 2
    assert "release.yaml was changed on the target" in deploy(repo, heroku, "plan").stdout
    heroku.formation |= {"quantity": 1, "docker_image": {"id": "sha256:of-somebody-else"}}
    assert "release.yaml was changed on the target" in deploy(repo, heroku, "plan").stdout

    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    assert deploy(repo, heroku, "apply", env={"B": "2"}).stdout == "churn-prod  churn#prod  v1.0.0 -> v1.1.0\n"
    assert (heroku.config.get("A"), heroku.config["B"]) == (None, "2"), "what is declared no more is gone"
    count = len(heroku.writes)
    missed = deploy(repo, heroku, "apply", env={}, secrets=["C", "DATABASE_URL"])
    assert "There is no secret 'C'; nothing was changed\n   `heroku config:set --app churn C=...`" in missed.stderr
    assert len(heroku.writes) == count
    assert deploy(repo, heroku, "apply", env={}, secrets=["B", "DATABASE_URL"]).code == 0
    assert (heroku.config["B"], heroku.config["GTO_CONFIG_VARS"].count("B")) == ("2", 0), "a secret is the app's"
    back = deploy(repo, heroku, "rollback", "churn-prod")
    assert back.stdout == "churn-prod  churn#prod  v1.1.0 -> v1.0.0\n", back.stderr
    assert heroku.formation["docker_image"]["id"] == store[1]["v1.0.0"]


def test_what_crashes_or_breaks_off_gives_way_and_is_mended(
    repo: Repo, heroku: HerokuCloud, store: tuple[str, dict[str, str]]
) -> None:
    with_versions(repo)
    heroku.refusals = 1
    assert "answers 503: Heroku API is unavailable" in deploy(repo, heroku, "apply").stderr
    assert "GTO_VERSION" not in heroku.config
    assert deploy(repo, heroku, "apply").code == 0
    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    heroku.bad.add(store[1]["v1.1.0"])
    failed = deploy(repo, heroku, "apply")
    assert (failed.code, "0 of 1 dynos are up, crashed; v1.0.0 runs again" in failed.stderr) == (1, True), failed
    assert heroku.config["GTO_VERSION"] == "v1.0.0"


def test_the_token_is_that_of_the_command_line(
    repo: Repo, heroku: HerokuCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_versions(repo)
    monkeypatch.setenv("HEROKU_API_KEY", "wrong")
    assert "answers 401: Invalid credentials provided." in deploy(repo, heroku, "status").stdout
    monkeypatch.delenv("HEROKU_API_KEY")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert "There is no token for Heroku" in deploy(repo, heroku, "status").stdout
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ada@example.com password {TOKEN}\n")
    assert "missing" in deploy(repo, heroku, "status").stdout
    assert "no app 'other'" in deploy(repo, heroku, "status", app="other").stdout


def test_config_vars_of_gtos_own_are_not_set_by_others() -> None:
    case = wanted("heroku", {"app": "churn", "env": {"GTO_IMAGE": "x"}}, image="host/churn:{version}")
    with pytest.raises(InvalidManifest, match="'GTO_IMAGE' is a config var of GTO's own"):
        find_kind("heroku").make().render(case)


def test_a_misspelt_key_fails() -> None:
    case = wanted("heroku", {"app": "churn", "size": "standard-2x"}, image="host/churn:{version}")
    platform = find_kind("heroku").make()
    (file,) = platform.render(case)
    platform.validate(case, (file,))
    for key in ("image", "quantity", "config_vars"):
        with pytest.raises(InvalidManifest):
            platform.validate(case, (file._replace(text=file.text.replace(f"{key}:", f"{key}s:")),))
