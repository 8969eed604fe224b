"""The API of a cluster on 127.0.0.1, as far as kubectl asks for it: server-side apply, owners of fields, dry runs."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, RLock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.loopback import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Object = dict[str, Any]
_Path = tuple[str, ...]

_RESOURCES = {  # plural -> group and version, kind
    "services": ("v1", "Service"),
    "deployments": ("apps/v1", "Deployment"),
    "horizontalpodautoscalers": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "poddisruptionbudgets": ("policy/v1", "PodDisruptionBudget"),
    "inferenceservices": ("serving.kserve.io/v1beta1", "InferenceService"),
    "pods": ("v1", "Pod"),
}
_KEYS = {  # of lists that are maps: what tells their members apart
    "containers": ("name",),
    "initContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "port", "protocol"),
    "imagePullSecrets": ("name",),
}
_SET_BY_SERVER = ("resourceVersion", "uid", "generation", "creationTimestamp", "managedFields")


class Asked(NamedTuple):
    """A request that changes something, or would."""

    method: str
    path: str
    query: dict[str, str]

    @property
    def is_dry(self) -> bool:
        return "dryRun" in self.query

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(slots=True)
class Cluster:
    """What a cluster holds, and what was asked of it."""

    judge: Callable[[Object], list[str]]
    """Says what is wrong with an object, as `fieldValidation=Strict` does."""
    port: int = 0
    objects: dict[str, Object] = field(default_factory=dict)
    """By the path of their address."""
    owners: dict[str, dict[str, set[_Path]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    never_ready: set[str] = field(default_factory=set)
    """Images whose pods never answer."""
    before_write: Callable[[int], None] = lambda _: None
    """Called with the number of writes before each of them."""
    forbidden: str = ""
    """Requests whose path has this in it, or their query, are not allowed."""
    answering: str = ""
    """The version that predictions come from; that of the objects, where it is empty."""
    writes: int = 0
    stopped: Event = field(default_factory=Event)
    _lock: RLock = field(default_factory=RLock)

    def of_kind(self, kind: str) -> list[Object]:
        """The objects of a kind."""
        return [deepcopy(one) for one in self.objects.values() if one["kind"] == kind]

    def one(self, kind: str) -> Object:
        """The only object of a kind."""
        (found,) = self.of_kind(kind)
        return found

    def apply(self, asked: Asked, config: Object) -> Object:
        """Do server-side apply, or say what it would do."""
        manager, force = asked.query["fieldManager"], asked.query.get("force") == "true"
        if wrong := self.judge(config):
            raise _Refused(400, "BadRequest", f"strict decoding error: {'; '.join(wrong)}")
        live, owners = self.objects.get(asked.path, {}), deepcopy(self.owners.get(asked.path, {}))
        wanted = _leaves({key: config[key] for key in config if key not in {"apiVersion", "kind"}})
        wanted = {one for one in wanted if one not in {("metadata", "name"), ("metadata", "namespace")}}
        for other, paths in list(owners.items()):
            taken = {one for one in wanted & paths if _at(live, one) != _at(config, one)}
            if other == manager or not taken:
                continue
            if not force:
                named = ", ".join("." + ".".join(one) for one in sorted(taken))
                raise _Refused(409, "Conflict", f'Apply failed with 1 conflict: conflict with "{other}": {named}')
            owners[other] = paths - taken
        merged = _merged(live, config)
        for gone in owners.get(manager, set()) - wanted:
            if not any(gone in paths for other, paths in owners.items() if other != manager):
                _drop(merged, gone)
        owners[manager] = wanted
        return self._keep(asked, live, merged, owners)

    def patch(self, asked: Asked, changes: Object) -> Object:
        """Merge as `kubectl patch --type merge` and people's hands do: who changes a field owns it."""
        if asked.path not in self.objects:
            raise _Refused(404, "NotFound", f"{asked.name} not found")
        live, owners = self.objects[asked.path], deepcopy(self.owners.get(asked.path, {}))
        merged = _json_merged(live, changes)
        changed = {one for one in _leaves(merged) | _leaves(live) if _at(merged, one) != _at(live, one)}
        owners = {name: paths - changed for name, paths in owners.items()}
        by = asked.query.get("fieldManager", "kubectl-patch")
        owners[by] = owners.get(by, set()) | {one for one in changed if _at(merged, one) is not None}
        return self._keep(asked, live, merged, owners)

    def delete(self, asked: Asked) -> Object:
        """Delete an object."""
        if asked.path not in self.objects:
            raise _Refused(404, "NotFound", f"{asked.name} not found")
        if not asked.is_dry:
            self._count()
            self.owners.pop(asked.path, None)
            return self.objects.pop(asked.path)
        return self.objects[asked.path]

    def _keep(self, asked: Asked, live: Object, merged: Object, owners: dict[str, set[_Path]]) -> Object:
        _add_defaults(merged)
        metadata = merged.setdefault("metadata", {})
        metadata.setdefault("namespace", asked.path.split("/namespaces/")[1].split("/")[0])
        metadata.setdefault("name", asked.name)
        metadata.setdefault("uid", f"uid-{asked.name}")
        metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        if merged.get("spec") != live.get("spec"):
            metadata["generation"] = live.get("metadata", {}).get("generation", 0) + 1
        if asked.is_dry:
            return merged
        self._count()
        if merged != live:
            metadata["resourceVersion"] = str(self.writes)
            merged["status"] = self._status(merged)
            self.objects[asked.path] = merged
        self.owners[asked.path] = owners
        return self.objects[asked.path]

    def _count(self) -> None:
        self.before_write(self.writes)
        self.writes += 1

    def _status(self, one: Object) -> Object:
        """What controllers would report: all at once, but for images whose pods never answer."""
        generation = one["metadata"].get("generation", 1)
        text = json.dumps(one["spec"])
        ready = not any(image in text for image in self.never_ready)
        if one["kind"] == "Deployment":
            count = one["spec"].get("replicas", 1)
            status = {"observedGeneration": generation, "replicas": count, "updatedReplicas": count if ready else 1}
            return {**status, "readyReplicas": count, "availableReplicas": count if ready else 0}
        if one["kind"] == "InferenceService":
            condition = {"type": "Ready", "status": "True" if ready else "False"}
            address = f"http://{one['metadata']['name']}.example.com"
            return {"observedGeneration": generation, "conditions": [condition], "url": address}
        return {}

    def listed(self, path: str, query: dict[str, str]) -> list[Object]:
        """The objects below a path that selectors choose."""
        found = [one for address, one in self.objects.items() if address.rpartition("/")[0] == path]
        return [one for one in found if _is_chosen(one, query)]

    def _predicted(self, asked: Asked) -> Object:
        """What the pods behind a Service answer."""
        pods = [one for one in self._pods() if one["status"]["conditions"][0]["status"] == "True"]
        versions = [one["metadata"]["annotations"]["gto/version"] for one in pods]
        name = asked.path.removesuffix("/infer").rpartition("/")[2]
        return {"model_name": name, "model_version": self.answering or versions[0], "outputs": []}

    def _pods(self) -> list[Object]:
        """A pod of each object that has some."""
        found = []
        for one in [*self.of_kind("Deployment"), *self.of_kind("InferenceService")]:
            spec = one["spec"].get("template") or {"metadata": one["spec"]["predictor"]}
            metadata = {key: spec["metadata"].get(key, {}) for key in ("labels", "annotations")}
            ready = not any(image in json.dumps(one["spec"]) for image in self.never_ready)
            waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
            status: Object = {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}
            status |= {"containerStatuses": [{"state": {} if ready else waiting}]}
            named = {"name": f"{one['metadata']['name']}-1", "namespace": one["metadata"]["namespace"], **metadata}
            found.append({"apiVersion": "v1", "kind": "Pod", "metadata": named, "status": status})
        return found

    def answer(self, asked: Asked, body: bytes, media_type: str) -> Object:
        """Carry out a request."""
        with self._lock:
            if asked.method != "GET":
                self.asked.append(asked)
            if self.forbidden and self.forbidden in f"{asked.path}?{'&'.join(asked.query)}":
                raise _Refused(403, "Forbidden", f'User "ada" cannot {asked.method.lower()} {asked.path}')
            match asked.method:
                case "PATCH" if "apply-patch" in media_type:
                    return self.apply(asked, yaml.safe_load(body))
                case "PATCH":
                    return self.patch(asked, json.loads(body))
                case "DELETE":
                    return self.delete(asked)
                case "POST" if "/proxy/" in asked.path:
                    return self._predicted(asked)
                case "GET":
                    return self._got(asked)
                case _:
                    pass
        raise _Refused(405, "MethodNotAllowed", f"{asked.method} is not emulated")

    def _got(self, asked: Asked) -> Object:
        if asked.path in self.objects:
            return self.objects[asked.path]
        if (found := _discovery(asked.path)) is not None:
            return found
        version, kind = _RESOURCES.get(asked.name, ("", ""))
        if kind:
            listed = self.listed(asked.path, asked.query)
            if kind == "Pod":
                listed = [one for one in self._pods() if _is_chosen(one, asked.query)]
            metadata = {"resourceVersion": str(self.writes)}
            return {"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": listed}
        raise _Refused(404, "NotFound", f'{_kind_of(asked.path)} "{asked.name}" not found')


class _Refused(Exception):
    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "metadata": {}}
        self.body: Object = {**status, "code": code, "reason": reason, "message": message}


@contextmanager
def cluster_on_loopback(judge: Callable[[Object], list[str]], kubeconfig: Path) -> Iterator[Cluster]:
    """Serve a cluster until the block ends, and write the file by which kubectl finds it, in the namespace `models`."""
    cluster = Cluster(judge)
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    config = {
        "clusters": [{"name": "test", "cluster": {"server": address}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "models"}}],
    }
    kubeconfig.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "test", **config}))
    with running(server, cluster.stopped):
        yield cluster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        asked = Asked(self.command, url.path, query)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.command == "GET" and query.get("watch") in {"true", "1"}:
            self._watch(asked)
            return
        try:
            self._send(200, self.cluster.answer(asked, body, self.headers.get("Content-Type", "")))
        except _Refused as error:
            self._send(error.code, error.body)

    do_PATCH = do_DELETE = do_POST = do_PUT = do_GET  # noqa: N815  http.server names them

    def _send(self, code: int, value: Object) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _watch(self, asked: Asked) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.close_connection = True
        seen, end = "", time.monotonic() + 30
        while not self.cluster.stopped.wait(0.05) and time.monotonic() < end:
            listed = self.cluster.listed(asked.path, asked.query)
            lines = "".join(json.dumps({"type": "MODIFIED", "object": one}) + "\n" for one in listed)
            if lines != seen:
                seen = lines
                try:
                    self.wfile.write(lines.encode())
                    self.wfile.flush()
                except OSError:
                    return


def _kind_of(path: str) -> str:
    plural = path.split("/")[-2] if path.count("/") > 1 else ""
    group = _RESOURCES.get(plural, ("", ""))[0].rpartition("/")[0]
    return f"{plural}.{group}" if group else plural


def _discovery(path: str) -> Object | None:
    versions = sorted({version for version, _ in _RESOURCES.values()})
    heads: dict[str, Object] = {
        "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "/apis": {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [_group(one) for one in versions if "/" in one],
        },
        "/openapi/v3": {
            "paths": {_place(one): {"serverRelativeURL": f"/openapi/v3/{_place(one)}"} for one in versions}
        },
    }
    for version in versions:
        listed = [_listed(*item) for item in _RESOURCES.items() if item[1][0] == version]
        named = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed}
        heads |= {f"/{_place(version)}": named, f"/openapi/v3/{_place(version)}": _openapi(version)}
    return heads.get(path)


def _group(version: str) -> Object:
    name, _, bare = version.partition("/")
    one = {"groupVersion": version, "version": bare}
    return {"name": name, "versions": [one], "preferredVersion": one}


def _place(version: str) -> str:
    return f"apis/{version}" if "/" in version else f"api/{version}"


def _listed(plural: str, of: tuple[str, str]) -> Object:
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    return {"name": plural, "singularName": of[1].lower(), "namespaced": True, "kind": of[1], "verbs": verbs}


def _openapi(version: str) -> Object:
    """What kubectl reads in it: that requests may say `fieldValidation` and `dryRun`."""
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("dryRun", "fieldValidation")]
    paths = {}
    for plural, (of, kind) in _RESOURCES.items():
        group, _, bare = of.rpartition("/")
        known = {"group": group, "kind": kind, "version": bare}
        patch = {"parameters": parameters, "x-kubernetes-group-version-kind": known, "x-kubernetes-action": "patch"}
        if of == version:
            paths[f"/{_place(of)}/namespaces/{{namespace}}/{plural}/{{name}}"] = {"patch": {**patch, "responses": {}}}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.37.0"}, "paths": paths}


def _is_chosen(one: Object, query: dict[str, str]) -> bool:
    fields = dict(part.split("=", 1) for part in query.get("fieldSelector", "").split(",") if part)
    labels = dict(part.split("=", 1) for part in query.get("labelSelector", "").split(",") if part)
    own = one["metadata"].get("labels", {})
    by_field = all(_at(one, tuple(key.split("."))) == value for key, value in fields.items())
    return by_field and all(own.get(key) == value.removeprefix("=") for key, value in labels.items())


# --- fields and who owns them


def _members(key: str, value: object) -> dict[str, Any] | None:
    """The members of a map, or of a list that is one, by what tells them apart."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and key in _KEYS and all(isinstance(one, dict) for one in value):
        return {json.dumps([one.get(name) for name in _KEYS[key]]): one for one in value}
    return None


def _leaves(value: object, path: _Path = ()) -> set[_Path]:
    members = _members(path[-1] if path else "", value)
    if not members:
        return {path}
    return {leaf for name, one in members.items() for leaf in _leaves(one, (*path, name))}


def _at(value: object, path: _Path) -> object:
    key = ""
    for name in path:
        members = _members(key, value)
        if members is None or name not in members:
            return None
        key, value = name, members[name]
    return value


def _merged(live: Any, config: Any, key: str = "") -> Any:  # noqa: ANN401  JSON
    ours, theirs = _members(key, config), _members(key, live)
    if ours is None or theirs is None:
        return deepcopy(config)
    merged = {**deepcopy(theirs), **{name: _merged(theirs.get(name), one, name) for name, one in ours.items()}}
    return list(merged.values()) if isinstance(config, list) else merged


def _json_merged(live: Any, changes: Any) -> Any:  # noqa: ANN401  JSON
    if not isinstance(changes, dict) or not isinstance(live, dict):
        return deepcopy(changes)
    merged = {**deepcopy(live), **{name: _json_merged(live.get(name), one) for name, one in changes.items()}}
    return {name: one for name, one in merged.items() if one is not None}


def _drop(value: Any, path: _Path) -> None:  # noqa: ANN401  JSON
    """Take a field away, and the maps that are empty without it."""
    steps, key = [value], ""
    for name in path[:-1]:
        members = _members(key, steps[-1])
        if members is None or name not in members:
            return
        key = name
        steps.append(members[name])
    for holder, name, above in reversed(list(zip(steps, path, ("", *path), strict=False))):
        if isinstance(holder, list):
            members = _members(above, holder) or {}
            if name in members and (not members[name] or (len(path) == len(steps) and holder is steps[-1])):
                holder.remove(members[name])
        elif holder is steps[-1] or not holder.get(name, True):
            holder.pop(name, None)


def _add_defaults(one: Object) -> None:
    """Some of what a server adds to what is left out."""
    spec = one.setdefault("spec", {})
    if one["kind"] == "Deployment":
        for key, value in {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}.items():
            spec.setdefault(key, value)
        for container in spec["template"]["spec"].get("containers", []):
            container.setdefault("terminationMessagePath", "/dev/termination-log")
            container.setdefault("imagePullPolicy", "IfNotPresent")
            for amounts in container.get("resources", {}).values():
                amounts.update({name: _quantity(amount) for name, amount in amounts.items()})
    if one["kind"] == "Service":
        spec.setdefault("clusterIP", "10.0.0.7")
        spec.setdefault("sessionAffinity", "None")


def _quantity(amount: object) -> str:
    """As a server writes it: `1000m` is `1`, `1024Mi` is `1Gi`."""
    text = str(amount)
    if text.endswith("m") and int(text[:-1]) % 1000 == 0:
        return str(int(text[:-1]) // 1000)
    for small, large in (("Ki", "Mi"), ("Mi", "Gi")):
        if text.endswith(small) and int(text[:-2]) % 1024 == 0:
            return f"{int(text[:-2]) // 1024}{large}"
    return text
