"""How long a new team needs to its first page: does what docs/studio/team/index.md says, and prints the seconds.

`python -m scripts.first_page` begins with the installation into a new environment, `--installed` after it.
"""

from __future__ import annotations

import http.cookiejar
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scripts import pages, sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE = pages.ROOT / "docs/studio/team/index.md"
SECTION = "## Five minutes to the first page"
REPOSITORY = "url: https://git.example.com/lab/churn.git"
"""The line of the page's catalogue that stands for a repository of the team's own."""
LIMIT = 300.0
"""Seconds within which the first page is there."""
_FIELDS = {"full_name": "Ada Lovelace", "email": "ada@example.com"}
_PASSWORD = "correct horse battery staple"  # noqa: S105  of a Studio that lasts for a minute


class Timed(NamedTuple):
    """A step, and the seconds that it took."""

    what: str
    seconds: float


def steps() -> Iterator[pages.Block]:
    """Yield the blocks of the section."""
    text = PAGE.read_text(encoding="utf-8")
    section = text.partition(f"{SECTION}\n")[2].partition("\n## ")[0]
    yield from pages.blocks(section)


def follow(directory: Path, env: Mapping[str, str], repository: Path, *, installs: bool) -> Iterator[Timed]:
    """Do what the page says, and then what one does in the browser."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    told = {**env, "GTO_STUDIO_PORT": str(port), "GTO_STUDIO_URL": url}
    said = ""
    with ExitStack() as stack:
        for block in steps():
            _write_catalogue(block, directory, repository)
            for command in (line[2:] for line in block.lines if line.startswith("$ ")):
                if _is_of_installing(command) and not installs:
                    continue
                start = time.monotonic()
                if command.startswith("gto studio serve"):
                    stack.callback(_end, _serve(command, directory, told, url))
                else:
                    said = _run(command, directory, told)
                yield Timed(command, time.monotonic() - start)
        start = time.monotonic()
        _open_link(said.split()[0], url)
        yield Timed("the link, a password, the list of models", time.monotonic() - start)


def _write_catalogue(block: pages.Block, directory: Path, repository: Path) -> None:
    """Write the file that a block shows, with another repository."""
    title = re.search(r'title="([^"]+)"', block.info)
    if title:
        text = "\n".join(block.lines) + "\n"
        if REPOSITORY not in text:
            raise ValueError(f"{PAGE}: the catalogue has no '{REPOSITORY}'")
        (directory / title[1]).write_text(text.replace(REPOSITORY, f"path: {repository}"), encoding="utf-8")


def _is_of_installing(command: str) -> bool:
    return "venv" in command or "pip install" in command


def _run(command: str, directory: Path, env: Mapping[str, str]) -> str:
    place = pages.ROOT if "pip install" in command else directory  # the page says: in the checkout
    done = subprocess.run(["bash", "-c", command], cwd=place, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"$ {command}\n{done.stdout}{done.stderr}")
    return done.stdout


def _serve(command: str, directory: Path, env: Mapping[str, str], url: str) -> subprocess.Popen[bytes]:
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=directory, env=env, stdout=log, stderr=log)
    while True:
        try:
            urllib.request.urlopen(f"{url}/ready", timeout=5).close()  # noqa: S310  our own
        except OSError:
            if process.poll() is not None:
                raise RuntimeError((directory / "log").read_text(encoding="utf-8")) from None
            time.sleep(0.1)
        else:
            return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(30)


def _open_link(link: str, url: str) -> None:
    """Choose a password, and wait until the list of models has some."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    browser.open(link, timeout=30).close()
    fields = urllib.parse.urlencode({**_FIELDS, "password": _PASSWORD, "again": _PASSWORD}).encode()
    browser.open(urllib.request.Request(link, fields, {"Origin": url}), timeout=30).close()  # noqa: S310  our own
    while True:
        request = urllib.request.Request(f"{url}/models", headers={"Accept": "text/html"})  # noqa: S310  our own
        with browser.open(request, timeout=30) as answer:
            if 'href="/m/' in answer.read().decode() and answer.url.endswith("/models"):
                return
        time.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def main(words: list[str]) -> int:
    """Print each step with its seconds, and the sum; 1 where that is too much."""
    installs = "--installed" not in words
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        env = sample.environment(os.path.dirname(shutil.which("gto") or sys.executable))
        sample.build(directory / "churn", (sys.executable, "-P", "-m", "gto"), env)
        told = {**env, "HOME": place} | ({"PATH": f"{place}/studio/bin:{os.environ['PATH']}"} if installs else {})
        total = 0.0
        for step in follow(directory, told, directory / "churn", installs=installs):
            total += step.seconds
            sys.stdout.write(f"{step.seconds:7.1f} s  {step.what}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{total:7.1f} s  in all; at most {LIMIT:.0f}\n")
    return int(total > LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
