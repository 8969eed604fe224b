"""`hf download` of 200 files from Studio beside the same files from nginx, in one run.

nginx answers as a Hub of one version would: the answers about the version are files, too. Once the files are in Git,
once in a store of DVC's beside the repository. The aim: at most 1.3 times nginx's time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.file_servers import FileServer, nginx, studio
from benchmarks.measure import Cost, median, run
from benchmarks.run import ROOT, environment
from tests.environment import make_environment
from tests.hub_clients import NEWEST

COUNT, SIZE = 200, 64 << 10
AIM = 1.3
CAP = 300.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each, for the median")
    runs = parser.parse_args().runs
    hf = make_environment(*NEWEST).parent / "hf"
    home = ROOT / ".reference" / "hub-bench"
    print(f"==> hf download of {COUNT} files of {SIZE >> 10} kB; load {os.getloadavg()[0]:.1f}", flush=True)
    for kept_in in ("git", "dvc"):
        compare(home / kept_in, kept_in, hf, runs)
    print(f"    load at the end {os.getloadavg()[0]:.1f}")


def compare(home: Path, kept_in: str, hf: Path, runs: int) -> None:
    """Measure both servers, and print a line for each."""
    repo = make_repository(home, kept_in)
    with studio(home / "studio", repo) as ours, nginx(home / "nginx", locations(home, ours), "/probe") as theirs:
        servers = {"nginx": theirs, "studio": ours}
        for server in servers.values():
            download(home, hf, server)  # both have all in memory then, and Studio knows the digests
        costs: dict[str, list[Cost]] = {name: [] for name in servers}
        for _ in range(runs):  # by turns: what else the machine does concerns both
            for name, server in servers.items():
                costs[name].append(download(home, hf, server))
        times = {name: median(found) for name, found in costs.items()}
        ratio = times["studio"].wall / times["nginx"].wall
        for name, cost in times.items():
            print(f"    {kept_in}: {name:7} {cost.wall:6.2f} s, the client's CPU {cost.cpu:.2f} s")
        print(f"    {kept_in}: {ratio:.2f} times nginx (aim: {AIM}); memory {ours.memory >> 20} MB", flush=True)


def download(home: Path, hf: Path, server: FileServer) -> Cost:
    """Download all into an empty directory."""
    shutil.rmtree(home / "target", ignore_errors=True)
    env = {**environment(), "HF_ENDPOINT": f"{server.url}/hf", "HF_HOME": str(home / "hf"), "HF_TOKEN": server.token}
    cost = run([str(hf), "download", "bench/files", "--local-dir", "target"], home, {**env, **QUIET}, CAP)
    if sum(one.name.startswith("f") for one in (home / "target").iterdir()) != COUNT:
        raise SystemExit("files are missing")
    return cost


QUIET = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def make_repository(home: Path, kept_in: str) -> Path:
    """Make a repository with one version of the files, anew."""
    shutil.rmtree(home, ignore_errors=True)
    repo, store, files = home / "repo", home / "store", home / "files"
    for one in (repo / ".dvc", files):
        one.mkdir(parents=True)
    listing = []
    for number in range(COUNT):
        body = hashlib.sha256(str(number).encode()).digest() * (SIZE // 32)
        (files / f"f{number:03}").write_bytes(body)
        mark = hashlib.md5(body, usedforsecurity=False).hexdigest()
        listing.append({"md5": mark, "relpath": f"f{number:03}"})
    (repo / "artifacts.yaml").write_text("files: {path: files, type: model}\n", encoding="utf-8")
    if kept_in == "git":
        shutil.copytree(files, repo / "files")
    else:
        (home / "listing").write_text(json.dumps(listing), encoding="utf-8")
        digest = hashlib.md5((home / "listing").read_bytes(), usedforsecurity=False)
        mark = f"{digest.hexdigest()}.dir"
        for one in listing:
            keep(store, one["md5"], files / one["relpath"])
        keep(store, mark, home / "listing")
        (repo / "files.dvc").write_text(f"outs: [{{md5: {mark}, hash: md5, path: files}}]\n", encoding="utf-8")
    register(home, repo)
    return repo


def register(home: Path, repo: Path) -> None:
    """Commit all, and register `files`; the server's own configuration knows the store."""
    config = "[core]\n    remote = far\n['remote \"far\"']\n    url = ../../store\n"
    (repo / ".dvc/config").write_text(config, encoding="utf-8")
    (home / "dvc").mkdir()
    (home / "dvc/config").write_text(f"['remote \"files\"']\n    url = {home}/store\n", encoding="utf-8")
    os.environ["DVC_GLOBAL_CONFIG_DIR"] = str(home / "dvc")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "files"]):
        subprocess.run(["git", *words], cwd=repo, env=environment(), check=True)
    argv = [sys.executable, "-m", "gto", "register", "files"]
    subprocess.run(argv, cwd=repo, env=environment(), check=True, capture_output=True)


def keep(store: Path, mark: str, source: Path) -> None:
    """Put a file into a store of DVC's."""
    place = store / "files/md5" / mark[:2] / mark[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.hardlink_to(source)


def locations(home: Path, ours: FileServer) -> str:
    """Return how nginx answers as a Hub that has this one version."""
    api, answers = "/hf/api/models/bench/files", home / "answers"
    answers.mkdir(exist_ok=True)
    (answers / "probe").write_text("", encoding="utf-8")
    (answers / "info.json").write_bytes(asked(ours, f"{api}/revision/main"))
    commit = json.loads((answers / "info.json").read_bytes())["sha"]
    (answers / "tree.json").write_bytes(asked(ours, f"{api}/tree/{commit}?recursive=true&expand=false"))
    return f"""
        location = /probe {{ alias {answers}/probe; }}
        location = {api}/revision/main {{ default_type application/json; alias {answers}/info.json; }}
        location = {api}/tree/{commit} {{ default_type application/json; alias {answers}/tree.json; }}
        location /hf/bench/files/resolve/{commit}/ {{ alias {home}/files/; add_header X-Repo-Commit {commit}; }}
"""


def asked(server: FileServer, path: str) -> bytes:
    """What Studio answers."""
    request = urllib.request.Request(server.url + path, headers={"authorization": f"Bearer {server.token}"})  # noqa: S310  ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  ours
        return bytes(answer.read())


if __name__ == "__main__":
    main()
