"""What is kept of a large registry: the same answers with it and without, whatever happens to its file."""

from __future__ import annotations

import os
import random
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.repo import Repo, Result, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OFF = {"GTO_CACHE": "false"}
QUIET = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
FORMS = ("@v9.{0}.0", "#prod#{0}", "#prod!#{0}", "@deprecated#{0}", "@v0.0.2!#{0}", "@created#{0}")
STAGES = ("dev", "staging", "prod")


@pytest.fixture
def large(repo: Repo) -> Repo:
    """A registry of 1,200 tags: 60 artifacts, five versions, fifteen assignments each."""
    commits = [repo.commit(f"work {number}") for number in range(5)]
    lines: list[str] = []
    for artifact in range(60):
        for version, commit in enumerate(commits):
            lines.append(tag(f"m{artifact}@v0.0.{version + 1}", commit, len(lines)))
            for turn in range(3):
                name = f"m{artifact}#{STAGES[turn]}#{version * 3 + turn + 1}"
                lines.append(tag(name, commit, len(lines)))
    assert run("git", "fast-import", "--quiet", cwd=repo.path, text="".join(lines)).code == 0
    return repo


def tag(name: str, commit: str, second: int) -> str:
    """Write a tag as fast-import reads it."""
    return f"tag {name}\nfrom {commit}\ntagger A <a@b.c> {1_600_000_000 + second} +0000\ndata 1\nx\n"


def kept(repo: Repo) -> Path:
    """Return the file in which standings are kept."""
    return repo.path / ".git" / "gto" / "standings"


def same(repo: Repo) -> str:
    """Return what `show` says, after seeing that the cache changes nothing of it."""
    answers = [repo.gto("show", "--json", "-d", env=env) for env in (OFF, {}, {})]
    assert [answer.code for answer in answers] == [0, 0, 0]
    assert answers[0].stdout == answers[1].stdout == answers[2].stdout
    assert answers[0].stderr == answers[1].stderr == answers[2].stderr
    return answers[0].stdout


def test_a_small_registry_keeps_nothing(repo: Repo) -> None:
    assert repo.gto("register", "m").code == 0
    same(repo)
    assert not kept(repo).parent.exists()


def test_a_large_registry_is_kept_unless_that_is_turned_off(large: Repo) -> None:
    assert large.gto("show", env=OFF).code == 0
    assert not kept(large).parent.exists()
    same(large)
    assert [path.name for path in kept(large).parent.iterdir()] == ["standings"]


def test_the_answers_are_the_same_through_a_thousand_changes(large: Repo) -> None:
    dice = random.Random(7)  # noqa: S311  a test's own dice
    clock = 1_700_000_000
    for _ in range(12):
        refs = large.git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").splitlines()
        lines = []
        for _ in range(dice.randrange(60)):
            clock += 1
            name = dice.choice(refs).partition("#")[0].partition("@")[0]
            form = dice.choice(
                ["@v9.{0}.0", "#prod#{0}", "#prod!#{0}", "@deprecated#{0}", "@v0.0.2!#{0}", "@created#{0}"]
            )
            fresh = f"{dice.choice([name, f'new{clock}'])}{form.format(clock)}"
            lines.append(tag(fresh, large.git("rev-parse", f"HEAD~{dice.randrange(4)}"), clock - 1_600_000_000))
        assert run("git", "fast-import", "--quiet", cwd=large.path, text="".join(lines)).code == 0
        gone = dice.sample(refs, dice.randrange(1, 30))
        large.git("tag", "--delete", *gone)
        large.git("tag", f"light{clock}@v1.0.0")
        same(large)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def newer(path: Path) -> None:
    header, _, rest = path.read_text().partition(" ")
    number, _, rest = rest.partition(" ")
    path.write_text(f"{header} {int(number) + 1} {rest}")


def foreign(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95 a pickle of somebody's \xff\xfe")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [cut, flip, newer, foreign, empty, directory])
def test_a_file_that_is_not_sound_is_rebuilt(large: Repo, harm: Callable[[Path], None]) -> None:
    before = same(large)
    harm(kept(large))
    assert same(large) == before


def test_the_cache_of_another_repository_does_no_harm(large: Repo, tmp_path: Path) -> None:
    before = same(large)
    copy = Repo(tmp_path / "copy")
    shutil.copytree(large.path, copy.path)
    large.git("tag", "--delete", "m0@v0.0.5")
    changed = same(large)
    assert changed != before
    shutil.copy(kept(copy), kept(large))
    assert same(large) == changed


def test_a_directory_that_cannot_be_made_moves_the_cache_to_the_user_s(large: Repo, tmp_path: Path) -> None:
    kept(large).parent.write_text("a file stands in the way")
    home = tmp_path / "cache"
    first = large.gto("show", env={"XDG_CACHE_HOME": str(home)})
    assert first.code == 0
    assert len(list((home / "gto").iterdir())) == 1
    again = large.gto("show", env={"XDG_CACHE_HOME": str(home)})
    assert again.stdout == first.stdout


@pytest.mark.parametrize("fault", ["mkdir,mkdirat:error=EROFS", "rename,renameat,renameat2:error=ENOSPC"])
def test_a_disk_that_takes_nothing_stops_no_reader(large: Repo, fault: str) -> None:
    expected = large.gto("show", env=OFF).stdout
    done = under_fault(large, fault)
    assert done.code == 0, done.stderr
    assert done.stdout == expected
    assert not kept(large).parent.exists() or list(kept(large).parent.iterdir()) == []


@pytest.mark.parametrize("when", range(1, 9, 2))
def test_a_kill_while_it_is_written_leaves_it_sound(large: Repo, when: int) -> None:
    expected = large.gto("show", env=OFF).stdout
    for call in (f"write:signal=KILL:when={when}", "rename,renameat,renameat2:signal=KILL"):
        shutil.rmtree(kept(large).parent, ignore_errors=True)
        under_fault(large, call)
        assert large.gto("show").stdout == expected
        assert large.gto("show").stdout == expected


def test_what_a_killed_writer_left_is_cleared_away(large: Repo) -> None:
    kept(large).parent.mkdir()
    lock = kept(large).with_name("standings.lock")
    lock.write_text("half")
    same(large)
    assert [path.name for path in kept(large).parent.iterdir()] == ["standings.lock"]
    os.utime(lock, (0, 0))
    same(large)
    same(large)
    assert [path.name for path in kept(large).parent.iterdir()] == ["standings"]


def under_fault(repo: Repo, fault: str) -> Result:
    """Run `show` with system calls that fail, or that kill it."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    argv = ["strace", "-qq", "-o", "/dev/null", "-e", f"inject={fault}", sys.executable, "-P", "-m", "gto", "show"]
    return run(*argv, cwd=repo.path, env={"XDG_CACHE_HOME": "/dev/null", **QUIET})


def test_many_at_once_read_and_write_it(large: Repo) -> None:
    expected = large.gto("show", env=OFF).stdout

    def one(number: int) -> str:
        if number % 5 == 4:
            shutil.rmtree(kept(large).parent, ignore_errors=True)
        return large.gto("show").stdout

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(30))) == {expected}
