"""A bare repository with an event of each kind, and checkouts of it as CI systems make them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tests.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path

WORDS = 'It\'s a "model"; costs $5 & 100%\nsecond ${{ secrets.KEY }} $(id) `id` \\n\tline'
"""A description that any channel must bring over as it is."""
_HOSTILE_LINES = (
    "first",
    "::set-output name=event::hacked",
    "  ::error::hacked",
    "\u00a0::set-env name=PATH::hacked",
    "\u3000::add-path::hacked",
    "##[set-output name=event;]hacked",
    "x ##[error]hacked",
    "##vso[task.setvariable variable=event;isOutput=true]hacked",
    "x ##VSO[task.complete result=Failed;]hacked",
    "###vso[task.complete result=Failed;]hacked",
    "event=hacked",
    "event<<EOF",
    "hacked",
    "EOF",
    "GTO_EVENT=hacked",
    "export GTO_EVENT=hacked",
    "'; export GTO_EVENT=hacked; '",
    '"; export GTO_EVENT=hacked; "',
    "$(touch hacked) `touch hacked` ${IFS} \\",
    "%0A::error::hacked%0D%0A##vso[task.complete]%AZP250A",
    "\r::error::hacked\x0b::error::hacked\u2028::error::hacked\x85::error::hacked",
    "last",
)
HOSTILE = "\n".join(_HOSTILE_LINES)
"""What tries to be an output, a command of a shell, and a command of a CI."""
HOSTILE_TAG = "##x;$IFS'\"`id`$(id)"
"""A tag's name that git takes; no event of GTO."""


class Origin(NamedTuple):
    """A bare repository, and the commits that its tags are on."""

    path: Path
    commits: dict[str, str]

    def event(self, ref: str, **words: str) -> dict[str, str]:
        """What a job is to be told of an event; its repository is what the CI says."""
        keys = ("event", "name", "version", "stage", "type", "path", "description", "previous_version")
        report = {key: words.get(key, "") for key in (*keys, "framework", "code_on_load", "model_facts")}
        return {**report, "ref": f"refs/tags/{ref}", "commit": self.commits[ref]}

    def checkout(self, path: Path, ref: str) -> Repo:
        """A checkout as actions/checkout makes it: of one commit, and a plain tag where the annotated one would be."""
        repo = Repo(path)
        repo.path.mkdir(parents=True)
        repo.git("init", "--quiet")
        repo.git("remote", "add", "origin", self.path.as_uri())
        there = ref if ref.startswith("refs/tags/") else "refs/remotes/origin/main"
        commit = self.commits[ref.removeprefix("refs/tags/").removeprefix("refs/heads/")]
        repo.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+{commit}:{there}")
        repo.git("checkout", "--quiet", "--detach", there)
        return repo


@cache
def shared(place: Path) -> Origin:
    """The one origin of a session."""
    return make(place)


def make(place: Path) -> Origin:
    """Make the repository, one event a tag."""
    repo = Repo(place / "work")
    repo.path.mkdir()
    repo.git("init", "--quiet")
    first = repo.commit("first", _files("models/churn.pkl", WORDS))
    commits = {}

    def tag(name: str, commit: str) -> None:
        repo.tag(name, commit, message=HOSTILE)
        commits[name] = commit

    tag("churn@v1.0.0", first)
    tag("churn#prod#1", first)
    second = repo.commit("second", {"model.txt": "two\n"})
    for name in ("churn@v1.1.0", "churn#prod#2", "churn#prod!#3"):
        tag(name, second)
    tag("churn@v1.0.0!#4", first)
    tag("gone@v1.0.0", second)
    tag("gone@deprecated", second)
    for name, commit in (("swap@v1.0.0", first), ("swap@v2.0.0", second)):
        tag(name, commit)
        tag(f"swap#prod#{name[6]}", commit)
    for name in ("sub/dir=model@v2.0.0-rc.1", "hostile@v1.0.0", "hostile#prod", "release-1", HOSTILE_TAG):
        tag(name, second)
    tag("churn#dev#9", second)
    commits["main"] = second
    bare = place / "models.git"
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(bare))
    repo.git("-C", str(bare), "config", "uploadpack.allowFilter", "true")
    repo.git("-C", str(bare), "tag", "--delete", "churn#dev#9")
    return Origin(bare, commits)


def _files(path: str, description: str) -> dict[str, str]:
    churn = {"type": "model", "path": path, "description": description}
    hostile = {"type": "model", "path": "models/h", "description": HOSTILE}
    model = {"type": "dataset", "path": "model.bin", "desc": "one of many"}
    swap = {"type": "model", "path": "model.txt"}
    return {
        "artifacts.yaml": json.dumps({"churn": churn, "hostile": hostile, "swap": swap}),
        "models/churn.pkl": "weights\n",
        "model.txt": "one\n",
        "sub/dir/dvc.yaml": json.dumps({"artifacts": {"model": model}}),
    }
