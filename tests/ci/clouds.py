"""The workflows of examples, run beside programs that stand for those of clouds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.ci import gh, programs, runner
from tests.ci.runner import ROOT, Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.expression import Values
    from tests.ci.origin import Origin

EXAMPLES = ROOT / "integrations/examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yml"))
ON_TAGS = [name for name in NAMES if name not in {"compare-on-pull-request", "roll-back"}]
VARS = {
    "AWS_REGION": "eu-west-1",
    "BUCKET": "bucket",
    "HEROKU_APP": "shop",
    "HOST": "deploy@vm.example.com",
    "IMAGES": "images.example.com/ada",
    "IMAGES_USER": "ada",
    "MODELS": "s3://bucket/models",
    "SAGEMAKER_ROLE": "arn:aws:iam::1:role/sagemaker",
    "SERVING_IMAGE": "1.dkr.ecr.eu-west-1.amazonaws.com/serve:1",
}
SECRETS = {
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "ENVIRONMENTS_TOKEN": "token",
    "HEROKU_API_KEY": "key",
    "IMAGES_PASSWORD": "pass $word",
    "KUBE_CONFIG": "apiVersion: v1\nkind: Config",
    "SSH_KEY": "key",
    "SSH_KNOWN_HOSTS": "vm.example.com ssh-ed25519 key",
}
SSH = 'while [ "$1" != -- ]; do shift; done; shift 2; cd "$REMOTE_HOME"; exec sh -c "$*"'  # what is left: its words
KUBECTL = 'cat "$KUBECONFIG" >"${0%/*}/config"; [ "$1" != patch ] || echo "inferenceservice/churn patched"'


def clouds(place: Path, state: Path, **scripts: str) -> Path:
    """The programs of clouds, which stand for themselves; that of GitHub keeps its state in a file."""
    usual = {
        "docker": "cat >/dev/null",
        "gh": f'exec {sys.executable} {gh.__file__} {state} "$@"',
        "kubectl": KUBECTL,
        "sleep": ":",
        "ssh": SSH,
    }
    return programs.make(place / "bin", "aws", "curl", "heroku", **{**usual, **scripts})


def follow(name: str, remote: Origin, ref: str, place: Path, **values: Values) -> tuple[Run, list[list[str]]]:
    """What an example's workflow does when a ref is pushed: the run, and the calls of the programs of clouds."""
    return go(name, remote, ref, clouds(place, place / "github.json"), **values)


def go(name: str, remote: Origin, ref: str, stubs: Path, **values: Values) -> tuple[Run, list[list[str]]]:
    """The same with these programs."""
    workflow = runner.read(EXAMPLES / f"{name}.yml")
    place = stubs.parent
    run = Run(remote, ref, place, stubs, scripts=EXAMPLES)
    run.workflow(workflow, **{"vars": VARS, "secrets": SECRETS, **values})
    return run, programs.calls(stubs)
