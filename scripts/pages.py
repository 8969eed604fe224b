"""Commands in Markdown pages: read, run in a scratch directory, and written back with what they print.

`python -m scripts.pages` brings the outputs in README.md and docs/ up to date; tests/docs fails while they are not.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
TRACEBACK = "Traceback (most recent call last)"
CLOCK = datetime(2025, 3, 18, 9, 0, tzinfo=UTC)
TICK = timedelta(minutes=1)
TIME_LIMIT = 300.0
ANY = "..."
"""A line of an expected output that stands for any lines; in a line, for any words."""

_FENCE_RE = re.compile(r"(?P<indent> *)```(?P<info>.*)")
_TITLE_RE = re.compile(r'title="([^"]+)"')
_PLACE_RE = re.compile(r"<!-- run in: (\S+) -->")
_AFTER_RE = re.compile(r"<!-- after: (\S+) up to: (.+) -->")
_NEEDS_RE = re.compile(r"<!-- needs: (\S+) -->")
_NOT_RUN_RE = re.compile(r"<!-- not run: (.+) -->")
_LANGUAGES = ("console", "bash", "sh", "shell")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a page, and what the page says that it prints."""

    command: str
    expected: tuple[str, ...]
    first: int
    """The number, from 0, of the page's line at which the output begins."""
    indent: str


@dataclass(frozen=True, slots=True)
class File:
    """A block that shows a whole file, under its name."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the words behind its fence, its lines without indentation, where they begin."""

    info: str
    lines: tuple[str, ...]
    first: int
    indent: str
    not_run: str
    """Why it is not run; empty where it is."""


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = _FENCE_RE.fullmatch(lines[at])
        if match is None:
            at += 1
            continue
        indent = match["indent"]
        end = lines.index(f"{indent}```", at + 1)
        before = next((line for line in reversed(lines[:at]) if line.strip()), "")
        body = tuple(line.removeprefix(indent) for line in lines[at + 1 : end])
        reason = _NOT_RUN_RE.fullmatch(before.strip())
        yield Block(match["info"], body, at + 1, indent, reason[1] if reason else "")
        at = end + 1


def parse(text: str, also: Sequence[str] = ()) -> list[Step | File]:
    """Return the commands and files of a page, in order; `also` are reasons for which blocks are not left out."""
    found: list[Step | File] = []
    for block in blocks(text):
        title = _TITLE_RE.search(block.info)
        if block.not_run and block.not_run not in also:
            continue
        if block.info.startswith(_LANGUAGES):
            found += steps(block)
        elif title:
            found.append(File(title[1], "\n".join(block.lines) + "\n"))
    return found


def steps(block: Block) -> Iterator[Step]:
    """Yield the commands of a block."""
    starts = [at for at, line in enumerate(block.lines) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        raise ValueError(f"line {block.first + 1}: a block of commands begins with '$ '")
    for at, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        output = at + 1
        while output < end and block.lines[output].startswith("> "):
            output += 1
        command = "\n".join(line[2:] for line in block.lines[at:output])
        yield Step(command, block.lines[output:end], block.first + output, block.indent)


def run(items: Sequence[Step | File], directory: Path, env: Mapping[str, str], program: str = "bash") -> list[str]:
    """Return what each command prints; all run in one shell, each a minute after the last."""
    script = ["exec 2>&1; _code=0"]
    clock = CLOCK
    for item in items:
        clock += TICK
        date = clock.isoformat()
        script.append(f"export GIT_AUTHOR_DATE={date} GIT_COMMITTER_DATE={date}")
        if isinstance(item, File):
            folder = item.path.rpartition("/")[0] or "."
            script.append(f"mkdir -p '{folder}'\ncat > '{item.path}' <<'end of file'\n{item.text}end of file")
        else:
            script.append(f"(exit $_code)\n{item.command}\n_code=$?; printf '\\036'")
    done = subprocess.run(
        [program, "-c", "\n".join(script)],
        cwd=directory,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    outputs = done.stdout.decode("utf-8", "replace").split("\x1e")
    count = sum(isinstance(item, Step) for item in items)
    if len(outputs) != count + 1:
        raise RuntimeError(f"the shell stopped after {len(outputs) - 1} of {count} commands: {outputs[-1]}")
    return outputs[:-1]


def replay(text: str, scratch: Path, env: Mapping[str, str], registry: Path, also: Sequence[str] = ()) -> str:
    """Return a page with what its commands print now; `...` stays where it stands for what is printed.

    The commands run below `scratch`, where a page that asks for it finds a copy of the sample `registry`, and one that
    continues another page finds what the commands of that one leave, up to a heading. Blocks that are left out for one
    of the reasons `also` run, too, in both pages.
    """
    place = _PLACE_RE.search(text)
    directory = scratch / (place[1] if place else ".")
    if sample.NAME in text:
        shutil.copytree(registry, scratch / sample.NAME, symlinks=True)
    items = parse(text, also)
    outputs = run([*parse(earlier(text), also), *items], directory, env)
    lines = text.split("\n")
    own = [item for item in items if isinstance(item, Step)]
    for step, output in reversed(list(zip(own, outputs[len(outputs) - len(own) :], strict=True))):
        printed = output.split("\n")[:-1] if output.endswith("\n") else output.split("\n")
        printed = [] if output == "" else [line.rstrip() for line in printed]
        if not fits(step.expected, printed):
            end = step.first + len(step.expected)
            lines[step.first : end] = [f"{step.indent}{line}" if line else "" for line in printed]
    return "\n".join(lines)


def earlier(text: str) -> str:
    """Return the part of another page that runs before a page that continues it."""
    after = _AFTER_RE.search(text)
    if after is None:
        return ""
    there, heading, _ = (ROOT / after[1]).read_text(encoding="utf-8").partition(f"\n{after[2]}\n")
    if not heading:
        raise ValueError(f"{after[1]} has no line '{after[2]}'")
    return there


def fits(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Tell whether lines are as expected, where `...` stands for any."""
    if not expected:
        return not printed
    if expected[0] == ANY:
        return any(fits(expected[1:], printed[at:]) for at in range(len(printed) + 1))
    return bool(printed) and _same(expected[0], printed[0]) and fits(expected[1:], printed[1:])


def _same(expected: str, printed: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, expected.split(ANY))), printed) is not None


def pages() -> list[Path]:
    """Return the pages whose commands run: README and all of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def needs(text: str) -> list[str]:
    """Return the programs, beside git and gto, that a page's commands need."""
    return _NEEDS_RE.findall(text)


def with_commands() -> list[Path]:
    """Return the pages that have commands to run."""
    return [page for page in pages() if any(isinstance(item, Step) for item in parse(page.read_text(encoding="utf-8")))]


def main(names: Sequence[str]) -> None:
    """Bring the outputs of pages up to date."""
    env = sample.environment(str(Path(sys.executable).parent))
    with tempfile.TemporaryDirectory() as directory:
        registry = Path(directory) / sample.NAME
        sample.build(registry, ["gto"], env)
        for number, page in enumerate([Path(name).resolve() for name in names] or with_commands()):
            text = page.read_text(encoding="utf-8")
            scratch = Path(directory) / str(number)
            scratch.mkdir()
            new = replay(text, scratch, {**env, "HOME": str(scratch)}, registry)
            print(f"{'changed' if new != text else 'as it was'}: {page.relative_to(ROOT)}")
            if TRACEBACK in new:
                raise SystemExit("a command ended with a traceback; the page stays as it was")
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
