"""Two repositories with the same history, one for GTO 1.10.1 and one for ours, and what a command did to each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.repo import Repo, Result, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.compat.reference import Reference

START = datetime(2022, 1, 1, tzinfo=UTC)
TICK = timedelta(seconds=7)
CONFIG = "[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n[core]\n\tlogAllRefUpdates = false\n"

Refs = dict[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """What a command line said, and the tags after it."""

    said: Result
    refs: Refs

    @property
    def succeeded(self) -> bool:
        """Whether the exit code is 0."""
        return self.said.code == 0

    def seen(self) -> tuple[bool, str, Refs]:
        """Return what has to be equal: success, stdout, and every tag's object id, which is a digest of its bytes."""
        return self.succeeded, self.said.stdout, self.refs


@dataclass(frozen=True, slots=True)
class Case:
    """One command line in both repositories, which were equal before it."""

    argv: list[str]
    before: Refs
    targets: Refs
    """The commits of the tags before it."""
    head: str
    config: str
    ours: Done
    theirs: Done

    @property
    def equal(self) -> bool:
        """Whether both did and said the same."""
        return self.ours.seen() == self.theirs.seen()


@dataclass(slots=True)
class Pair:
    """Both repositories, with one clock."""

    root: Path
    reference: Reference
    config: str = ""
    clock: datetime = START
    frozen: bool = False
    commits: list[str] = field(default_factory=list)

    @property
    def ours(self) -> Path:
        """The repository of ours."""
        return self.root / "ours"

    @property
    def theirs(self) -> Path:
        """The repository of GTO 1.10.1."""
        return self.root / "theirs"

    def create(self) -> None:
        """Make both repositories, without a commit."""
        for path in (self.ours, self.theirs):
            path.mkdir(parents=True)
            git(path, "init", "--quiet", "--initial-branch=main")
            with (path / ".git" / "config").open("a", encoding="utf-8") as file:
                file.write(CONFIG)
            if self.config:
                (path / ".gto").write_text(self.config, encoding="utf-8")

    def tick(self) -> str:
        """Let seven seconds pass, unless the clock stands still, and return the time as git reads it."""
        self.clock += timedelta(0) if self.frozen else TICK
        return f"{int(self.clock.timestamp())} +0000"

    def commit(self, files: Mapping[str, str | None], branch: str = "main") -> str:
        """Commit these files, None being one to delete, in both."""
        date = self.tick()
        oids = []
        for path in (self.ours, self.theirs):
            if git(path, "rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1)) and branch != "main":
                git(path, "checkout", "--quiet", "-B", branch)
            for name, text in files.items():
                target = path / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if text is None:
                    target.unlink()
                else:
                    target.write_text(text, encoding="utf-8")
            git(path, "add", "--all", ":!.gto")
            env = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
            git(path, "commit", "--quiet", "--allow-empty", f"--message=work at {date}", env=env)
            oids.append(git(path, "rev-parse", "HEAD"))
            if branch != "main":
                git(path, "checkout", "--quiet", "main")
        assert oids[0] == oids[1]
        self.commits.append(oids[0])
        return oids[0]

    def tag(self, name: str, target: str = "HEAD", *, annotated: bool = True) -> None:
        """Make a tag by git itself in both."""
        date = self.tick()
        kind = ["--annotate", "--message=by hand"] if annotated else []
        for path in (self.ours, self.theirs):
            git(path, "tag", *kind, "--", name, target, env={"GIT_COMMITTER_DATE": date})

    def refs(self, path: Path, what: str = "%(objectname)") -> Refs:
        """Return every tag's object, or what else is asked."""
        lines = git(path, "for-each-ref", f"--format=%(refname:lstrip=2) {what}", "refs/tags").splitlines()
        return dict(line.rsplit(" ", 1) for line in lines)

    def run(self, *argv: str) -> Case:
        """Run one command line in both, at the same second."""
        date = self.tick()
        before = self.refs(self.ours)
        targets = self.refs(self.ours, "%(*objectname)%(objectname)")
        head = git(self.ours, "rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1))
        theirs = self.reference(list(argv), self.theirs, self.clock)
        ours = Repo(self.ours).gto(*argv, env={"GIT_COMMITTER_DATE": date, "COLUMNS": "1000"})
        return Case(
            list(argv),
            before,
            {name: text[: len(head)] for name, text in targets.items()},
            head,
            self.config,
            Done(ours, self.refs(self.ours)),
            Done(theirs, self.refs(self.theirs)),
        )

    def reset(self, refs: Refs) -> None:
        """Put the tags of both back to these, whose objects both hold."""
        for path in (self.ours, self.theirs):
            put(path, refs, self.refs(path))

    def adopt(self, path: Path, refs: Refs) -> None:
        """Give both these tags, whose objects one holds."""
        other = self.ours if path == self.theirs else self.theirs
        put(path, refs, self.refs(path))
        put(other, {name: oid for name, oid in self.refs(other).items() if name in refs}, self.refs(other))
        git(other, "fetch", "--quiet", "--no-tags", str(path), "+refs/tags/*:refs/tags/*")
        assert self.refs(self.ours) == self.refs(self.theirs) == refs


def put(path: Path, refs: Refs, now: Refs) -> None:
    """Change the tags of a repository to these; what goes first makes room for what comes."""
    gone = [f"delete refs/tags/{name}" for name in now if now[name] != refs.get(name)]
    new = [f"create refs/tags/{name} {oid}" for name, oid in refs.items() if now.get(name) != oid]
    for lines in (gone, new):
        result = run("git", "update-ref", "--stdin", cwd=path, text="".join(f"{line}\n" for line in lines))
        assert result.code == 0, result.stderr


def git(path: Path, *args: str, env: Mapping[str, str] | None = None, ok: Sequence[int] = (0,)) -> str:
    """Return git's stdout, without the last newline."""
    result = run("git", *args, cwd=path, env=env)
    assert result.code in ok, f"git {' '.join(args)}: {result.stderr}"
    return result.stdout.removesuffix("\n")
