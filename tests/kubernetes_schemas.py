"""The schemas of Kubernetes' and KServe's releases, closed: a key that is in none of them is wrong."""

from __future__ import annotations

import ast
import fcntl
import json
import re
import subprocess
import sys
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.environment import INSTALL_SECONDS, PLACE

if TYPE_CHECKING:
    from pathlib import Path

Object = dict[str, Any]

KUBERNETES = ("1.31", "1.33", "1.35", "1.37")
"""The releases that manifests are for; their schemas are in PyPI's kubernetes-validate."""
KSERVE = "0.21.0"
"""The release that manifests are for; its SDK, of this version, is made of the same types as its CRD."""
_DEFINITIONS = "/api/_definitions.json"


def problems(manifest: Object, release: str = KUBERNETES[-1]) -> list[str]:
    """What a cluster of this release would refuse of a manifest; a kind without a schema is a problem, too."""
    if manifest["apiVersion"].startswith("serving.kserve.io/"):
        schema: Object = kserve_schema()
    else:
        group, _, version = manifest["apiVersion"].rpartition("/")
        definitions = _definitions(release)
        known = {"group": group, "version": version, "kind": manifest["kind"]}
        marks = "x-kubernetes-group-version-kind"
        names = [name for name, one in definitions["$defs"].items() if known in one.get(marks, [])]
        if len(names) != 1:
            return [f"no schema for {known}"]
        schema = {"$ref": f"{_DEFINITIONS}#/$defs/{names[0]}"}
    resource = Resource.from_contents(_definitions(release))
    validator = Draft202012Validator(schema, registry=Registry().with_resource(_DEFINITIONS, resource))
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(manifest)]


@cache
def _definitions(release: str) -> Object:
    """Every type of a release, closed and without the nulls that only a server's own answers have."""
    with zipfile.ZipFile(download_wheel("kubernetes-validate", "1.37.0")) as wheel:
        place = f"kubernetes_validate/kubernetes-json-schema/v{release}.0-local-strict/_definitions.json"
        found: Object = json.loads(wheel.read(place))
    for name, one in found["$defs"].items():
        if "properties" in one:
            one["additionalProperties"] = False
        if name.endswith("intstr.IntOrString"):
            one["type"] = ["string", "integer"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": found["$defs"]}


@cache
def kserve_schema() -> Object:
    """The schema of an InferenceService, from the types of KServe's SDK; those of Kubernetes lead to its schemas."""
    with zipfile.ZipFile(download_wheel("kserve", KSERVE)) as wheel:
        names = [one for one in wheel.namelist() if one.startswith("kserve/models/v1")]
        found = dict(_type(wheel.read(one).decode()) for one in names)
    return {"$ref": "#/$defs/V1beta1InferenceService", "$defs": found}


def _type(source: str) -> tuple[str, Object]:
    (one,) = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    tables = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in one.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    keys, types = tables["attribute_map"], tables["openapi_types"]
    fields = {keys[name]: _named(type_) for name, type_ in types.items()}
    required = re.findall(r"Invalid value for `(\w+)`, must not be `None`", source)
    wanted = sorted({keys[name] for name in required})
    return one.name, {"type": "object", "properties": fields, "required": wanted, "additionalProperties": False}


def _named(type_: str) -> Object:
    simple = {"str": "string", "int": "integer", "bool": "boolean", "float": "number"}
    if type_ in simple:
        return {"type": simple[type_]}
    if match := re.fullmatch(r"list\[(.+)\]", type_):
        return {"type": "array", "items": _named(match[1])}
    if match := re.fullmatch(r"dict\(str, (.+)\)", type_):
        return {"type": "object", "additionalProperties": _named(match[1])}
    return _OTHER.get(type_) or {"$ref": _reference(type_)}


def _reference(type_: str) -> str:
    if re.fullmatch("V1(?!alpha|beta)[A-Z].*", type_):
        return f"{_DEFINITIONS}#/$defs/io.k8s.api.core.v1.{type_.removeprefix('V1')}"
    return f"#/$defs/{type_}"


_OTHER: dict[str, Object] = {
    "ResourceQuantity": {"type": ["string", "number"]},
    "V1ObjectMeta": {"$ref": f"{_DEFINITIONS}#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
    "K8sIoApiAppsV1DeploymentStrategy": {"$ref": f"{_DEFINITIONS}#/$defs/io.k8s.api.apps.v1.DeploymentStrategy"},
}


def download_wheel(package: str, version: str) -> Path:
    """Return the wheel of a package of pure Python, of which something is read and nothing installed."""
    root = PLACE / "wheels"
    root.mkdir(parents=True, exist_ok=True)
    with (PLACE / "wheels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        name = f"{package.replace('-', '_')}-{version}-*.whl"
        if not list(root.glob(name)):
            pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
            wanted = ["--no-deps", "--only-binary", ":all:", "--dest", str(root), f"{package}=={version}"]
            subprocess.run([*pip, *wanted], check=True, timeout=INSTALL_SECONDS)
        return next(root.glob(name))
