"""A file of 1 GB through Studio beside the same file from nginx, in one run: speed, and Studio's memory.

The file is an object of a store of DVC's beside the repository. It is taken by curl, which throws it away, and by curl
as fast as a network of 10 Gbit/s would bring it. The aim: at least 0.8 times nginx's speed, and memory that stays flat.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.file_servers import FileServer, nginx, studio
from benchmarks.hub_download import keep, register
from benchmarks.run import ROOT

SIZE = 1 << 30
AIM = 0.8
NETWORK = 1250 << 20  # bytes a second


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of each, for the median")
    parser.add_argument("--size", type=int, default=SIZE, help="bytes")
    options = parser.parse_args()
    home = ROOT / ".reference" / "large-bench"
    print(f"==> a file of {options.size >> 20} MB; load {os.getloadavg()[0]:.1f}", flush=True)
    repo = make_repository(home, options.size)
    paths = {"hub": "/hf/bench/files/resolve/main/model.bin", "plain": "/dl/bench/files/main/model.bin"}
    with studio(home / "studio", repo) as ours, nginx(home / "nginx", f"root {home}/files;", "/probe") as theirs:
        before = ours.memory
        take(theirs, "/model.bin", options.size)
        take(ours, paths["plain"], options.size)  # its digests are known then
        for limit in (0, NETWORK):
            told = "unlimited" if not limit else f"{limit >> 20} MB/s"
            base = median(theirs, "/model.bin", options, limit)
            print(f"    {told}: nginx  {base:6.0f} MB/s", flush=True)
            for name, path in paths.items():
                speed = median(ours, path, options, limit)
                print(
                    f"    {told}: {name:6} {speed:6.0f} MB/s = {speed / base:.2f} times nginx (aim: {AIM})", flush=True
                )
        print(f"    memory before {before >> 20} MB, after {ours.memory >> 20} MB; load {os.getloadavg()[0]:.1f}")


def median(server: FileServer, path: str, options: argparse.Namespace, limit: int) -> float:
    """Return the speed in MB a second."""
    return statistics.median(take(server, path, options.size, limit) for _ in range(options.runs))


def take(server: FileServer, path: str, size: int, limit: int = 0) -> float:
    """Take the file once, and return the speed."""
    words = ["curl", "-sf", "-o", os.devnull, "-w", "%{size_download}", "-H", f"Authorization: Bearer {server.token}"]
    words += ["--limit-rate", str(limit)] if limit else []
    start = time.monotonic()
    done = subprocess.run([*words, server.url + path], check=True, capture_output=True, text=True)
    if int(done.stdout) != size:
        raise SystemExit(f"{path}: {done.stdout} bytes of {size}")
    return size / (time.monotonic() - start) / (1 << 20)


def make_repository(home: Path, size: int) -> Path:
    """Make a repository whose version is the file, anew."""
    shutil.rmtree(home, ignore_errors=True)
    repo, files = home / "repo", home / "files"
    (repo / ".dvc").mkdir(parents=True)
    files.mkdir()
    block, digest = os.urandom(1 << 20), hashlib.md5(usedforsecurity=False)
    with (files / "model.bin").open("wb") as file:
        for number in range(size >> 20):
            part = number.to_bytes(8, "big") + block[8:]
            file.write(part)
            digest.update(part)
    (files / "probe").write_text("", encoding="utf-8")
    mark = digest.hexdigest()
    keep(home / "store", mark, files / "model.bin")
    (repo / "artifacts.yaml").write_text("files: {path: model.bin, type: model}\n", encoding="utf-8")
    text = f"outs: [{{md5: {mark}, size: {size}, hash: md5, path: model.bin}}]\n"
    (repo / "model.bin.dvc").write_text(text, encoding="utf-8")
    register(home, repo)
    return repo


if __name__ == "__main__":
    main()
