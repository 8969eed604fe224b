"""`make demo`: builds sample registries, walks through one with the commands of the README, and opens Studio on all."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import pages, sample, sample_catalog  # noqa: E402  found through the line above

TOUR = "## Five minutes of use"
_PATIENCE = 20
_OK = 200


def main(arguments: list[str]) -> int:
    """Build the sample at the path given, or at ./demo-registry, print the tour, and open Studio."""
    directory = Path(arguments[0]).resolve() if arguments else ROOT / sample.NAME
    catalogue = directory.with_name(sample_catalog.NAME)
    bin_directory = Path(sys.executable).parent
    env = sample.environment(str(bin_directory))
    try:
        sample.clear(directory)
        sample_catalog.clear(catalogue)
    except sample.NotOurs as error:
        print(error, file=sys.stderr)
        return 1
    print(f"==> A sample registry, with three months of history, in {_short(directory)}", flush=True)
    sample.build(directory, [str(bin_directory / "gto")], env)
    print("==> The tour of README.md, command by command, in a copy of it", flush=True)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / sample.NAME
        shutil.copytree(directory, copy)
        _tour(copy, env)
    print(f"\n==> Two more registries, and a catalogue of all three, in {_short(catalogue)}", flush=True)
    gto = bin_directory / "gto"
    catalog = sample_catalog.build(catalogue, directory, [str(gto)], env, int(time.time()))
    studio = [str(gto), "studio", "--catalog", str(catalog)]
    print("\n==> Your turn:")
    shown = _from(directory, gto)
    for command in (f"cd {_short(directory)}", f"{shown} show", f"{shown} history churn", f"{shown} --help"):
        print(f"    {command}")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _check(studio, env)
    print("\n==> Studio, on the catalogue; Ctrl-C ends it", flush=True)
    try:
        return subprocess.run(studio, env={**os.environ, "PATH": env["PATH"]}, check=False).returncode
    except KeyboardInterrupt:
        return 0


def _check(studio: list[str], env: dict[str, str]) -> int:
    """Start Studio, ask whether it is well, and stop it."""
    with subprocess.Popen([*studio, "--no-open", "--port", "0"], env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline() if process.stdout else ""
            with urllib.request.urlopen(f"{address.partition('/models')[0]}/health", timeout=_PATIENCE) as answer:  # noqa: S310  its own address
                is_well = answer.status == _OK
        finally:
            process.terminate()
            process.wait(_PATIENCE)
    print("\n==> Studio started on the catalogue, answered and was stopped; in a terminal it stays open", flush=True)
    return 0 if is_well else 1


def _tour(directory: Path, env: dict[str, str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tour = text.partition(f"\n{TOUR}\n")[2].partition("\n## ")[0]
    steps = [
        item
        for item in pages.parse(tour)
        if isinstance(item, pages.Step) and not item.command.startswith(("make", "cd"))
    ]
    for step, output in zip(steps, pages.run(steps, directory, env, program="sh"), strict=True):
        print(f"\n$ {step.command}\n{output}", end="", flush=True)


def _short(path: Path) -> str:
    """Return a path as it is typed here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _from(directory: Path, program: Path) -> str:
    """Return how to start a program from a directory: relative where both are in the checkout."""
    return os.path.relpath(program, directory) if directory.is_relative_to(ROOT) else str(program)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an ASCII terminal shows `?` for the lines of a table
    sys.exit(main(sys.argv[1:]))
