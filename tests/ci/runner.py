"""A runner of workflows and composite actions, as GitHub, Gitea and Forgejo have them, as far as ours need it.

A run has its variables from the environments beside this file, a depth-1 checkout of a bare repository, and programs
that stand for those of a cloud: see programs.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.ci import channels, recorded
from tests.ci.expression import Values, fill, holds

if TYPE_CHECKING:
    from tests.ci.origin import Origin

ROOT = Path(__file__).parent.parent.parent
GTO = "ada/gto@v1"
"""The address by which the workflows of these tests use the action of this project."""
_TIME_LIMIT = 120


@dataclass(slots=True)
class Run:
    """One job that runs."""

    remote: Origin
    ref: str
    place: Path
    programs: Path
    forge: str = "github"
    scripts: Path | None = None
    """What the repository has in scripts/."""
    log: str = ""
    """What the steps printed, on both streams."""
    used: list[str] = field(default_factory=list)
    """The actions of others that were asked for, and are not run."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """The outputs of the steps that have an id."""
    _count: int = 0

    @property
    def checkout(self) -> Path:
        """Where actions/checkout puts the repository."""
        return self.place / "checkout"

    def workflow(self, definition: Values, **values: Values) -> None:
        """Run the one job of a workflow."""
        (job,) = definition["jobs"].values()
        self.job({**job, "env": {**definition.get("env", {}), **job.get("env", {})}}, **values)

    def job(self, definition: Values, **values: Values) -> None:
        """Run the steps of a job, one after another; an AssertionError where one fails."""
        env = _filled(definition.get("env", {}), values)
        for step in definition["steps"]:
            self.step(step, {**values, "steps": {key: {"outputs": found} for key, found in self.outputs.items()}}, env)

    def step(self, step: Values, values: Values, env: dict[str, str]) -> None:
        """Run one step, if its condition holds."""
        if not holds(step.get("if"), {**values, "env": env}):
            return
        env = {**env, **_filled(step.get("env", {}), {**values, "env": env})}
        found: dict[str, str] = {}
        if "run" in step:
            found = self.run(step, {**values, "env": env}, env)
        elif step["uses"].startswith("actions/checkout@"):
            self.check_out(_filled(step.get("with", {}), values))
        elif step["uses"] == GTO:
            found = self.action(ROOT, _filled(step.get("with", {}), values), env)
        else:
            self.used.append(step["uses"])
        if "id" in step:
            self.outputs[step["id"]] = found

    def check_out(self, given: dict[str, str]) -> None:
        """Do what actions/checkout does: of one commit, or of all with `fetch-depth: 0`."""
        repo = self.remote.checkout(self.checkout, self.ref)
        if given.get("fetch-depth") == "0":
            repo.git("fetch", "--quiet", "--force", "--tags", "--unshallow", "origin")
        if self.scripts is not None:
            shutil.copytree(self.scripts, self.checkout / "scripts")

    def action(self, root: Path, given: dict[str, str], env: dict[str, str]) -> dict[str, str]:
        """Run a composite action; the outputs that it declares."""
        action = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))
        assert set(given) <= set(action["inputs"]), "GitHub warns of inputs that an action does not have"
        inputs = {key: given.get(key, str(one.get("default", ""))) for key, one in action["inputs"].items()}
        self._count += 1
        inner = Run(self.remote, self.ref, self.place, self.programs, self.forge, _count=100 * self._count)
        for step in action["runs"]["steps"]:
            assert "run" not in step or step.get("shell"), "a step of a composite action names its shell"
            steps = {key: {"outputs": found} for key, found in inner.outputs.items()}
            inner.step(step, {"inputs": inputs, "steps": steps}, {**env, "GITHUB_ACTION_PATH": str(root)})
        self.log += inner.log
        steps = {key: {"outputs": found} for key, found in inner.outputs.items()}
        return {key: fill(one["value"], {"steps": steps}) for key, one in action["outputs"].items()}

    def run(self, step: Values, values: Values, env: dict[str, str]) -> dict[str, str]:
        """Run a step's script as the runner does, from a file; its outputs."""
        self._count += 1
        scratch = self.place / f"step{self._count}"
        scratch.mkdir()
        script = scratch / "script.sh"
        script.write_text(fill(step["run"], values), encoding="utf-8")
        bash = ["--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["-e"]
        told = recorded.job(self.forge, self.ref, "0" * 40, scratch)
        path = f"{self.programs}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", *bash, str(script)],
            cwd=self.checkout / fill(step.get("working-directory", "."), values),
            env={**os.environ, **told.env, "RUNNER_TEMP": str(self.place / "temp"), **env, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIME_LIMIT,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace")
        self.log += text
        assert done.returncode == 0, f"exit code {done.returncode}: {text}"
        return channels.github((scratch / "output").read_bytes().decode())


def read(path: Path, uses: str = GTO) -> dict[str, Any]:
    """A workflow; the line that uses GTO's action made to use ours."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"uses: (?:iterative/gto-action@v2|(?:https://\S+/)?OWNER/gto@\S+)", f"uses: {uses}", text)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def starts(workflow: Values, ref: str) -> bool:
    """Whether the push of a ref starts a workflow.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, "filter patterns".
    """
    (triggers,) = [
        value for key, value in workflow.items() if str(key) in {"on", "True"}
    ]  # `on` is a truth in YAML 1.1
    push = triggers.get("push") if isinstance(triggers, dict) else None
    if not isinstance(push, dict):
        return "push" in triggers
    kind, name = (
        ("tags", ref.removeprefix("refs/tags/")) if "/tags/" in ref else ("branches", ref[len("refs/heads/") :])
    )
    if kind not in push:
        return not {"tags", "branches"} & set(push)
    last = False
    for pattern in push[kind]:
        if re.fullmatch(_pattern(pattern.removeprefix("!")), name):
            last = not pattern.startswith("!")
    return last


def _pattern(text: str) -> str:
    words = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+", "[": "[", "]": "]"}
    return "".join(words.get(part, re.escape(part)) for part in re.findall(r"\*\*|.", text))


def _filled(given: Values, values: Values) -> dict[str, str]:
    return {key: fill(value, values) for key, value in given.items()}
