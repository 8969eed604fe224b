"""A DVC project of two versions whose metrics, parameters and plots DVC keeps, built by the real DVC in one process.

It is a script: `outside.py PLACE` builds the project `PLACE/project` with the remote `PLACE/storage`, and writes what
DVC says of the difference of `v1` and `v2` to `PLACE/oracle.json`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

from dvc.cli import main as dvc_main  # type: ignore[import-not-found]  # it is not there where mypy runs

DVC_YAML = """\
stages:
  t:
    cmd: sh t.sh
    params: [k]
    outs: [out]
    metrics: [eval/m.json]
    plots: [eval/p.csv: {x: step}, curves]
metrics: [eval, out/deep, tracked.json, old.json]
params: [hyper.yaml]
plots: [both: {x: step, y: {eval/p.csv: v}}]
artifacts: {churn: {path: out}}
"""
SCRIPT = """\
k=$(cut -c4- params.yaml)
mkdir -p out/deep/more eval curves
echo "{\\"a\\": $k}" > out/deep/x.json
echo "b: $k" > out/deep/more/y.yaml
echo "{\\"c\\": $k}" > out/z.json
echo "{\\"acc\\": 0.$k}" > eval/m.json
printf 'step,v\\n1,%s\\n2,3\\n' $k > eval/p.csv
printf 'step\\tw\\n1\\t%s\\n2\\t3\\n' $k > curves/c.tsv
"""


def dvc(*args: str) -> None:
    """Run a DVC command here."""
    words = io.StringIO()
    with contextlib.redirect_stderr(words), contextlib.redirect_stdout(words):
        code = dvc_main(list(args))
    if code:
        raise RuntimeError(f"dvc {' '.join(args)}: {words.getvalue()}")


def asked(kind: str) -> object:
    """What a DVC of its own says; this process keeps what it read of a commit."""
    argv = [sys.executable, "-m", "dvc", kind, "diff", "--json", "v1", "v2"]
    return json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)


def git(*args: str) -> None:
    """Run git here."""
    subprocess.run(["git", *args], check=True, capture_output=True)


def write(name: str, text: str) -> None:
    """Write a file as it is given."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def keep_as_dvc_2(name: str, text: str) -> None:
    """Have DVC keep a text as it did before version 3, its hash made without carriage returns."""
    from dvc_data.hashfile.hash import fobj_md5  # type: ignore[import-not-found]  # as above

    value = fobj_md5(io.BytesIO(text.encode()), name="md5-dos2unix")
    write(f"{name}.dvc", f"outs:\n- md5: {value}\n  size: {len(text)}\n  path: {name}\n")
    write(f".dvc/cache/{value[:2]}/{value[2:]}", text)


def build(place: Path) -> None:
    """Make the project."""
    project = place / "project"
    project.mkdir()
    os.chdir(project)
    git("init", "--quiet")
    dvc("init")
    dvc("remote", "add", "--default", "storage", "../storage")
    write("dvc.yaml", DVC_YAML)
    write("t.sh", SCRIPT)
    for number in (1, 2):
        write("params.yaml", f"k: {number}\n")
        write("hyper.yaml", f"lr: {number}\ndeep: {{a: [{number}]}}\n")
        write("tracked.json", json.dumps({"t": {"u": number}}))
        keep_as_dvc_2("old.json", f'{{\r\n"o": {number}\r\n}}')
        dvc("add", "tracked.json", "hyper.yaml")
        dvc("repro")
        git("add", "--all")
        git("commit", "--quiet", f"--message=v{number}")
        git("tag", f"v{number}")
        # In a process of its own, and not with --all-commits: of other commits, DVC sees the remote's path from `/`.
        subprocess.run([sys.executable, "-m", "dvc", "push"], check=True, capture_output=True)


if __name__ == "__main__":
    PLACE = Path(sys.argv[1])
    build(PLACE)
    ORACLE = {kind: asked(kind) for kind in ("metrics", "params", "plots")}
    (PLACE / "oracle.json").write_text(json.dumps(ORACLE), encoding="utf-8")
