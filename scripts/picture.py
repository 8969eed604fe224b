"""The picture in the README: what `gto show` prints for the sample, drawn as a terminal in SVG.

`python -m scripts.picture` writes docs/assets/show.svg; tests/docs fails while that is out of date.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from scripts import sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "assets" / "show.svg"
COMMANDS = (("gto", "show"), ("gto", "show", "churn#prod", "--ref"))

WIDTH = 8.4  # pixels of a character
HEIGHT = 17.0  # pixels of a line
MARGIN = 18
BAR = 34  # pixels of the bar at the top

_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" \
role="img">
<title>The output of gto show</title>
<rect width="{width:g}" height="{height:g}" rx="8" fill="#1e2127"/>
<circle cx="20" cy="18" r="5.5" fill="#ff5f57"/><circle cx="39" cy="18" r="5.5" fill="#febc2e"/>\
<circle cx="58" cy="18" r="5.5" fill="#28c840"/>
<g font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
"""


def lines(gto_command: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """Return the lines of the terminal: commands behind `$ `, and what they print."""
    shown: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / sample.NAME
        sample.build(directory, gto_command, env)
        for command in COMMANDS:
            done = subprocess.run(
                [*gto_command, *command[1:]], cwd=directory, env=dict(env), capture_output=True, check=True
            )
            shown += [f"$ {' '.join(command)}", *done.stdout.decode().splitlines()]
    return shown


def draw(shown: Sequence[str]) -> str:
    """Return the picture of a terminal that shows these lines."""
    width = 2 * MARGIN + WIDTH * max(map(len, shown))
    height = BAR + MARGIN + HEIGHT * len(shown)
    parts = [_HEAD.format(width=width, height=height)]
    for number, line in enumerate(shown):
        colour = "#98c379" if line.startswith("$ ") else "#d7dae0"
        # Each character has a place of its own, so that the lines of a table meet in whatever font the reader has.
        places = " ".join(f"{MARGIN + WIDTH * column:g}" for column in range(len(line)))
        baseline = BAR + HEIGHT * (number + 0.8)
        # Chromium inherits xml:space from no parent, and would collapse the blanks, with their places.
        parts.append(
            f'<text x="{places}" y="{baseline:g}" fill="{colour}" xml:space="preserve">{escape(line)}</text>\n'
        )
    return "".join([*parts, "</g>\n</svg>\n"])


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(lines(["gto"], sample.environment(str(Path(sys.executable).parent)))), encoding="utf-8")
