from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gto.exceptions import InvalidManifest
from gto.serve.deploy.kinds import find_kind
from tests.serve.deploy.ray_dashboard import TOKEN, RayDashboard, ray_dashboard
from tests.serve.deploy.scene import with_versions
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.repo import Repo, Result


@pytest.fixture
def ray() -> Iterator[RayDashboard]:
    with ray_dashboard() as found:
        other = {"name": "other", "route_prefix": "/other", "import_path": "other:app"}
        found.put({"applications": [other]})
        found.applications["script"] = {"status": "RUNNING", "source": "imperative", "deployed_app_config": None}
        found.puts.clear()
        yield found


def deploy(repo: Repo, ray: RayDashboard, *words: str, **values: object) -> Result:
    """What `gto deploy WORDS` says, of a target with these settings."""
    settings = {"repo": "https://git.example.com/models", "address": ray.address, "serve_address": ray.address}
    target = {"kind": "ray", "selector": "churn#prod", "sample": "sample.json", "values": {**settings, **values}}
    text = yaml.safe_dump({"targets": {"churn-prod": target}})
    (repo.path / "deploy.yaml").write_text(text, encoding="utf-8")
    return repo.gto("deploy", *words, env={"RAY_AUTH_TOKEN": TOKEN})


def test_an_application_follows_the_stage_and_leaves_those_of_others(repo: Repo, ray: RayDashboard) -> None:
    with_versions(repo)
    assert deploy(repo, ray, "plan").code == 2
    applied = deploy(repo, ray, "apply")
    assert applied.stdout == "churn-prod  churn#prod  nothing -> v1.0.0\n", applied.stderr
    (sent,) = ray.puts
    assert [one["name"] for one in sent["applications"]] == ["other", "churn-prod"]
    assert (sent["http_options"], sent["proxy_location"]) == ({"port": 8123}, "HeadOnly")
    assert set(ray.applications) == {"other", "script", "churn-prod"}
    assert sent["applications"][1]["args"]["place"] == "churn@v1.0.0"
    deploy(repo, ray, "apply")
    assert deploy(repo, ray, "plan").code == 0
    assert len(ray.puts) == 1
    ray.applications["churn-prod"]["deployed_app_config"]["deployments"][0]["num_replicas"] = 9
    assert "serve.yaml was changed on the target" in deploy(repo, ray, "plan").stdout
    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    assert deploy(repo, ray, "apply").stdout == "churn-prod  churn#prod  v1.0.0 -> v1.1.0\n"
    back = deploy(repo, ray, "rollback", "churn-prod")
    assert back.stdout == "churn-prod  churn#prod  v1.1.0 -> v1.0.0\n", back.stderr


def test_a_version_that_ray_cannot_start_gives_way_to_the_one_before(repo: Repo, ray: RayDashboard) -> None:
    with_versions(repo)
    deploy(repo, ray, "apply")
    repo.tag("churn#prod#2", "churn@v1.1.0^{}")
    ray.bad.add("churn@v1.1.0")
    failed = deploy(repo, ray, "apply")
    assert failed.code == 1
    assert "did not take v1.1.0: Ray Serve: DEPLOY_FAILED ValueError: bad weights; v1.0.0 runs again" in failed.stderr
    assert ray.applications["churn-prod"]["deployed_app_config"]["args"]["place"] == "churn@v1.0.0"


def test_what_would_harm_others_is_not_sent(repo: Repo, ray: RayDashboard) -> None:
    with_versions(repo)
    assert "'other' has the path /other" in deploy(repo, ray, "apply", route_prefix="/other").stderr
    hidden = {"env_vars": {"KEY": "<redacted>"}}
    ray.applications["other"]["deployed_app_config"]["runtime_env"] = hidden
    assert "Ray hides settings of other applications" in deploy(repo, ray, "apply").stderr
    ray.applications["other"]["deployed_app_config"] = None
    assert "would remove it" in deploy(repo, ray, "apply").stderr
    assert ray.puts == []


def test_who_has_no_token_is_told_where_it_comes_from(repo: Repo, ray: RayDashboard) -> None:
    with_versions(repo)
    deploy(repo, ray, "render", "-o", "manifests")
    status = repo.gto("deploy", "status", env={"RAY_AUTH_TOKEN": "wrong"})
    assert "answers 401: Unauthorized" in status.stdout


CASES: list[dict[str, Any]] = [
    {},
    {"autoscale": {"min": 1, "max": 3}, "cpus": 0, "gpus": 0.5, "pip": ["gto[serve]"], "env": {"A": "1"}},
    {"route_prefix": "/", "replicas": 2, "trusted": True},
]


@pytest.mark.parametrize("values", CASES)
def test_a_misspelt_key_fails_although_ray_would_take_it(values: dict[str, Any]) -> None:
    case = wanted("ray", {"repo": "https://git.example.com/models", **values})
    platform = find_kind("ray").make()
    (file,) = platform.render(case)
    platform.validate(case, (file,))
    for key in ("route_prefix", "import_path", "name"):
        text = file.text.replace(f"{key}:", f"{key}z:")
        with pytest.raises(InvalidManifest):
            platform.validate(case, (file._replace(text=text),))
