"""Backstage's own judgement of entities: the package of npm that its catalogue uses, installed under `.reference`."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.environment import INSTALL_SECONDS, PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PACKAGE = "@backstage/catalog-model@1.10.1"
SCRIPT = """\
const model = require("@backstage/catalog-model");
const kinds = [model.componentEntityV1alpha1Validator, model.resourceEntityV1alpha1Validator];
const policies = [
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
];
async function judge(entity) {
  try {
    for (const policy of policies) entity = await policy.enforce(entity);
    const known = await Promise.all(kinds.map(kind => kind.check(entity)));
    return known.some(Boolean) ? null : "no kind that is known";
  } catch (error) {
    return String(error);
  }
}
const entities = JSON.parse(require("fs").readFileSync(0));
Promise.all(entities.map(judge)).then(found => console.log(JSON.stringify(found)));
"""


def judge(entities: Sequence[dict[str, Any]]) -> list[str | None]:
    """What Backstage has against each entity; None where it takes it."""
    place = _installed()
    done = subprocess.run(
        ["node", "-e", SCRIPT],
        cwd=place,
        input=json.dumps(entities).encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    found: list[str | None] = json.loads(done.stdout)
    return found


def _installed() -> Path:
    """The directory that has the package; whoever comes first installs it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("needs npm and node: apt-get install npm")
    root = PLACE / "backstage"
    root.mkdir(parents=True, exist_ok=True)
    with (PLACE / "backstage.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "node_modules/@backstage/catalog-model").exists():
            argv = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(root), PACKAGE]
            subprocess.run(argv, check=True, timeout=INSTALL_SECONDS, capture_output=True)
    return root
