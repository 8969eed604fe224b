"""`gto verify --all` on 1,000 tags signed with SSH keys, beside `git verify-tag` on the same, in one run."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import repeat, run
from benchmarks.registry import START
from benchmarks.run import ROOT, environment, show
from tests.environment import make_environment

TAGS = 1000
KEYS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of ours, for the median")
    parser.add_argument("--git-runs", type=int, default=1, help="runs of git, for the median")
    parser.add_argument("--cap", type=float, default=300, help="seconds that a run may take")
    options = parser.parse_args()
    place = ROOT / ".reference" / "registry-signed"
    print(f"==> {TAGS:,} tags signed with {KEYS} SSH keys")
    gto = make_environment("gto-bench-verify", [f"{ROOT}[verify]"], anew=True).parent / "gto"
    make(place)
    env = signing_environment(place)
    mine = repeat(partial(run, [str(gto), "verify", "--all", "--plain"], place, env, options.cap), options.runs)
    shown = repeat(partial(run, [str(gto), "show", "--require-signed"], place, env, options.cap), options.runs)
    plain = repeat(partial(run, [str(gto), "show"], place, env | {"GTO_CACHE": "false"}, options.cap), options.runs)
    tags = subprocess.run(["git", "tag"], cwd=place, check=True, capture_output=True, text=True).stdout.split()
    theirs = repeat(partial(run, ["git", "verify-tag", *tags], place, env, options.cap), options.git_runs)
    print(f"    gto verify --all           {show(mine)}")
    print(f"    gto show --require-signed  {show(shown)}")
    print(f"    gto show                   {show(plain)}")
    print(f"    git verify-tag             {show(theirs)}")
    print(f"    gto verify --all = {mine.cpu / theirs.cpu:.3f} git verify-tag")


def make(place: Path) -> None:
    """Make the registry at `place`, signed by git itself; done before, nothing is done."""
    done = place / ".git" / "made"
    if done.exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    env = signing_environment(place)
    subprocess.run(["git", "init", "--quiet"], cwd=place, check=True)
    signers = []
    for number in range(KEYS):
        key = place / ".git" / f"key-{number}"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
        signers.append(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    (place / ".git" / "signers").write_text("".join(signers))
    for number in range(TAGS):
        moment = {
            "GIT_AUTHOR_DATE": f"{START + number * 60} +0000",
            "GIT_COMMITTER_DATE": f"{START + number * 60} +0000",
        }
        if number % 10 == 0:
            words = ["git", "commit", "--quiet", "--allow-empty", "--message", f"Train, run {number}"]
            subprocess.run(words, cwd=place, env=env | moment, check=True)
        tag = f"model-{number % 10}@v{number // 100}.{number // 10 % 10}.0"
        key = place / ".git" / f"key-{number % KEYS}"
        words = ["git", "-c", f"user.signingKey={key}", "tag", "--sign", "--message", f"Registering {tag}", tag]
        subprocess.run(words, cwd=place, env=env | moment, check=True)
    subprocess.run(["git", "gc", "--quiet"], cwd=place, check=True)
    done.touch()


def signing_environment(place: Path) -> dict[str, str]:
    """Return the variables for all: an identity, SSH signatures, and whose keys count."""
    settings = {"gpg.format": "ssh", "gpg.ssh.allowedSignersFile": os.fspath(place / ".git" / "signers")}
    found = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment() | found


if __name__ == "__main__":
    main()
