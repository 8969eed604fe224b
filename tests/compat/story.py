"""A registry's life in one repository at fixed times, so that GTO 1.10.1 and ours can be asked for the same words."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.compat.pair import CONFIG, git

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.repo import Result

GOLDENS = Path(__file__).parent / "goldens.json"
START = datetime(2023, 3, 4, 5, 6, 7, tzinfo=UTC)
ANNOTATIONS = """\
nn:
  type: model
  path: models/nn.pkl
  labels: [nlp]
  description: Knows words
lone:
  path: lone.pkl
"""

STORY = """
show
show --json
history
history --json
stages
stages --json
print-state
register nn HEAD~2
register nn HEAD~1 --version v0.1.0 -m 'The first that works ✨'
register some/folder:some/artifact
register rf --version v1.2.4
assign nn --version v0.0.1 --stage prod
assign nn --version v0.1.0 --stage dev
assign nn --stage prod
assign rf --version v1.2.4 --stage production
assign rf --version v1.2.4 --stage production
assign rf --version v1.2.4 --stage canary --simple true -m 'careful

in two paragraphs'
promote some/folder:some/artifact --version v0.0.1 --stage dev
check-ref rf@v1.2.4
check-ref 'rf#production#1'
check-ref 'refs/tags/rf#production#1' --json
check-ref rf@v1.2.4 --json
check-ref 'rf#canary' --json
check-ref 'rf#production#1' --name
check-ref 'rf#production#1' --version
check-ref 'rf#production#1' --stage
check-ref 'rf#production#1' --event
check-ref rf@v1.2.4 --stage
check-ref nothing@v1.2.4
check-ref HEAD
check-ref rf@v1.2.4 --json --name
show
show --plain
show --json
show --name
show --version
show --ref
show --json --plain
show nn
show nn --plain
show nn --json
show nn --version
show nn --stage
show nn --ref
show nn --name
show nn@latest
show nn@greatest --version
show nn@v0.1.0 --ref
show nn@v9.9.9
show nn@v9.9.9 --json
show nn#prod
show nn#prod --version
show nn#nothing --ref
show nn#prod --vs -1
show --vs -1
show --vs 0
show --av 0
show --av -2
show --sort semver
show unknown
show some/folder:some/artifact
stages
stages --used --json
stages --allowed
stages --allowed --json
stages --allowed --used
deprecate nn v0.0.1 prod
deprecate nn v0.0.1 nothing
deprecate nn v0.0.1
deprecate nn v0.0.1
show nn
show nn -d
show nn -d --json
check-ref nn@v0.0.1!
check-ref 'nn#prod!#4'
check-ref 'nn#prod!#4' --json
deprecate some/folder:some/artifact -m 'no longer'
deprecate some/folder:some/artifact
check-ref some/folder=some/artifact@deprecated
check-ref some/folder=some/artifact@deprecated --json
show
show -d
show -d --json
show some/folder:some/artifact
show some/folder:some/artifact -d
history
history --plain
history --json
history nn
history nn --asc --plain
history nn --ascending --json
history unknown
print-state
register rf --version 1.2.3
register rf --version v1.2.4
register rf --bump-minor
register rf HEAD~1 --bump-minor --bump-major
register rf HEAD~1 --bump-minor
register rf HEAD~2 --bump-major --simple false
register new --bump-patch
register new nothing
register -- -new
assign rf --version v9.9.9 --stage dev
assign rf --version 1 --stage dev
assign rf HEAD --version v9.9.9 --stage dev
assign rf HEAD --version v9.9.9 --stage dev --sr
assign rf --stage -dev
deprecate rf v9.9.9
deprecate unknown
deprecate rf v1.2.4 production -d
deprecate rf v1.2.4 -d
deprecate rf --force
deprecate rf --force --simple true
deprecate rf -d
deprecate rf --force -d
show
parse-tag nn@v0.0.1
parse-tag nn@v0.0.1!
parse-tag nn@v0.0.1#3
parse-tag 'some/folder=some/artifact#prod!#12'
parse-tag nn@deprecated
parse-tag 'nn#prod#1' --key stage
parse-tag 'nn#prod#1' --key action
parse-tag 'nn#prod#1' --key counter
parse-tag nn
annotate
show
show --json
show lone
show lone --json
show nn --json
history lone
origin
register nn --push
assign nn --version v0.1.1 --stage dev --push
deprecate nn v0.1.1 dev --push
deprecate nn v0.1.0 dev -d --push
deprecate nn -d --push
deprecate lone --push
"""


@dataclass(slots=True)
class Story:
    """One telling of the story; `gto` runs a command line in a directory at a time."""

    path: Path
    gto: Callable[[list[str], Path, datetime], Result]
    clock: datetime = START
    told: list[dict[str, Any]] = field(default_factory=list)

    def tell(self) -> list[dict[str, Any]]:
        """Return each command with its exit code and stdout."""
        self.path.mkdir(parents=True)
        git(self.path, "init", "--quiet", "--initial-branch=main")
        with (self.path / ".git" / "config").open("a", encoding="utf-8") as file:
            file.write(CONFIG)
        for number in range(3):
            self.commit("number.txt", f"{number}\n")
        for line in commands():
            self.step(line)
        return self.told

    def step(self, line: str) -> None:
        """Do one line of the story."""
        match shlex.split(line):
            case ["annotate"]:
                self.commit("artifacts.yaml", ANNOTATIONS)
            case ["origin"]:
                git(self.path, "init", "--quiet", "--bare", "--initial-branch=main", "../origin.git")
                git(self.path, "remote", "add", "origin", "../origin.git")
                git(self.path, "push", "--quiet", "--tags", "origin", "main")
            case argv:
                self.clock += timedelta(minutes=1)
                said = self.gto(argv, self.path, self.clock)
                self.told.append({"command": line, "code": said.code, "stdout": said.stdout.splitlines()})

    def commit(self, name: str, content: str) -> None:
        """Commit one file."""
        self.clock += timedelta(minutes=1)
        (self.path / name).write_text(content, encoding="utf-8")
        git(self.path, "add", name)
        date = self.clock.isoformat()
        env = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        git(self.path, "commit", "--quiet", f"--message=Change {name}", env=env)


def commands() -> list[str]:
    """Return the lines of the story; one with an open quote goes on in the next."""
    lines: list[str] = []
    for line in STORY.strip("\n").split("\n"):
        if lines and lines[-1].count("'") % 2:
            lines[-1] += f"\n{line}"
        else:
            lines.append(line)
    return lines


def recorded() -> list[dict[str, Any]]:
    """Return what GTO 1.10.1 said."""
    found: list[dict[str, Any]] = json.loads(GOLDENS.read_text(encoding="utf-8"))
    return found


def record(told: list[dict[str, Any]]) -> None:
    """Write down what GTO 1.10.1 said."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, indent=1) for one in told)
    GOLDENS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
