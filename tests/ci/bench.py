"""Where an example's script runs by itself, without a workflow, beside programs that stand for those of clouds."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.ci import programs
from tests.ci.clouds import EXAMPLES, SSH

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = {
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_REGION": "eu-west-1",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "APP": "shop",
    "BUCKET": "bucket",
    "COMMIT": "c0ffee",
    "GH_TOKEN": "token",
    "HEROKU_API_KEY": "key",
    "HOST": "vm",
    "IMAGE": "serve:1",
    "IMAGES": "ghcr.io/ada",
    "KUBE_CONFIG": "config",
    "MODEL": "model.pkl",
    "MODELS": "s3://bucket/models",
    "NAME": "churn",
    "ROLE": "arn:aws:iam::1:role/sagemaker",
    "SSH_KEY": "key",
    "SSH_KNOWN_HOSTS": "vm",
    "STAGE": "prod",
    "VERSION": "v1.0.0",
}
KUBECTL = '[ "$1" != patch ] || echo "(no change)"'
AWS = 'case "$1 $2" in "s3 cp") cp "$3" "$REMOTE_HOME/uploaded.tar.gz" ;; esac'


class Bench:
    """A checkout with one file, the machine and the repository that a script changes, and the calls of its programs."""

    def __init__(self, root: Path) -> None:
        self.machine, self.work, self.stubs = root / "machine", root / "work", root / "bin"
        for path in (self.machine, self.work):
            path.mkdir(parents=True)
        (self.work / "model.pkl").write_text("weights\n", encoding="utf-8")
        programs.make(self.stubs, "docker", "gh", "heroku", "sleep", aws=AWS, kubectl=KUBECTL, ssh=SSH)

    def run(self, name: str, **given: str) -> subprocess.CompletedProcess[str]:
        """An example's script with words in the place of the usual ones."""
        env = {**os.environ, **GIVEN, "REMOTE_HOME": str(self.machine), **given}
        env["PATH"] = f"{self.stubs}:{os.environ['PATH']}"
        script = ["sh", str(EXAMPLES / f"{name}.sh")]
        return subprocess.run(
            script, cwd=self.work, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )

    def target(self, name: str, **given: str) -> str:
        """What a script changes in a cloud: a word of its last call."""
        before = len(programs.calls(self.stubs))
        done = self.run(name, **given)
        assert done.returncode == 0, done.stderr
        calls = programs.calls(self.stubs)[before:]
        return calls[-1][2].partition("/")[2] if name == "deploy-kserve" else calls[-1][-1]

    def refuses(self, name: str, **given: str) -> str:
        """What a script says that refuses, before it has called anything."""
        before = programs.calls(self.stubs)
        done = self.run(name, **given)
        assert done.returncode != 0
        assert programs.calls(self.stubs) == before
        return done.stderr
