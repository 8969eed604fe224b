"""kubectl, by which clusters are asked and changed: with its user's own configuration and rights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from gto.exceptions import DeployFailed
from gto.serve.deploy.tool_process import ToolCall, run_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gto.serve.deploy.target import RenderedFile, WantedDeployment
    from gto.serve.deploy.tool_process import ToolAnswer

Json = dict[str, Any]

_INSTALL = "install kubectl 1.25 or later: https://kubernetes.io/docs/tasks/tools/"
_ASKING, _CHANGING = 20, 60  # seconds
_APPLY = ("apply", "--server-side", "--field-manager", "gto", "--force-conflicts", "--validate=strict", "-f", "-")


class Kubectl(NamedTuple):
    """kubectl, at one context and namespace."""

    context: str
    namespace: str

    @classmethod
    def of(cls, wanted: WantedDeployment) -> Kubectl:
        """Return the kubectl of a target."""
        values = wanted.target.values
        return cls(values["context"] or "", values["namespace"] or "")

    def run(self, words: Sequence[str], data: str | None = None, seconds: float = _CHANGING) -> ToolAnswer:
        """Run it, and return what it said, whatever its exit code."""
        where = [f"--context={self.context}"] if self.context else []
        where += [f"--namespace={self.namespace}"] if self.namespace else []
        argv = ["kubectl", *where, *words]
        body = None if data is None else data.encode()
        return run_tool(ToolCall(argv, data=body, seconds=seconds, install=_INSTALL))

    def read(self, words: Sequence[str], data: str | None = None) -> tuple[Json, ...] | ToolAnswer:
        """Return the objects that it tells as JSON; its answer where it fails."""
        answer = self.run([*words, "--output=json", f"--request-timeout={_ASKING}s"], data, _ASKING + 5)
        if answer.status:
            return answer
        found = json.loads(answer.text) if answer.out.strip() else {"items": []}
        return tuple(found["items"]) if found.get("kind", "List").endswith("List") else (found,)

    def dry_run(self, files: Iterable[RenderedFile]) -> tuple[Json, ...] | ToolAnswer:
        """Return the objects as they would be after an apply; nothing is kept."""
        return self.read([*_APPLY, "--dry-run=server"], _joined(files))

    def apply(self, files: Iterable[RenderedFile]) -> None:
        """Make objects what the files say; fields that they no longer name are gone, and those of others stay."""
        self._change(_APPLY, _joined(files))

    def delete(self, one: Json) -> None:
        """Delete an object, if it is there."""
        group, slash, _ = one["apiVersion"].rpartition("/")
        kind = f"{one['kind'].lower()}.{group}" if slash else one["kind"].lower()
        self._change(["delete", "--ignore-not-found", "--wait=false", "--", f"{kind}/{one['metadata']['name']}"])

    def _change(self, words: Sequence[str], data: str | None = None) -> None:
        answer = self.run(words, data)
        if answer.status:
            raise DeployFailed(f"kubectl {words[0]}: {answer.said}", hint_for(answer))


def hint_for(answer: ToolAnswer) -> str:
    """Return what helps against what kubectl complains of."""
    if "orbidden" in answer.said:
        return "`kubectl auth can-i --list` says what you may do there"
    if "unknown field" in answer.said:
        return "the cluster may be older than the fields that GTO writes"
    return ""


def _joined(files: Iterable[RenderedFile]) -> str:
    return "---\n".join(one.text for one in files)
