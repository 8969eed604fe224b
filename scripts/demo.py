"""`make demo`: builds a sample registry, then walks through it with the commands of the README."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import pages, sample  # noqa: E402  found through the line above

TOUR = "## Five minutes of use"


def main(arguments: list[str]) -> int:
    """Build the sample at the path given, or at ./demo-registry, and print the tour."""
    directory = Path(arguments[0]).resolve() if arguments else ROOT / sample.NAME
    bin_directory = Path(sys.executable).parent
    env = sample.environment(str(bin_directory))
    try:
        sample.clear(directory)
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
    print("\n==> Your turn:")
    gto = _from(directory, bin_directory / "gto")
    for command in (f"cd {_short(directory)}", f"{gto} show", f"{gto} history churn", f"{gto} --help"):
        print(f"    {command}")
    return 0


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
