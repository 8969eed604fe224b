"""Several repositories as one registry: a catalogue kept, shown, fetched; what is broken in it told apart."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gto import api, exceptions
from tests.repo import GTO, START, TICK, Repo
from tests.server import Fault, serve
from tests.stories.healthy import copy, done, make_healthy, said

if TYPE_CHECKING:
    from collections.abc import Callable

DVC_YAML = """\
artifacts:
  churn: {path: churn.pkl, type: model, labels: [nlp], desc: Who leaves}
  data: {path: data.csv, type: dataset}
"""


@pytest.fixture
def home(tmp_path: Path) -> Repo:
    """Repositories `one` and `two`, in a directory where commands run."""
    one = make_healthy(tmp_path / "one")
    one.commit("annotate", {"dvc.yaml": DVC_YAML})
    done(one.gto("register", "churn"))
    two = make_healthy(tmp_path / "two")
    done(two.gto("register", "team/fraud", "--version", "v1.2.3"))
    done(two.gto("assign", "team/fraud", "--stage", "dev", "--version", "v1.2.3"))
    return Repo(tmp_path)


@pytest.fixture
def both(home: Repo) -> Repo:
    """The same, with both in the catalogue."""
    done(home.gto("repos", "add", "two", "one"))
    return home


def column(text: str, number: int = 0) -> list[str]:
    """The cells of one column of a plain table, without its head."""
    return [line.split()[number] for line in text.splitlines()[1:]]


def test_repositories_are_added_listed_and_removed(home: Repo) -> None:
    file = home.path / "home.yaml"
    say = done(home.gto("repos", "add", "one", "--catalog", "home.yaml", "--group", "eu", "--branch", "main"))
    assert say == "Added 'one' to home.yaml\n"
    assert done(home.gto("repos", "add", "./t*", "--catalog", "home.yaml", "--json")) == (
        json.dumps({"file": "home.yaml", "added": ["two"]}, indent=4) + "\n"
    )
    assert file.read_text() == "repos:\n- path: one\n  group: eu\n  branch: main\n- glob: 't*'\n"
    listed = done(home.gto("repos", "list", "--catalog", "home.yaml", "--plain")).splitlines()
    assert [line.split() for line in listed] == [
        ["name", "groups", "branch", "address"],
        ["one", "eu", "main", str(home.path / "one")],
        ["two", "-", "-", str(home.path / "two")],
    ]
    found = json.loads(done(home.gto("repos", "list", "--catalog", "home.yaml", "--json", "--group", "eu")))
    one = {"name": "one", "path": str(home.path / "one"), "groups": ["eu"], "branch": "main", "glob": None}
    assert found == {"file": "home.yaml", "repos": [one], "problems": []}
    assert done(home.gto("repos", "remove", "one", "--catalog", "home.yaml")) == "Removed 'one' from home.yaml\n"
    removed = json.loads(done(home.gto("repos", "remove", "t*", "--catalog", "home.yaml", "--json")))
    assert removed == {"file": "home.yaml", "removed": ["t*"]}
    assert file.read_text() == "repos: []\n"
    assert "Nothing found" in done(home.gto("show", "--catalog", "home.yaml"))


def test_the_users_own_catalogue_lies_in_the_directory_of_configuration(both: Repo) -> None:
    file = os.path.join(os.environ["XDG_CONFIG_HOME"], "gto", "repos.yaml")
    with open(file, encoding="utf-8") as text:
        assert text.read() == f"repos:\n- path: {both.path}/two\n- path: {both.path}/one\n"
    assert json.loads(done(both.gto("repos", "list", "--json")))["file"] == file


def test_without_a_catalogue_the_error_says_how_to_begin_one(home: Repo) -> None:
    said(home.gto("show", "--all"), "There is no catalogue in", "`gto repos add PATH` begins one")
    said(home.gto("repos", "list", "--catalog", "no.yaml"), "`gto repos add PATH --catalog no.yaml` begins one")
    assert "Nothing found" in done(home.gto("repos", "list"))


def test_one_table_shows_all_artifacts_in_the_catalogues_order(both: Repo) -> None:
    lines = [line.split() for line in done(both.gto("show", "--all", "--plain")).splitlines()]
    assert lines == [
        ["name", "latest", "#dev", "#prod"],
        ["two/ok", "v0.0.1", "-", "v0.0.1"],
        ["two/team/fraud", "v1.2.3", "v1.2.3", "-"],
        ["one/churn", "v0.0.1", "-", "-"],
        ["*one/data", "-", "-", "-"],
        ["one/ok", "v0.0.1", "-", "v0.0.1"],
    ]
    shown = json.loads(done(both.gto("show", "--all", "--json")))
    assert list(shown["artifacts"]) == ["two/ok", "two/team/fraud", "one/ok", "one/churn", "one/data"]
    stage = {"dev": "v1.2.3", "prod": None}
    assert shown["artifacts"]["two/team/fraud"] == {
        "version": "v1.2.3",
        "stage": stage,
        "registered": True,
        "active": True,
    }
    assert shown["problems"] == []
    assert done(both.gto("show", "--all")).splitlines()[3].split() == [
        "│",
        "two/ok",
        "│",
        "v0.0.1",
        "│",
        "-",
        "│",
        "v0.0.1",
        "│",
    ]


def test_an_address_names_a_repository_an_artifact_a_stage_a_version(both: Repo) -> None:
    assert column(done(both.gto("show", "--all", "two", "--plain"))) == ["two/ok", "two/team/fraud"]
    for address in ("two/team/fraud", "two/team/fraud#dev", "two/team/fraud@latest", "two/team/fraud@v1.2.3"):
        rows = done(both.gto("show", "--all", address, "--plain")).splitlines()
        assert rows[1].split()[:3] == ["two/team/fraud", "v1.2.3", "dev"]
    assert done(both.gto("show", "--all", "two/team/fraud#dev", "--version")) == "v1.2.3\n"
    assert "Nothing found" in done(both.gto("show", "--all", "two/team/fraud#prod"))
    assert "Nothing found" in done(both.gto("show", "--all", "two/ok", "--in-stage", "dev"))
    assert both.gto("show", "--all", "two/team/fraud#prod", "-e").code == 1
    shown = json.loads(done(both.gto("show", "--all", "two/team/fraud", "--json")))
    assert (shown["repo"], shown["problems"]) == ("two", [])
    alone = json.loads(done(Repo(both.path / "two").gto("show", "team/fraud", "--json")))
    assert shown["versions"] == alone


def test_an_address_of_nothing_says_so(both: Repo) -> None:
    said(both.gto("show", "--all", "three/x"), "No repository of the catalogue is called 'three'", "gto repos list")
    said(both.gto("show", "--all", "/x"), "names no repository")
    said(both.gto("show", "--all", "one/nope"), "❌ one: Cannot find artifact 'nope'", "`gto show --all one`")
    missing = both.gto("show", "--all", "one/nope", "--json")
    assert json.loads(done(missing, 1))["versions"] == []
    assert json.loads(missing.stdout)["problems"][0]["repo"] == "one"


def test_the_options_of_show_count_for_all(both: Repo) -> None:
    def names(*words: str) -> list[str]:
        return column(done(both.gto("show", "--all", "--plain", *words)))

    assert names("--type", "model") == ["one/churn"]
    assert names("--label", "nlp") == ["one/churn"]
    assert names("--in-stage", "dev") == ["two/team/fraud"]
    assert names("--at", "2022-01-01") == ["two/ok", "two/team/fraud", "one/churn", "one/ok"]
    assert "*one/data" in names("--all-branches")
    done(Repo(both.path / "one", START + 10 * TICK).gto("deprecate", "churn"))
    assert "one/churn" not in names()
    assert "one/churn" in names("-d")
    assert done(both.gto("show", "--all", "two", "--name")).splitlines() == ["two/ok", "two/team/fraud"]
    said(both.gto("show", "--all", "two/ok", "--type", "model"), "--type is for the whole registry")
    assert both.gto("show", "--all", "--in-stage", "none", "-e").code == 1


def test_a_file_implies_all_and_excludes_one_repository(both: Repo) -> None:
    (both.path / "c.yaml").write_text("repos:\n- path: one\n")
    assert column(done(both.gto("show", "--catalog", "c.yaml", "--plain", "--in-stage", "prod"))) == ["one/ok"]
    for words in (["show"], ["history"], ["search", "ok"]):
        said(both.gto(*words, "--all", "-r", "one"), "leave one of them out")
        said(Repo(both.path / "one").gto(*words, "--group", "eu"), "--group is for a catalogue", "add --all")
        said(Repo(both.path / "one").gto(*words, "--timeout", "3"), "--timeout is for a catalogue")
    assert both.gto("show", "--all", "--timeout", "0").code == 2
    assert both.gto("show", "--all", "--json", "--plain").code == 2


def test_the_journal_of_all_is_in_one_order(both: Repo) -> None:
    rows = done(both.gto("history", "--all", "--plain")).splitlines()[1:]
    times = [row[:19] for row in rows]
    assert times == sorted(times, reverse=True)
    assert len(rows) == 7
    ascending = done(both.gto("history", "--all", "--plain", "--ascending")).splitlines()[1:]
    assert sorted(ascending) == sorted(rows)
    assert [row[:19] for row in ascending] == sorted(times)
    events = json.loads(done(both.gto("history", "--all", "two/team/fraud", "--json")))
    assert events["problems"] == []
    assert [(event["repo"], event["artifact"], event["event"]) for event in events["events"]] == [
        ("two", "team/fraud", "assignment"),
        ("two", "team/fraud", "registration"),
    ]
    assert len(json.loads(done(both.gto("history", "--all", "two", "--json")))["events"]) == 4
    said(both.gto("history", "--all", "three"), "called 'three'")
    assert done(both.gto("history", "--all", "two", "--until", "2021-01-01")).startswith("Nothing found")


def test_groups_choose(both: Repo) -> None:
    make_healthy(both.path / "three")
    done(both.gto("repos", "add", "three", "--group", "eu", "--group", "us"))
    assert column(done(both.gto("show", "--all", "--group", "eu", "--plain"))) == ["three/ok"]
    assert {
        row["repo"] for row in json.loads(done(both.gto("history", "--all", "--group", "us", "--json")))["events"]
    } == {"three"}
    said(both.gto("show", "--all", "--group", "asia"), "No repository of the catalogue is in group 'asia'")


def test_the_branch_of_an_entry_gives_the_annotations(home: Repo) -> None:
    one = Repo(home.path / "one")
    one.git("checkout", "--quiet", "-b", "next")
    one.commit("more", {"dvc.yaml": "artifacts: {later: {path: x}}\n"})
    one.git("checkout", "--quiet", "main")
    done(home.gto("repos", "add", "one", "--branch", "next"))
    assert "*one/later" in column(done(home.gto("show", "--all", "--plain")))
    assert "*one/data" not in column(done(home.gto("show", "--all", "--plain")))
    one.git("branch", "--quiet", "-D", "next")
    said(home.gto("show", "--all"), "one: Ref 'next' was not found")


def test_what_was_set_aside_is_a_note(both: Repo) -> None:
    Repo(both.path / "one").tag("churn@v7.0.0", annotated=False)
    shown = both.gto("show", "--all")
    assert shown.code == 0
    assert shown.stderr == f"note: one: 1 tag(s) were set aside: see `gto doctor -r {both.path}/one`\n"


# --- remote repositories


def test_a_url_is_fetched_shown_and_said_to_be_up_to_date(home: Repo) -> None:
    two = Repo(home.path / "two")
    url = f"file://{home.path}/two"
    done(home.gto("repos", "add", url, "one"))
    assert "two/team/fraud" in column(done(home.gto("show", "--all", "--plain")))
    assert done(home.gto("repos", "sync")) == "two: up to date, 4 tag(s)\n"
    two.tag("ok@v3.0.0")
    two.git("tag", "--delete", "team/fraud#dev#1")
    assert done(home.gto("repos", "sync", "one", "two")) == "two: 1 new tag(s), 1 gone\none: local, nothing to fetch\n"
    two.tag("ok@v4.0.0")
    assert done(home.gto("show", "--all", "two/ok@latest", "--version", "--offline")) == "v3.0.0\n"
    assert done(home.gto("show", "--all", "two/ok@latest", "--version")) == "v4.0.0\n"
    shutil.move(two.path, home.path / "away")
    gone = home.gto("show", "--all", "--plain")
    assert "one/ok" in column(done(gone, 1))
    assert gone.stderr.startswith(f"❌ two: Cannot reach '{url}'")
    assert "--offline" in gone.stderr
    synced = home.gto("repos", "sync", "--json")
    assert json.loads(done(synced, 1))["problems"][0]["repo"] == "two"
    assert "two/ok" in column(done(home.gto("show", "--all", "--plain", "--offline")))


def test_a_server_that_hangs_is_given_up_and_nothing_is_left_running(both: Repo) -> None:
    with serve(both.path / "server") as server:
        bare = server.new("far.git")
        Repo(both.path / "two").git("push", "--quiet", str(bare.path), "main", "--tags")
        done(both.gto("repos", "add", server.url("far.git")))
        assert done(both.gto("repos", "sync")) == "far: fetched, 4 tag(s)\n"
        assert "far/ok" in column(done(both.gto("show", "--all", "--plain")))
        server.fail(Fault("hang"))
        result = both.gto("show", "--all", "--plain", "--timeout", "1")
        assert set(column(done(result, 1))) >= {"one/ok", "two/ok"}
        assert result.stderr.startswith("❌ far: ")
        assert "no answer within 1 seconds" in result.stderr
        assert len(result.stderr.splitlines()) == 2
        assert not running(server.url("far.git"))
        assert "far/ok" in column(done(both.gto("show", "--all", "--plain", "--offline")))
        server.mend()
        assert done(both.gto("repos", "sync", "far")) == "far: up to date, 4 tag(s)\n"


def running(word: str) -> list[str]:
    """The command lines of processes that name something."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in found if word in line]


def test_the_first_sync_fetches_and_offline_fails_before_it(home: Repo) -> None:
    done(home.gto("repos", "add", f"file://{home.path}/two", "--branch", "main"))
    said(home.gto("show", "--all", "--offline"), "two: Nothing", "leave out --offline once")
    assert done(home.gto("repos", "sync")) == "two: fetched, 4 tag(s)\n"
    found = json.loads(done(home.gto("repos", "sync", "--json")))
    assert found == {
        "repos": [{"repo": "two", "is_remote": True, "is_new": False, "tags": 4, "added": 0, "gone": 0}],
        "problems": [],
    }
    said(home.gto("repos", "sync", "three"), "called 'three'")


def test_without_remote_repositories_there_is_nothing_to_fetch(both: Repo) -> None:
    assert done(both.gto("repos", "sync")) == "The catalogue has no remote repositories\n"


def test_a_secret_in_a_url_is_neither_stored_nor_printed(both: Repo) -> None:
    refused = both.gto("repos", "add", "https://me:hunter-two-two@example.com/x.git")
    said(refused, "'https://example.com/x.git' carries a secret", "credential helper")
    (both.path / "c.yaml").write_text("repos:\n- url: https://hunter-two-two@example.com/x.git\n")
    for words in (["show"], ["repos", "list"], ["repos", "add", "one"], ["repos", "sync"]):
        stored = both.gto(*words, "--catalog", "c.yaml")
        said(stored, "line 2: The URL of 'https://example.com/x.git' carries a secret")
        assert "hunter" not in refused.stderr + stored.stderr + stored.stdout


# --- what is broken


def corrupt(path: Path) -> None:
    """Make the file of packed refs unreadable."""
    (path / ".git" / "packed-refs").write_bytes(b"\x00garbage\n")


def hang(path: Path) -> None:
    """Let git wait for ever where it reads which branch it is on."""
    (path / ".git" / "HEAD").unlink()
    os.mkfifo(path / ".git" / "HEAD")


def test_of_fifty_one_corrupt_one_missing_one_hanging_47_are_shown_and_3_explained(tmp_path: Path) -> None:
    source = make_healthy(tmp_path / "source")
    (tmp_path / "repos").mkdir()
    for number in range(50):
        copy(source.path, tmp_path / "repos" / f"r{number:02}")
    entries = [f"- path: repos/r{number:02}\n" for number in range(50)]
    (tmp_path / "c.yaml").write_text("repos:\n" + "".join(entries))
    corrupt(tmp_path / "repos" / "r07")
    shutil.rmtree(tmp_path / "repos" / "r13")
    hang(tmp_path / "repos" / "r21")
    shown = Repo(tmp_path).gto("show", "--catalog", "c.yaml", "--json", "--timeout", "3")
    answer = json.loads(done(shown, 1))
    assert list(answer["artifacts"]) == [f"r{n:02}/ok" for n in range(50) if n not in {7, 13, 21}]
    assert [problem["repo"] for problem in answer["problems"]] == ["r07", "r13", "r21"]
    corrupted, missing, hanging = answer["problems"]
    assert "packed-refs" in corrupted["error"]
    assert f"{tmp_path}/repos/r07" in corrupted["hint"]
    assert missing["error"] == f"No Git repo found in '{tmp_path}/repos/r13'"
    assert "gto repos remove r13" in missing["hint"]
    assert "no answer within 3 seconds" in hanging["error"]
    assert "--timeout" in hanging["hint"]
    assert not running(str(tmp_path / "repos" / "r21"))
    lines = shown.stderr.splitlines()
    assert lines[::2] == [f"❌ {problem['repo']}: {problem['error']}" for problem in answer["problems"]]
    assert lines[1::2] == [f"   {problem['hint']}" for problem in answer["problems"]]


def wrong_config(path: Path) -> None:
    (path / ".gto").write_text("stages: [dev\n")


def empty_directory(path: Path) -> None:
    shutil.rmtree(path / ".git")


def no_head(path: Path) -> None:
    (path / ".git" / "HEAD").unlink()


@pytest.mark.parametrize(
    ("break_", "words"),
    [
        (corrupt, "packed-refs"),
        (hang, "no answer within 1 seconds"),
        (wrong_config, ".gto, line"),
        (empty_directory, "No Git repo found"),
        (no_head, "No Git repo found"),
    ],
)
def test_one_broken_repository_is_one_line_of_each_command(
    both: Repo, break_: Callable[[Path], None], words: str
) -> None:
    break_(both.path / "two")
    for command in (["show"], ["history"], ["search", "ok"]):
        if command == ["history"] and break_ is wrong_config:
            continue  # it does not read the configuration
        result = both.gto(*command, "--all", "--plain", "--timeout", "1")
        assert "one/ok" in done(result, 1)
        assert len(result.stderr.splitlines()) == 2
        assert result.stderr.startswith("❌ two: ")
        assert words in result.stderr


def test_a_repository_that_is_gone_is_not_looked_for_around_its_place(repo: Repo) -> None:
    make_healthy(repo.path / "inner")
    done(repo.gto("register", "outer"))
    done(repo.gto("repos", "add", "inner"))
    shutil.rmtree(repo.path / "inner" / ".git")
    said(repo.gto("show", "--all"), "inner: No Git repo found")


def test_names_that_hold_control_characters_do_not_reach_the_terminal(home: Repo) -> None:
    make_healthy(home.path / "evil" / "x\x1b[2Jy")
    done(home.gto("repos", "add", "evil/*"))
    shown = done(home.gto("show", "--all", "--plain")) + done(home.gto("repos", "list"))
    assert "\x1b" not in shown
    assert "x-2Jy/ok" in shown


def test_a_hostile_catalogue_is_one_line(home: Repo) -> None:
    (home.path / "c.yaml").write_bytes(b"[" * 100_000)
    for words in (
        ["show"],
        ["history"],
        ["search", "x"],
        ["repos", "list"],
        ["repos", "sync"],
        ["repos", "add", "one"],
    ):
        said(home.gto(*words, "--catalog", "c.yaml"), "c.yaml")


def test_processes_that_add_at_once_lose_nothing(home: Repo) -> None:
    words = [[*GTO, "repos", "add", f"https://example.com/r{number}"] for number in range(12)]
    processes = [subprocess.Popen(argv, cwd=home.path, stdout=subprocess.DEVNULL) for argv in words]
    assert [process.wait(60) for process in processes] == [0] * 12
    listed = json.loads(done(home.gto("repos", "list", "--json")))["repos"]
    assert sorted(one["name"] for one in listed) == sorted(f"r{number}" for number in range(12))


def test_a_bar_is_drawn_on_a_terminal_after_a_second_and_is_gone_at_the_end(both: Repo) -> None:
    hang(both.path / "two")
    main, side = pty.openpty()
    with subprocess.Popen(
        [*GTO, "show", "--all", "--plain", "--timeout", "2"], cwd=both.path, stdout=subprocess.PIPE, stderr=side
    ) as process:
        os.close(side)
        out = process.communicate()[0].decode()
    heard = b""
    while True:
        try:
            part = os.read(main, 1 << 16)
        except OSError:  # the terminal's other side is closed
            break
        if not part:
            break
        heard += part
    os.close(main)
    assert "one/ok" in out
    text = heard.decode()
    assert "[###############...............] 1/2 repositories" in text
    assert text.index("1/2 repositories") < text.index("\r\x1b[K", text.index("1/2 repositories"))
    assert text.index("1/2 repositories") < text.index("two: git rev-parse failed")


def test_the_next_time_less_is_read_and_the_same_is_shown(both: Repo) -> None:
    first = done(both.gto("show", "--all"))
    assert (both.path / "one" / ".git" / "gto" / "standings").exists()
    assert done(both.gto("show", "--all")) == first
    assert done(both.gto("show", "--all", env={"GTO_CACHE": "false"})) == first
    Repo(both.path / "one").commit("no annotations", {"dvc.yaml": "artifacts: {fresh: {path: x}}\n"})
    moved = column(done(both.gto("show", "--all", "--plain")))
    assert "*one/fresh" in moved
    assert "*one/data" not in moved
    Repo(both.path / "one").commit(
        "the index has another name", {".gto": "index: other.yaml\n", "other.yaml": "else: {}\n"}
    )
    assert "*one/else" in column(done(both.gto("show", "--all", "--plain")))
    (both.path / "one" / ".gto").write_text("index: artifacts.yaml\n")
    assert "*one/else" not in column(done(both.gto("show", "--all", "--plain")))


def test_the_api_gives_what_the_commands_print_as_json(both: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    def printed(*words: str) -> object:
        return json.loads(done(both.gto(*words, "--json")))

    def as_json(value: object) -> object:
        return json.loads(json.dumps(value, default=lambda time: time.isoformat()))

    assert as_json(api.show_all()) == printed("show", "--all")
    assert as_json(api.show_all(address="two")) == printed("show", "--all", "two")
    assert as_json(api.show_all(address="two/ok#prod")) == printed("show", "--all", "two/ok#prod")
    assert as_json(api.history_all(ascending=True)) == printed("history", "--all", "--ascending")
    assert as_json(api.history_all(address="one/ok")) == printed("history", "--all", "one/ok")
    assert as_json(api.search("PROD")) == printed("search", "PROD", "--all")
    assert as_json(api.search("prod", repo=both.path / "one")) == printed("search", "prod", "-r", "one")
    with pytest.raises(exceptions.UsageError, match="group 'eu'"):
        api.show_all(groups=["eu"])
    monkeypatch.chdir(both.path)
    with pytest.raises(exceptions.NoCatalogue):
        api.search("x", catalog="none.yaml")
    shutil.rmtree(both.path / "two")
    problems = api.show_all(groups=())["problems"]
    assert isinstance(problems, list)
    assert [problem["repo"] for problem in problems] == ["two"]
