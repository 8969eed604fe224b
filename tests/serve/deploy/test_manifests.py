from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gto.exceptions import InvalidManifest
from gto.inspect.facts import ModelFacts
from gto.serve.deploy.kinds import find_kind
from tests.kubernetes_schemas import KUBERNETES, problems
from tests.serve.deploy.scene import IMAGE
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gto.serve.deploy.target import RenderedFile, WantedDeployment

CAR = "oci://registry.example.com/modelcar/churn:{version}"
CONTAINER = {
    "namespace": "models",
    "args": ["serve", "/mnt/modelcar/models/churn.skops", "{artifact}@{version}"],
    "env": {"THREADS": 2, "EMPTY": ""},
    "secrets": {"DB_PASSWORD": "churn-db/password", "API_TOKEN": "churn-api/token.v2"},
    "env_from": ["churn-secrets"],
    "pull_secrets": ["registry"],
    "limits": {"memory": "2Gi", "nvidia.com/gpu": "1"},
    "user": 1000,
    "service_account": "churn",
}


def of_file(kind: str, values: dict[str, Any], format: str, name: str) -> WantedDeployment:  # noqa: A002  as the facts call it
    """A version whose file the platform loads."""
    return wanted(kind, values, model=CAR)._replace(facts=ModelFacts(format=format), file_name=name)


def of_image(kind: str, values: dict[str, Any] | None = None, **more: str) -> WantedDeployment:
    """A version in an image."""
    return wanted(kind, values, image=IMAGE, **more)


KUBERNETES_CASES = [
    of_image("kubernetes"),
    of_image("kubernetes", {"replicas": 0}),
    of_image("kubernetes", {**CONTAINER, "autoscale": {"min": 2, "max": 5}, "service_type": "LoadBalancer"}, model=CAR),
]
KSERVE_CASES = [
    of_image("kserve"),
    of_image("kserve", {**CONTAINER, "mode": "Knative", "canary_percent": 10, "max_replicas": 3}, model=CAR),
    of_file("kserve", {"format": "xgboost", "secrets": CONTAINER["secrets"]}, "xgboost-ubj", "churn.ubj"),
]


def manifests(case: WantedDeployment) -> Iterator[tuple[RenderedFile, dict[str, Any]]]:
    platform = find_kind(case.target.kind).make()
    files = platform.render(case)
    assert files == platform.render(case)
    platform.validate(case, files)
    for one in files:
        yield one, yaml.safe_load(one.text)


@pytest.mark.parametrize("case", [*KUBERNETES_CASES, *KSERVE_CASES])
def test_every_manifest_is_what_the_schemas_of_the_releases_say(case: WantedDeployment) -> None:
    for file, manifest in manifests(case):
        for release in KUBERNETES:
            assert problems(manifest, release) == [], file.path
        assert (
            manifest["metadata"]["annotations"]
            | {
                "gto/artifact": "models/eu:churn",
                "gto/version": "v1.2.0+gpu",
                "gto/commit": "c" * 40,
                "gto/digest": f"sha256:{'d' * 64}",
                "gto/selector": "models/eu:churn#prod",
                "gto/settings": case.target.settings_hash,
            }
            == manifest["metadata"]["annotations"]
        )
        assert manifest["metadata"]["labels"] == {
            "app.kubernetes.io/name": "models_eu_churn",
            "app.kubernetes.io/version": "v1.2.0_gpu",
            "app.kubernetes.io/managed-by": "gto",
            "gto/target": "prod",
        }


def _places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The path of every object whose keys are told by its schema."""
    if isinstance(value, dict):
        is_map = path and path[-1] in {"labels", "annotations", "matchLabels", "requests", "limits"}
        is_map = is_map or (path[-1:] == ("selector",) and "matchLabels" not in value)
        yield from () if is_map else (path,)
        for key, one in value.items():
            yield from _places(one, (*path, key))
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _places(one, (*path, number))


@pytest.mark.parametrize("case", [KUBERNETES_CASES[2], *KSERVE_CASES[1:]])
def test_a_misspelt_key_anywhere_fails_in_the_schemas_and_in_gto(case: WantedDeployment) -> None:
    platform, tried = find_kind(case.target.kind).make(), 0
    for file, manifest in manifests(case):
        for path in _places(manifest):
            place: Any = manifest
            for key in path:
                place = place[key]
            place["replicaz"] = 1
            assert problems(manifest), path
            with pytest.raises(InvalidManifest, match="replicaz: unknown key"):
                platform.validate(case, (file._replace(text=yaml.safe_dump(manifest)),))
            del place["replicaz"]
            tried += 1
    assert tried >= 5


def test_the_words_that_checkers_let_through_elsewhere_fail() -> None:
    for case, old, new in (
        (KUBERNETES_CASES[0], "replicas:", "replicaz:"),
        (KUBERNETES_CASES[0], "readinessProbe:", "readynessProbe:"),
        (KUBERNETES_CASES[0], "kind: Deployment", "kind: Deploiment"),
        (KUBERNETES_CASES[0], "runAsNonRoot: true", "runAsNonRoot: yess"),
        (KSERVE_CASES[2], "storageUri:", "storageUrl:"),
        (KSERVE_CASES[1], "canaryTrafficPercent: 10", "canaryTrafficPercent: ten"),
        (KSERVE_CASES[2], "modelFormat:", "modelformat:"),
    ):
        file = find_kind(case.target.kind).make().render(case)[-1]
        wrong = file._replace(text=file.text.replace(old, new))
        assert wrong != file, old
        assert problems(yaml.safe_load(wrong.text)), new
        with pytest.raises(InvalidManifest):
            find_kind(case.target.kind).make().validate(case, (wrong,))


def test_pods_run_as_nobody_in_particular_and_give_way_one_by_one() -> None:
    *_, (_, deployment) = manifests(KUBERNETES_CASES[0])
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = deployment["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    assert server["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert server["readinessProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": 8080}
    assert server["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"
    assert pod["automountServiceAccountToken"] is False


def test_a_name_that_is_no_label_is_recorded_in_full_and_shortened_where_it_is_selected_by() -> None:
    name = "team/" + "a" * 57 + "--/" + "b" * 40
    *_, (_, deployment) = manifests(KUBERNETES_CASES[0]._replace(artifact=name))
    assert deployment["metadata"]["annotations"]["gto/artifact"] == name
    assert deployment["metadata"]["labels"]["app.kubernetes.io/name"] == "team_" + "a" * 57
    assert problems(deployment) == []


def test_a_modelcar_is_mounted_and_pulled_without_a_shell() -> None:
    *_, (_, deployment) = manifests(KUBERNETES_CASES[2])
    reference = "registry.example.com/modelcar/churn:v1.2.0_gpu"
    image = {"reference": reference, "pullPolicy": "IfNotPresent"}
    pod = deployment["spec"]["template"]["spec"]
    assert {"name": "model", "image": image} in pod["volumes"]
    assert pod["containers"][0]["args"][-1] == "models/eu/churn@v1.2.0_gpu"
    *_, (_, deployment) = manifests(wanted("kubernetes", image="registry.example.com/gto:1.12", model=CAR))
    assert deployment["spec"]["template"]["spec"]["containers"][0]["args"] == [
        *("serve", "models/eu:churn@v1.2.0+gpu=/mnt/modelcar/models/churn 50%.skops"),
        *("--host", "0.0.0.0", "--port", "8080"),  # noqa: S104  in a pod
    ]
    *_, (_, service) = manifests(KSERVE_CASES[1])
    (server,) = service["spec"]["predictor"]["containers"]
    assert {"name": "STORAGE_URI", "value": f"oci+fetch://{reference}"} in server["env"]
    *_, (_, service) = manifests(KSERVE_CASES[2])
    assert service["spec"]["predictor"]["model"]["storageUri"] == f"oci+fetch://{reference}"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (of_file("kserve", {"format": "sklearn"}, "skops", "churn.skops"), "is 'skops'"),
        (of_file("kserve", {"format": "xgboost"}, "", "churn.ubj"), "without a side-car"),
        (of_image("kserve", {"format": "xgboost"}, model=CAR), "and no `image`"),
        (of_file("kserve", {"format": "lightgbm"}, "lightgbm", "churn.txt"), ".bst"),
        (wanted("kserve", model=CAR), "`image` is missing"),
        (of_image("kserve", {"canary_percent": 10, "mode": "Standard"}), "only with `mode: Knative`"),
        (wanted("kserve", image="registry.example.com/churn:latest"), "has `{version}`"),
        (wanted("kubernetes", model=CAR), "`image` is missing"),
        (of_image("kserve", {"min_replicas": 3, "max_replicas": 2}), "at least 3 replicas, and at most 2"),
        (of_image("kubernetes", {"autoscale": {"min": 3, "max": 2}}), "at least 3 replicas, and at most 2"),
        (wanted("kubernetes", image="registry.example.com/Churn:{version}"), "not what was expected"),
    ],
)
def test_what_no_cluster_would_run_is_refused(case: WantedDeployment, said: str) -> None:
    platform = find_kind(case.target.kind).make()
    with pytest.raises(InvalidManifest) as error:
        platform.validate(case, platform.render(case))
    assert said in error.value.message
