"""The command line itself: help, errors, where it is run, how it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.repo import GTO, Repo
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

READS = (
    ("show",),
    ("show", "nn"),
    ("history",),
    ("search", "nn"),
    ("stages",),
    ("check-ref", "nn@v0.0.1"),
    ("tags",),
    ("doctor",),
    ("describe", "nn"),
    ("latest", "nn"),
    ("which", "nn", "prod"),
    ("print-state",),
)
WRITES = (
    ("register", "nn"),
    ("assign", "nn", "--stage", "prod"),
    ("deprecate", "nn"),
    ("rollback", "nn", "--stage", "prod"),
    ("annotate", "nn"),
    ("remove", "nn"),
)
COMMANDS = (
    "show",
    "history",
    "search",
    "stages",
    "check-ref",
    "describe",
    "tags",
    "doctor",
    "register",
    "assign",
    "promote",
    "deprecate",
    "rollback",
    "annotate",
    "remove",
    "repos",
    "completion",
    "parse-tag",
    "print-state",
    "latest",
    "which",
)


@pytest.mark.parametrize("args", [*READS, *WRITES], ids=" ".join)
def test_outside_a_repository_one_line_says_so(args: tuple[str, ...], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    said(Repo(outside).gto(*args), "No Git repo found in '.'", "--repo")


@pytest.mark.parametrize("place", ["file", "missing", "file/below", ""])
def test_a_repository_that_is_none_is_named(place: str, repo: Repo) -> None:
    (repo.path / "file").write_text("x", encoding="utf-8")
    for args in (("show",), ("register", "nn")):
        said(repo.gto(*args, "--repo", place), f"No Git repo found in '{place}'")


def test_a_repository_of_somebody_else_is_refused_in_git_s_words(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a directory to somebody else")
    other = Repo(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "--quiet")
    os.chown(other.path, 12345, 12345)
    os.chown(other.path / ".git", 12345, 12345)
    result = other.gto("show", env={"SUDO_UID": "54321"})
    assert result.code == 1
    assert "dubious ownership" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("show", "--json", "--plain"),
        ("show", "nn", "--version", "--ref"),
        ("show", "--name", "--json"),
        ("history", "--json", "--plain"),
        ("check-ref", "x", "--name", "--version"),
        ("check-ref", "x", "--json", "--event"),
        ("describe", "x", "--json", "--type"),
    ],
    ids=" ".join,
)
def test_two_output_flags_are_a_usage_error(args: tuple[str, ...], repo: Repo) -> None:
    said(repo.gto(*args), "Only one output format allowed", "exclude each other", code=2)


@pytest.mark.parametrize(
    "args", [("nope",), ("show", "--nope"), ("register",), ("register", "a", "b", "c"), ("check-ref",)]
)
def test_wrong_words_are_a_usage_error(args: tuple[str, ...], repo: Repo) -> None:
    result = repo.gto(*args)
    assert result.code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: gto")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_there_without_a_repository(command: str, tmp_path: Path) -> None:
    args = (command,) if command else ()
    short, long = (done(Repo(tmp_path).gto(*args, flag)) for flag in ("-h", "--help"))
    assert short == long
    assert long.startswith("Usage: gto")


def test_without_a_command_help_is_shown(tmp_path: Path) -> None:
    result = Repo(tmp_path).gto()
    assert "Read the registry" in result.stdout + result.stderr
    assert "print-state" not in result.stdout + result.stderr


def test_the_version_is_printed_anywhere(tmp_path: Path) -> None:
    assert done(Repo(tmp_path).gto("--version")) == "🪴  GTO Version: 1.11.0\n"


# --- -v and --traceback


@pytest.mark.parametrize(
    "args", [("-v", "show", "nope"), ("show", "-v", "nope"), ("show", "nope", "--verbose")], ids=" ".join
)
def test_verbose_prints_the_git_commands_on_stderr(args: tuple[str, ...], repo: Repo) -> None:
    result = repo.gto(*args)
    lines = result.stderr.splitlines()
    assert result.stdout == ""
    assert lines[0].startswith("git -C . rev-parse ")
    assert any("for-each-ref" in line and "'refs/tags/nope@*'" in line for line in lines)
    assert lines[-2] == "❌ Cannot find artifact 'nope'"


def test_verbose_writes_show_the_transaction_and_stdout_stays_as_it_is(repo: Repo) -> None:
    result = repo.gto("register", "nn", "-v", "--json")
    assert json.loads(done(result))["events"][0]["tag"] == "nn@v0.0.1"
    assert [line for line in result.stderr.splitlines() if " update-ref --stdin" in line]
    assert repo.gto("show").stderr == ""


@pytest.mark.parametrize("flag", ["--traceback", "--tb"])
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_a_traceback_is_shown_when_asked(flag: str, first: bool, repo: Repo) -> None:  # noqa: FBT001  a case
    result = repo.gto(*((flag, "show", "nope") if first else ("show", "nope", flag)))
    assert result.code == 1
    assert "Traceback (most recent call last)" in result.stderr
    assert "ArtifactNotFound" in result.stderr


# --- where it prints


@pytest.fixture
def wide(repo: Repo) -> Repo:
    """An artifact whose name is 150 characters long."""
    done(repo.gto("assign", "n" * 150, "--stage", "s" * 60))
    return repo


@pytest.mark.parametrize("columns", ["1", "40", "80"])
def test_no_line_is_ever_wrapped(columns: str, wide: Repo) -> None:
    for args in (("show",), ("show", "n" * 150), ("history",), ("show", "--plain")):
        lines = done(wide.gto(*args, env={"COLUMNS": columns})).splitlines()
        assert len({len(line) for line in lines if "│" in line}) <= 1
        assert any("n" * 150 in line for line in lines)


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "utf-16"},
    ],
    ids=lambda env: " ".join(f"{key}={value}" for key, value in env.items()),
)
def test_no_encoding_stops_the_output(env: dict[str, str], repo: Repo) -> None:
    done(repo.gto("register", "nn", "-m", "größer 模型"))
    (repo.path / "artifacts.yaml").write_text("nn:\n  description: größer 模型 🎂\n", encoding="utf-8")
    for args in (
        ("show",),
        ("show", "nn"),
        ("history",),
        ("check-ref", "nn@v0.0.1"),
        ("describe", "nn", "--description"),
        ("doctor",),
        ("--version",),
        ("show", "größer"),
        ("show", "--json"),
    ):
        result = repo.gto(*args, env=env)
        assert "Traceback" not in result.stderr
        assert "Error" not in result.stderr
        assert result.code == (1 if args[-1] == "größer" else 0), args
        assert "nn" in result.stdout.replace("\0", "") or args[0] in {
            "doctor",
            "--version",
            "check-ref",
            "describe",
            "show",
        }


def test_a_reader_who_has_seen_enough_is_no_error(repo: Repo) -> None:
    for place in range(30):
        repo.tag(f"a{place:04}@v0.0.1", message="long " * 1000)
    pipe = subprocess.PIPE
    with subprocess.Popen([*GTO, "print-state"], cwd=repo.path, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_full_disk_behind_stdout_is_one_line(repo: Repo) -> None:
    done(repo.gto("register", "nn"))
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run(
            [*GTO, "show"], cwd=repo.path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr


def test_too_few_descriptors_and_an_interrupt_at_the_start_are_one_line(repo: Repo, tmp_path: Path) -> None:
    for number in (3, 5, 8):  # while it imports, and while it starts git
        limit = f"resource.setrlimit(resource.RLIMIT_NOFILE, ({number}, {number}))"
        program = f"import resource, sys; from gto.__main__ import run; sys.argv = ['gto', 'show']; {limit}; run()"
        few = subprocess.run([sys.executable, "-c", program], cwd=repo.path, capture_output=True, check=False)
        assert few.returncode == 1
        assert "Too many open files" in few.stderr.decode()
        assert b"Traceback" not in few.stderr
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    stopped = subprocess.run([*GTO, "show"], cwd=repo.path, env=env, capture_output=True, check=False)
    assert (stopped.stderr, stopped.returncode) == (b"interrupted\n", 130)


def test_without_git_one_line_says_what_to_install(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    said(
        repo.gto("show", env={"PATH": str(tmp_path / "bin")}), "there is no git executable", "install git 2.34 or later"
    )


# --- completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_taught_to_complete(shell: str, tmp_path: Path) -> None:
    script = done(Repo(tmp_path).gto("completion", shell))
    assert "_GTO_COMPLETE" in script
    assert Repo(tmp_path).gto("completion", "tcsh").code == 2


def test_commands_options_and_artifacts_complete(repo: Repo) -> None:
    for name in ("churn", "charm", "rf"):
        done(repo.gto("register", name))

    def complete(*words: str) -> list[str]:
        env = {"_GTO_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        return [line.partition(",")[2] for line in repo.gto(env=env).stdout.splitlines()]

    assert complete("gto", "reg") == ["register"]
    assert complete("gto", "show", "ch") == ["charm", "churn"]
    assert "--bump-minor" in complete("gto", "register", "rf", "--bump")
    assert "print-state" not in complete("gto", "p")


def test_completion_outside_a_repository_is_silent(tmp_path: Path) -> None:
    env = {"_GTO_COMPLETE": "bash_complete", "COMP_WORDS": "gto show c", "COMP_CWORD": "2"}
    result = Repo(tmp_path).gto(env=env)
    assert (result.stdout.strip(), result.stderr) == ("", "")
