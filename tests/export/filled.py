"""A registry with everything that a format has to tell of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.stories.healthy import done

if TYPE_CHECKING:
    from tests.repo import Repo

HOSTILE = '=cmd|"/C calc"!A1 `tick` | pipe <script>alert(1)</script> [x](javascript:1) \u202e ##vso[task.x]'
NOTES = f"""\
artifacts:
  churn:
    path: models/churn.bin
    type: model
    desc: Who will leave
    labels: [tabular, Weekly_Report]
    meta: {{owner: 'group:default/ml', license: Apache-2.0}}
  trap:
    path: "=trap.bin"
    type: model
    desc: {json.dumps(HOSTILE)}
  table:
    path: data/table.csv
    type: dataset
"""


def fill(repo: Repo) -> None:
    """Make `churn` with three versions, `eu:churn` with one and a commit in a stage, `trap`, `gone`, `table`."""
    repo.commit("first", {"dvc.yaml": NOTES, "models/churn.bin": "one", "data/table.csv": "a,b\n", "=trap.bin": "x"})
    done(repo.gto("register", "churn", "--version", "v1.9.0"))
    done(repo.gto("assign", "churn", "--version", "v1.9.0", "--stage", "prod"))
    repo.commit("second", {"models/churn.bin": "two", "eu/dvc.yaml": "artifacts: {churn: {path: m, desc: EU}}\n"})
    done(repo.gto("register", "churn", "--version", "v1.10.0", "-m", "@SUM(1)\r\nsecond line"))
    done(repo.gto("assign", "churn", "--version", "v1.10.0", "--stage", "dev"))
    done(repo.gto("register", "trap", "--version", "v0.0.1", "-m", HOSTILE))
    done(repo.gto("register", "eu:churn"))
    repo.commit("third")
    done(repo.gto("assign", "eu:churn", "--stage", "dev", "--skip-registration"))
    done(repo.gto("register", "churn", "--version", "v2.0.0-rc.1"))
    done(repo.gto("deprecate", "churn", "v1.9.0"))
    done(repo.gto("register", "gone"))
    done(repo.gto("deprecate", "gone"))
