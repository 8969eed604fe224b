"""The pre-receive hook at 10,000 tags: what it costs to judge a signed promotion, and a push of 1,000 tags.

The push is simulated: the objects are there already, as in the quarantine, and the hook gets its lines on stdin.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import repeat, run
from benchmarks.registry import shape_of
from benchmarks.run import NAME, environment, make_apart
from tests.environment import make_environment

ROOT = Path(__file__).parent.parent
TAGS = 10_000
POLICY = """
groups: {leads: [ada@example.com]}
signing: {allowed_signers: signers}
rules:
- {name: production, stages: prod, who: [leads], signed: true, branch: main, prereleases: false}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs, for the median")
    parser.add_argument("--cap", type=float, default=120, help="seconds that a run may take")
    options = parser.parse_args()
    ours = make_environment("gto-bench", [f"{ROOT}[verify]"], anew=True).parent / "gto"
    source = ROOT / ".reference" / f"registry-{TAGS}"
    make_apart(source, shape_of(TAGS))
    print(f"==> the pre-receive hook, {TAGS:,} tags")
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "models.git"
        for name, count in (("a signed promotion", 1), ("1,000 registrations", 1000)):
            shutil.rmtree(place, ignore_errors=True)
            prepare(Path(scratch), source, place, count)
            words = ["sh", "-c", f"exec '{ours}' hook run pre-receive < lines"]
            cost = repeat(partial(run, words, place, environment(), options.cap), options.runs)
            print(f"    {name:20} {cost.wall:7.3f} s {cost.cpu:7.3f} CPU-s {cost.memory / 1e6:6.0f} MB", flush=True)


def prepare(scratch: Path, source: Path, place: Path, count: int) -> None:
    """Make a bare copy with a policy, objects of new tags, and the lines that name them."""

    def git(*args: str, data: str = "", cwd: Path = place) -> str:
        env = environment() | {"GIT_COMMITTER_DATE": f"{int(time.time())} +0000"}
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "gpg.format=ssh"]
        argv = ["git", *identity, "-c", f"user.signingKey={scratch / 'key'}", *args]
        done = subprocess.run(argv, cwd=cwd, env=env, input=data, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    key = scratch / "key"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    work = scratch / "work"
    shutil.rmtree(work, ignore_errors=True)
    git("clone", "--quiet", str(source), str(work), cwd=scratch)
    (work / ".gto.policy.yaml").write_text(POLICY, encoding="utf-8")
    (work / "signers").write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}", encoding="utf-8")
    git("add", "-A", cwd=work)
    git("commit", "--quiet", "-m", "policy", cwd=work)
    git("clone", "--quiet", "--mirror", str(work), str(place), cwd=scratch)
    head = git("rev-parse", "HEAD")
    refs = [f"{NAME}#prod#9999"] if count == 1 else [f"new-{number}@v1.0.0" for number in range(count)]
    lines = []
    for ref in refs:
        git("tag", "-s" if count == 1 else "-a", "-m", "a tag", ref, head)
        lines.append(f"{'0' * 40} {git('rev-parse', f'refs/tags/{ref}')} refs/tags/{ref}\n")
    git("update-ref", "--stdin", data="".join(f"delete refs/tags/{ref}\n" for ref in refs))
    (place / "lines").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
