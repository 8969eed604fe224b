"""A process that has imported MLflow and GTO, run as a script: for each line of JSON it forks, and the child is `gto`.

MLflow takes seconds to import. A line holds `args`, `cwd`, `env`, and the files for `stdout` and `stderr`; the answer
is a line with the exit code.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn


def main() -> None:
    """Answer until stdin ends."""
    for name in (
        "gto.cli.main",
        "gto.importers.mlflow.import_registry",
        "mlflow",
        "mlflow.store.model_registry.sqlalchemy_store",
        "mlflow.store.tracking.sqlalchemy_store",
        "mlflow.store.artifact.artifact_repository_registry",
    ):
        with suppress(ImportError):  # of another release
            import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become_gto(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  the answer


def become_gto(wanted: dict[str, object]) -> NoReturn:
    """Be the `gto` that is wanted."""
    os.chdir(str(wanted["cwd"]))
    env = wanted["env"]
    assert isinstance(env, dict)
    os.environ.clear()
    os.environ.update(env)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(str(wanted[name]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    args = wanted["args"]
    assert isinstance(args, list)
    from gto.cli.main import run

    run(args)


if __name__ == "__main__":
    main()
