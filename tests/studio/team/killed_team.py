"""A script: two workers and two web servers on one database, one of which is killed again and again while tags come."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from gto.studio.team.serve import TeamReader, TeamStudio
from gto.studio.team.serve_options import ServeOptions, TeamSettings, WorkerSettings

ROLES = ("worker-1", "worker-2", "web-1", "web-2")


def main(place: Path, url: str, git: str, kills: int) -> None:
    """Kill so many, and say who was killed when."""
    chance = random.Random(kills)  # noqa: S311  no secret
    running = {role: start(role, place, url) for role in ROLES}
    killed: dict[int, float] = {}
    repos = sorted((place / "repos").iterdir())
    time.sleep(1.0)
    for number in range(kills):
        repo = chance.choice(repos)
        for name in (f"churn@v1.{number}.0", f"churn#prod#{number + 100}"):
            subprocess.run([git, "-C", repo, "tag", "--annotate", "--message=more", name, "HEAD"], check=True)
        if number % 3 == 2:
            gone = f"churn#prod#{number + 99}"
            for one in repos:
                subprocess.run([git, "-C", one, "tag", "--delete", gone], check=False, stdout=-3, stderr=-3)
        time.sleep(chance.uniform(0, 0.7))
        role = chance.choice(ROLES[:3] if number % 2 else ROLES)
        killed[running[role]] = time.time()
        os.kill(running[role], signal.SIGKILL)
        os.waitpid(running[role], 0)
        running[role] = start(role, place, url)
    (place / "killed.json").write_text(json.dumps(killed), encoding="utf-8")
    sys.stdin.read()  # until the test has seen that all is read
    for pid in running.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def start(role: str, place: Path, url: str) -> int:
    """Start one process, of a server that is public."""
    child = os.fork()
    if child:
        return child
    sys.stdin.close()
    jobs = 2 if role.startswith("worker") else 0
    options = ServeOptions(
        str(place / "data"),
        url,
        port=0,
        catalog=str(place / "team.yaml"),
        team=TeamSettings(public=("*",), reading=WorkerSettings(jobs, every=1.0)),
        log_level="warning",
    )
    if jobs:
        TeamReader(options).run(lambda _: None)
    else:
        TeamStudio(options).run(lambda text: note(place / role, text), lambda _: None)
    os._exit(0)


def note(path: Path, text: str) -> None:
    """Say where a server is, whole."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
