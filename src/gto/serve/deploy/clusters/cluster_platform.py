"""A deployment on a cluster, whatever its objects: applied, found again by its label, awaited, asked, put back."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from gto.exceptions import DeployRefused, NotReady
from gto.serve.deploy.clusters.kubectl import Kubectl, hint_for
from gto.serve.deploy.clusters.kubernetes_objects import TARGET_LABEL, recorded_labels
from gto.serve.deploy.clusters.live_objects import as_live, identity, told
from gto.serve.deploy.clusters.manifest_shape import check_manifest
from gto.serve.deploy.polling import polls
from gto.serve.deploy.rendered_yaml import read_rendered, rendered
from gto.serve.deploy.target import RenderedFile, RunningDeployment, Unreachable
from gto.serve.deploy.tool_process import ToolAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gto.serve.deploy.settings import Setting
    from gto.serve.deploy.target import WantedDeployment

Json = dict[str, Any]

_LONGEST_PAUSE = 1.0


class ClusterObjects(NamedTuple):
    """What one kind of target has on a cluster."""

    manifests: Callable[[WantedDeployment], Mapping[str, Json]]
    """By file, in the order in which they are applied; the last is the one that tells what runs."""
    resources: tuple[str, ...]
    """All that a target may have, as kubectl names them; that of the last manifest last."""
    shapes: Mapping[str, Mapping[str, Setting]]
    """What the manifests of each kind of object may hold."""
    state: Callable[[Json], tuple[bool, str]]
    """Whether the object that tells what runs is ready, and what it says of its state."""
    wait: Callable[[str], tuple[str, ...]]
    """What kubectl is asked, with the target's name, to wait until it is ready."""
    service: Callable[[str], str]
    """The Service of a target, with its port, as the cluster's proxy has it."""
    has_pods: Callable[[WantedDeployment], bool] = lambda _: False
    """Whether a pod of the version must be seen, where `ready` may still be said of the version before."""


class ClusterPlatform(NamedTuple):
    """A kind of target on a cluster."""

    objects: ClusterObjects

    def render(self, wanted: WantedDeployment) -> tuple[RenderedFile, ...]:
        """Return a file for each object."""
        return tuple(rendered(path, manifest) for path, manifest in self.objects.manifests(wanted).items())

    def validate(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:  # noqa: ARG002  as Platform has it
        """Check each manifest by its closed shape."""
        for one in files:
            check_manifest(one, self.objects.shapes)

    def running(self, wanted: WantedDeployment) -> RunningDeployment | Unreachable | None:
        """Return what the objects with the target's label say."""
        kubectl = Kubectl.of(wanted)
        found = kubectl.read(["get", ",".join(self.objects.resources), f"--selector={_of_target(wanted)}"])
        if isinstance(found, ToolAnswer):
            return Unreachable(found.said)
        if not found:
            return None
        files = self.render(wanted)
        live = {identity(one): one for one in found}
        telling = live.get(identity(read_rendered(files[-1])))
        if telling is None:
            return RunningDeployment({}, ready=False, detail="only a part of it is there")
        ready, detail = self.objects.state(telling)
        recorded = recorded_labels(telling["metadata"].get("annotations", {}))
        return RunningDeployment(recorded, ready, detail, _as_live(kubectl, files, live))

    def alone(self, wanted: WantedDeployment) -> AbstractContextManager[None]:  # noqa: ARG002  as Platform has it
        """Leave it to the cluster, where each apply of an object is one change, and the last one stands."""
        return nullcontext()

    def apply(self, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
        """Have the cluster check all files first; then delete what the target no longer has, and apply them.

        The object that tells what runs comes last: a broken-off apply is seen by the next.
        """
        kubectl = Kubectl.of(wanted)
        _refuse_others(kubectl, wanted, files)
        checked = kubectl.dry_run(files)
        if isinstance(checked, ToolAnswer) and "does not support dry run" not in checked.said:  # as some webhooks
            raise DeployRefused(f"the cluster refuses it: {checked.said}", hint_for(checked))
        for one in self._others(kubectl, wanted, files):
            kubectl.delete(one)
        kubectl.apply(files)

    def _others(self, kubectl: Kubectl, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> list[Json]:
        """Return the target's objects that the files no longer name: of kinds that not every target has."""
        if len(files) == len(self.objects.resources):
            return []
        found = kubectl.read(["get", ",".join(self.objects.resources), f"--selector={_of_target(wanted)}"])
        if isinstance(found, ToolAnswer):
            raise DeployRefused(f"kubectl get: {found.said}", hint_for(found))
        kept = {identity(read_rendered(one)) for one in files}
        ours = [
            one for one in found if one["metadata"]["name"] == wanted.target.name
        ]  # KServe's own have labels of ours
        return [one for one in ours if identity(one) not in kept]

    def wait_ready(self, wanted: WantedDeployment, seconds: float) -> None:
        """Wait as kubectl does; where that ends too late, say what the pods say."""
        kubectl = Kubectl.of(wanted)
        words = [*self.objects.wait(wanted.target.name), f"--timeout={max(1, round(seconds))}s"]
        end = time.monotonic() + seconds
        answer = kubectl.run(words, seconds=seconds + 10)
        why = answer.said if answer.status else ""
        if not why and self.objects.has_pods(wanted):
            is_there = any(_is_in_a_pod(kubectl, wanted) for _ in polls(end - time.monotonic(), _LONGEST_PAUSE))
            why = "" if is_there else "no pod of this version is ready"
        if why:
            said = _why_not(kubectl, wanted) or why
            raise NotReady(f"it is not ready after {seconds:g} s: {said}", f"kubectl logs -l {_of_target(wanted)}")

    def ask(self, wanted: WantedDeployment, request: bytes) -> bytes | None:
        """Ask through the cluster's proxy of Services, which needs no way into its network; None where it may not."""
        kubectl = Kubectl.of(wanted)
        namespace = kubectl.namespace or _namespace_of(kubectl)
        service = self.objects.service(wanted.target.name)
        path = f"/api/v1/namespaces/{namespace}/services/{service}/proxy/v2/models/{quote(wanted.artifact, safe='')}"
        answer = kubectl.run(["create", f"--raw={path}/infer", "-f", "-"], request.decode())
        if not answer.status:
            return answer.out
        if "orbidden" in answer.said:
            return None
        raise NotReady(f"it does not answer: {answer.said}", f"kubectl logs -l {_of_target(wanted)}")

    def go_back(self, wanted: WantedDeployment, before: RunningDeployment) -> bool:
        """Apply the objects as they were; they are known where the cluster could be asked for a dry run."""
        files = tuple(one for one in before.files if one.text)
        if not files:
            return False
        Kubectl.of(wanted).apply(files)
        return True


def _as_live(
    kubectl: Kubectl, files: tuple[RenderedFile, ...], live: Mapping[tuple[str, str], Json]
) -> tuple[RenderedFile, ...]:
    """Return the files as the cluster has them, empty for what is gone; none where no dry run may be asked for."""
    answer = kubectl.dry_run(files)
    if isinstance(answer, ToolAnswer):
        return ()
    applied = {identity(one): told(one) for one in answer}
    found = []
    for one in files:
        manifest = read_rendered(one)
        key = identity(manifest)
        if key not in live:
            found.append(one._replace(text=""))
        elif applied.get(key) == told(live[key]):
            found.append(one)
        else:
            found.append(rendered(one.path, as_live(manifest, applied.get(key), told(live[key]))))
    return tuple(found)


def _refuse_others(kubectl: Kubectl, wanted: WantedDeployment, files: tuple[RenderedFile, ...]) -> None:
    """Raise where an object of such a name is there that no target of this name made."""
    found = kubectl.read(["get", "-f", "-", "--ignore-not-found"], "---\n".join(one.text for one in files))
    if isinstance(found, ToolAnswer):
        raise DeployRefused(f"kubectl get: {found.said}", hint_for(found))
    for one in found:
        marks = {**one["metadata"].get("annotations", {}), **one["metadata"].get("labels", {})}
        if marks.get(TARGET_LABEL) != wanted.target.name:
            what = f"{one['kind']} '{one['metadata']['name']}' is there, and is no object of this target"
            hint = f"name the target otherwise; if it is yours to replace, `kubectl label` it {_of_target(wanted)}"
            raise DeployRefused(what, hint)


def _of_target(wanted: WantedDeployment) -> str:
    return f"{TARGET_LABEL}={wanted.target.name}"


def _pods(kubectl: Kubectl, wanted: WantedDeployment) -> tuple[Json, ...]:
    pods = kubectl.read(["get", "pods", f"--selector={_of_target(wanted)}"])
    return () if isinstance(pods, ToolAnswer) else pods


def _is_in_a_pod(kubectl: Kubectl, wanted: WantedDeployment) -> bool:
    """Whether a pod of the version is ready."""
    for pod in _pods(kubectl, wanted):
        conditions = pod.get("status", {}).get("conditions", [])
        is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        if is_ready and pod["metadata"].get("annotations", {}).get("gto/version") == wanted.version:
            return True
    return False


def _why_not(kubectl: Kubectl, wanted: WantedDeployment) -> str:
    """Return what the first of the target's pods that does not run says."""
    for pod in _pods(kubectl, wanted):
        for one in pod.get("status", {}).get("containerStatuses", []):
            for state in (one.get("state", {}).get("waiting"), one.get("lastState", {}).get("terminated")):
                if state:
                    return ": ".join(filter(None, (state.get("reason"), state.get("message"))))
    return ""


def _namespace_of(kubectl: Kubectl) -> str:
    answer = kubectl.run(["config", "view", "--minify", "--output=jsonpath={..namespace}"])
    return answer.text.strip() or "default"
