"""GTO 1.10.1 as one process that answers many command lines, since it takes 0.4 s to start; run by its own Python.

A line of JSON on stdin is a command: `argv`, `cwd`, `env`. A line on stdout answers: `stdout`, `stderr`, `code`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import IO, Any


def main() -> None:
    """Answer until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    from gto.cli import app  # of GTO 1.10.1, not of this project

    for line in sys.stdin:
        question = json.loads(line)
        os.chdir(question["cwd"])
        for name in os.environ.keys() - question["env"].keys():
            del os.environ[name]
        os.environ.update(question["env"])
        answers.write(json.dumps(run(app, question["argv"])) + "\n")
        answers.flush()


def run(app: Any, argv: list[str]) -> dict[str, object]:  # noqa: ANN401 - a click command of the reference
    """Run one command line with both streams in files, below Python's own, as a shell would."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        kept = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            code = call(app, argv)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, copy in enumerate(kept, start=1):
                os.dup2(copy, number)
                os.close(copy)
        return {"stdout": text(out), "stderr": text(err), "code": code}


def call(app: Any, argv: list[str]) -> int:  # noqa: ANN401 - a click command of the reference
    """Return the exit code that the process would have had."""
    try:
        app.main(argv, prog_name="gto")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def text(file: IO[bytes]) -> str:
    """Read back what was printed."""
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    main()
