"""`-r URL`: a remote repository read and written without a clone of its own, through a mirror that is kept."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gto import api
from tests.repo import START, TICK, Repo, run
from tests.server import FETCH, PUSH, Fault, serve
from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server import Server

LATER = START + 300 * TICK


@pytest.fixture
def bare(server: Server) -> Repo:
    """The repository that is served; it has no commit yet."""
    made = server.new("models.git", "uploadpack.allowFilter=true")
    made.clock = LATER
    return made


@pytest.fixture
def work(server: Server, bare: Repo, tmp_path: Path) -> Repo:
    """A clone of it, with two versions of `nn` pushed, the first in prod, and annotations at the tip of main."""
    assert bare.path.exists()
    made = clone(server, tmp_path / "work")
    made.commit("first", {"artifacts.yaml": "nn: {type: model}\nonly: {type: dataset}\n", "model": "x" * 10_000})
    made.git("push", "--quiet", "origin", "HEAD:main")
    done(made.gto("assign", "nn", "--stage", "prod", "--push"))
    made.commit("second", {"model": "y" * 10_000, "dvc.yaml": "artifacts:\n  cv: {type: model, path: model}\n"})
    made.git("push", "--quiet", "origin", "HEAD:main")
    done(made.gto("register", "nn", "--push"))
    return made


def clone(server: Server, place: Path) -> Repo:
    Repo(place.parent).git("clone", "--quiet", server.url(), str(place))
    return Repo(place)


@pytest.fixture
def away(tmp_path: Path) -> Repo:
    """A directory that is no repository, from which URLs are named."""
    (tmp_path / "away").mkdir()
    return Repo(tmp_path / "away", LATER)


def mirrors(away: Repo) -> list[Path]:
    assert away.path.exists()
    return sorted(Path(json.loads(done(away.gto("cache", "info", "--json")))["directory"]).glob("*.git"))


# --- reading


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("show", "nn"),
        ("show", "nn@latest", "--ref"),
        ("show", "nn#prod", "--json"),
        ("show", "--json"),
        ("show", "--type", "dataset"),
        ("show", "-A"),
        ("history",),
        ("history", "nn", "--json"),
        ("stages",),
        ("check-ref", "nn#prod#1", "--json"),
        ("describe", "nn", "--json"),
        ("describe", "cv", "--path"),
        ("describe", "nn@v0.0.1", "--type"),
        ("tags",),
        ("print-state",),
    ],
)
def test_every_read_says_what_it_says_in_a_clone(
    words: tuple[str, ...], work: Repo, server: Server, away: Repo
) -> None:
    expected = done(work.gto(*words))
    for _ in range(2):
        assert done(away.gto(*words, "-r", server.url())) == expected
    assert done(away.gto(*words, "-r", server.url(), "--offline")) == expected


def test_what_changes_on_the_remote_is_seen(work: Repo, server: Server, away: Repo) -> None:
    url = server.url()
    assert "v0.0.2" in done(away.gto("show", "-r", url))
    work.commit("third", {"artifacts.yaml": "new: {type: model}\n"})
    work.git("push", "--quiet", "origin", "HEAD:main")
    done(work.gto("register", "nn", "--push"))
    work.git("push", "--quiet", "origin", ":refs/tags/nn#prod#1")
    found = json.loads(done(away.gto("show", "-r", url, "--json")))
    assert found["nn"]["version"] == "v0.0.3"
    assert "prod" not in found["nn"]["stage"]
    assert "new" in found
    assert "only" not in found


def test_experiments_of_dvc_come_into_the_mirror_and_go_again(work: Repo, server: Server, away: Repo) -> None:
    head = work.git("rev-parse", "HEAD")
    first, second = (f"refs/exps/{head[:2]}/{head[2:]}/{name}" for name in ("shy-elm", "quiet-oak"))
    work.git("push", "--quiet", "origin", f"HEAD:{first}")
    done(away.gto("show", "-r", server.url()))
    mirror = Repo(mirrors(away)[0])
    assert mirror.refs("refs/exps") == {first: head}
    work.git("push", "--quiet", "origin", f"HEAD:{second}", f":{first}")
    done(away.gto("show", "-r", server.url()))
    assert mirror.refs("refs/exps") == {second: head}


def test_a_moved_tag_and_a_rewritten_branch_are_seen(work: Repo, server: Server, away: Repo) -> None:
    before = done(away.gto("show", "nn@v0.0.2", "--json", "-r", server.url()))
    work.git("checkout", "--quiet", "--orphan", "other")
    work.commit("anew", {"artifacts.yaml": "other: {}\n"})
    work.git("push", "--quiet", "--force", "origin", "HEAD:main")
    work.git("tag", "-f", "-a", "-m", "moved", "nn@v0.0.2", "HEAD")
    work.git("push", "--quiet", "--force", "origin", "nn@v0.0.2")
    assert done(away.gto("show", "nn@v0.0.2", "--json", "-r", server.url())) != before
    assert "other" in done(away.gto("show", "-r", server.url()))


def test_what_the_user_has_every_remote_fetch_is_not_fetched_into_a_mirror(
    work: Repo, server: Server, away: Repo
) -> None:
    away.git("config", "--global", "remote.origin.fetch", "+refs/notes/*:refs/tags/*")
    away.git("config", "--global", "fetch.prune", "true")
    work.git("notes", "add", "-m", "a note")
    work.git("push", "--quiet", "origin", "refs/notes/*:refs/notes/*")
    for _ in range(2):
        assert "nn#prod#1" in done(away.gto("history", "nn", "-r", server.url()))
    (mirror,) = mirrors(away)
    assert "refs/tags/commits" not in Repo(mirror).refs()


def test_contents_are_fetched_in_one_request_and_only_once(work: Repo, server: Server, away: Repo) -> None:
    assert work.path.exists()
    server.forget()
    done(away.gto("show", "-r", server.url()))
    fetches = [one for one in server.requests if one.path.endswith(FETCH)]
    assert len(fetches) == 3  # the listing and the objects of the clone; the contents of both annotation files
    assert server.counts.sent < 10_000  # neither model is among it
    server.forget()
    done(away.gto("show", "-r", server.url()))
    assert [one.path.endswith(FETCH) for one in server.requests].count(True) <= 1


def test_the_branch_whose_annotations_count_may_be_named(work: Repo, server: Server, away: Repo) -> None:
    work.git("checkout", "--quiet", "-b", "trial")
    work.commit("trial", {"artifacts.yaml": "trial: {}\n"})
    work.git("push", "--quiet", "origin", "trial")
    assert "trial" not in done(away.gto("show", "-r", server.url()))
    assert "trial" in done(away.gto("show", "-r", server.url(), "--branch", "trial"))


def test_a_server_that_cannot_filter_is_read_too(work: Repo, server: Server, away: Repo) -> None:
    (server.root / "models.git/config").write_text("[core]\n\tbare = true\n", encoding="utf-8")
    assert done(away.gto("show", "-r", server.url())) == done(work.gto("show"))
    assert done(away.gto("describe", "nn", "-r", server.url())) == done(work.gto("describe", "nn", "--rev", "HEAD"))


def test_an_empty_remote_and_one_whose_head_names_no_branch_are_read(bare: Repo, server: Server, away: Repo) -> None:
    for _ in range(2):
        assert done(away.gto("show", "-r", server.url())) == "Nothing found in the current workspace\n"
    bare.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
    work = clone(server, away.path.parent / "work")
    work.git("checkout", "--quiet", "-b", "main")
    work.commit("first")
    done(work.gto("register", "nn", "--push"))
    for _ in range(2):
        assert "v0.0.1" in done(away.gto("show", "-r", server.url()))
    work.git("push", "--quiet", "origin", "main")
    bare.git("symbolic-ref", "HEAD", "refs/heads/main")
    assert "v0.0.1" in done(away.gto("show", "-r", server.url()))
    said(away.gto("show", "-r", server.url(), "--at", "never"), "'never'")


def test_a_sha256_repository_is_read_and_written(server: Server, away: Repo) -> None:
    made = server.new("sha256.git", "uploadpack.allowFilter=true")
    shutil.rmtree(made.path)
    made.path.mkdir()
    made.git("init", "--quiet", "--bare", "--object-format=sha256")
    work = Repo(away.path.parent / "work")
    work.path.mkdir()
    work.git("init", "--quiet", "--object-format=sha256")
    work.commit("first", {"artifacts.yaml": "nn: {type: model}\n"})
    work.git("push", "--quiet", server.url("sha256.git"), "HEAD:main")
    done(away.gto("register", "nn", "-r", server.url("sha256.git")))
    assert done(away.gto("describe", "nn", "--type", "-r", server.url("sha256.git"))) == "model\n"
    assert len(made.refs("refs/tags")["refs/tags/nn@v0.0.1"]) == 64


# --- the mirror


@pytest.mark.parametrize("what", ["HEAD", "config", "packed-refs", "objects", "refs", "everything", "garbage"])
def test_a_damaged_mirror_is_made_anew(what: str, work: Repo, server: Server, away: Repo) -> None:
    expected = done(work.gto("show"))
    assert done(away.gto("show", "-r", server.url())) == expected
    (place,) = mirrors(away)
    if what == "garbage":
        (place / "packed-refs").write_bytes(b"\x00garbage\n")
    elif what == "everything":
        for path in place.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif (place / what).is_dir():
        shutil.rmtree(place / what)
    else:
        (place / what).write_text("")
    for _ in range(2):
        assert done(away.gto("show", "-r", server.url())) == expected


def test_many_at_once_fetch_once(work: Repo, server: Server, away: Repo) -> None:
    expected = done(work.gto("show"))
    server.forget()
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda _: done(away.gto("show", "-r", server.url())), range(8)))
    assert set(shown) == {expected}
    assert len(mirrors(away)) == 1
    assert sum(one.sent > 1500 for one in server.requests) <= 2  # one clone, not eight


def test_offline_reads_what_was_fetched_and_says_where_nothing_was(work: Repo, server: Server, away: Repo) -> None:
    said(away.gto("show", "-r", server.url(), "--offline"), "Nothing of", "leave out --offline")
    expected = done(away.gto("show", "-r", server.url()))
    done(work.gto("assign", "nn", "--version", "v0.0.2", "--stage", "dev", "--push"))
    server.forget()
    assert done(away.gto("show", "-r", server.url(), "--offline")) == expected
    assert server.counts.requests == 0


def test_offline_says_where_the_contents_of_a_file_are_lacking(work: Repo, server: Server, away: Repo) -> None:
    work.commit("third", {"artifacts.yaml": "nn: {type: a}\n"})
    work.commit("fourth", {"artifacts.yaml": "nn: {type: b}\n"})
    work.git("push", "--quiet", "origin", "HEAD:main")
    done(away.gto("stages", "-r", server.url()))
    said(
        away.gto("describe", "nn", "--rev", "HEAD~1", "-r", server.url(), "--offline"), "file(s) of", "were not fetched"
    )


def test_a_tag_object_that_the_mirror_cannot_read_is_fetched_again(work: Repo, server: Server, away: Repo) -> None:
    expected = done(work.gto("show", "nn", "--json"))
    done(away.gto("show", "-r", server.url()))
    (place,) = mirrors(away)
    for pack in (place / "objects/pack").glob("*.pack"):
        data = pack.read_bytes()
        pack.chmod(0o644)
        pack.write_bytes(data[:100] + b"\0" * (len(data) - 140) + data[-40:])
    assert done(away.gto("show", "nn", "--json", "-r", server.url())) == expected
    assert done(away.gto("show", "-r", server.url())) == done(work.gto("show"))


def test_info_and_clear_say_what_is_kept(work: Repo, server: Server, away: Repo) -> None:
    assert work.path.exists()
    assert done(away.gto("cache", "info")).startswith("0 mirrors, 0 B")
    done(away.gto("show", "-r", server.url()))
    info = json.loads(done(away.gto("cache", "info", "--json")))
    assert [one["url"] for one in info["mirrors"]] == [server.url()]
    assert info["size"] == info["mirrors"][0]["size"] > 1000
    assert server.url() in done(away.gto("cache", "info"))
    said(away.gto("cache", "clear", "https://example.com/other"), "There is no mirror of", "gto cache info")
    assert "Removed 1 mirror," in done(away.gto("cache", "clear", server.url()))
    assert mirrors(away) == []
    done(away.gto("show", "-r", server.url()))
    done(away.gto("cache", "clear"))
    assert mirrors(away) == []


def test_mirrors_that_were_used_long_ago_make_room(work: Repo, server: Server, away: Repo) -> None:
    shutil.copytree(server.root / "models.git", server.root / "other.git")
    done(away.gto("show", "-r", server.url()))
    (first,) = mirrors(away)
    env = {"GTO_CACHE_SIZE": "1000"}
    done(away.gto("show", "-r", server.url("other.git"), env=env))
    assert len(mirrors(away)) == 2  # both were used within the hour
    run("touch", "-d", "2 hours ago", str(first / "gto-used"), cwd=work.path)
    done(away.gto("cache", "clear", server.url("other.git")))
    done(away.gto("show", "-r", server.url("other.git"), env=env))
    assert [place.name.startswith("other") for place in mirrors(away)] == [True]


def test_a_mirror_runs_nothing_and_keeps_no_setting_of_the_remote(work: Repo, server: Server, away: Repo) -> None:
    assert work.path.exists()
    done(away.gto("show", "-r", server.url()))
    (place,) = mirrors(away)
    assert not (place / "hooks").exists()
    assert "remote" not in (place / "config").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("show",), ("describe", "nn"), ("show", "--type", "model")])
def test_a_blob_that_the_mirror_cannot_read_is_fetched_again(
    words: tuple[str, ...], work: Repo, server: Server, away: Repo
) -> None:
    assert work.path.exists()
    expected = done(away.gto(*words, "-r", server.url()))
    spoil(away, server)
    for _ in range(2):
        assert done(away.gto(*words, "-r", server.url())) == expected
    spoil(away, server)
    result = away.gto("describe", "nn", "-r", server.url(), "--offline")
    said(result, "file(s) of", "were not fetched yet", "leave out --offline")


def test_an_annotation_erases_nothing_where_the_mirror_is_damaged(
    work: Repo, bare: Repo, server: Server, away: Repo
) -> None:
    assert work.path.exists()
    done(away.gto("describe", "nn", "-r", server.url()))
    spoil(away, server)
    done(away.gto("annotate", "nn", "--label", "x", "--commit", "-r", server.url()))
    assert "only: {type: dataset}" in bare.git("show", "main:artifacts.yaml")


def spoil(away: Repo, server: Server) -> None:
    """Make every content unreadable that the mirror has of the files of main."""
    (place,) = mirrors(away)
    mirror = Repo(place)
    for pack in (place / "objects/pack").glob("*.pack"):
        listed = mirror.git("verify-pack", "-v", str(pack.with_suffix(".idx"))).splitlines()
        starts = sorted(int(line.split()[4]) for line in listed if line.split()[1:2] == ["blob"])
        data = bytearray(pack.read_bytes())
        for start in starts:
            data[start + 3 : start + 11] = b"\xff" * 8
        pack.chmod(0o644)
        pack.write_bytes(data)
    assert server.port


def test_a_stamp_in_the_future_counts_for_nothing(work: Repo, server: Server, away: Repo) -> None:
    done(away.gto("show", "-r", server.url()))
    (place,) = mirrors(away)
    run("touch", "-d", "1 day", str(place / "gto-fetched"), cwd=away.path)
    done(work.gto("assign", "nn", "--version", "v0.0.2", "--stage", "prod", "--push"))
    assert done(away.gto("show", "nn#prod", "--version", "-r", server.url())) == "v0.0.2\n"


@pytest.mark.parametrize(
    "words", [("register", "new"), ("deprecate", "nn"), ("annotate", "x", "--path", "y", "--commit")]
)
def test_offline_writes_nothing(words: tuple[str, ...], work: Repo, bare: Repo, server: Server, away: Repo) -> None:
    assert work.path.exists()
    done(away.gto("show", "-r", server.url()))
    before = bare.refs()
    said(away.gto(*words, "--offline", "-r", server.url()), "--offline only reads")
    assert bare.refs() == before


def test_what_killed_clones_left_is_swept(work: Repo, server: Server, away: Repo) -> None:
    assert work.path.exists()
    done(away.gto("show", "-r", server.url()))
    (place,) = mirrors(away)
    (place.parent / f"{place.name}.1.new").mkdir()
    place.rename(place.parent / "other.git.2.new")
    place.write_text("a file in its place", encoding="utf-8")
    assert "v0.0.2" in done(away.gto("show", "-r", server.url()))
    assert not (place.parent / f"{place.name}.1.new").exists()
    done(away.gto("cache", "clear"))
    assert list(place.parent.glob("*.new")) == []


# --- credentials


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    """A server that wants a name and a password, with one repository."""
    with serve(tmp_path / "guarded", ("ada", "correct-horse")) as running:
        bare = running.new("models.git", "uploadpack.allowFilter=true")
        work = Repo(tmp_path / "seed")
        work.path.mkdir()
        work.git("init", "--quiet")
        work.commit("first", {"artifacts.yaml": "nn: {type: model}\n"})
        work.git("push", "--quiet", str(bare.path), "HEAD:main")
        yield running


def test_a_password_in_a_url_is_used_and_neither_kept_nor_shown(guarded: Server, away: Repo) -> None:
    url = guarded.url(userinfo="ada:correct-horse")
    done(away.gto("register", "nn", "-r", url))
    result = away.gto("-v", "show", "-r", url)
    assert "v0.0.1" in result.stdout
    assert "correct-horse" not in result.stdout + result.stderr
    kept = json.loads(done(away.gto("cache", "info", "--json")))
    assert [one["url"] for one in kept["mirrors"]] == [guarded.url()]
    root = Path(kept["directory"])
    files = [path for path in root.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not any(b"correct-horse" in path.read_bytes() or "horse" in str(path) for path in files)


def test_a_wrong_password_is_refused_and_not_shown(guarded: Server, away: Repo) -> None:
    result = away.gto("show", "-r", guarded.url(userinfo="ada:wrong-donkey"))
    said(result, "Cannot reach 'http://127.0.0.1:", "Authentication failed")
    assert "donkey" not in result.stderr
    said(away.gto("show", "-r", guarded.url()), "Cannot reach", "could not read Username")
    assert mirrors(away) == []


def test_git_s_own_credential_helper_is_asked(guarded: Server, away: Repo, tmp_path: Path) -> None:
    helper = tmp_path / "helper"
    helper.write_text("#!/bin/sh\necho username=ada\necho password=correct-horse\n", encoding="utf-8")
    helper.chmod(0o755)
    away.git("config", "--global", "credential.helper", str(helper))
    done(away.gto("register", "nn", "-r", guarded.url()))
    assert "v0.0.1" in done(away.gto("show", "-r", guarded.url()))


# --- writing


def test_an_event_written_through_a_url_is_on_the_remote(work: Repo, bare: Repo, server: Server, away: Repo) -> None:
    url = server.url()
    assert "nn@v0.0.1" in bare.git("tag", "-l")
    said(away.gto("register", "nn", "-r", url), "is already registered in this commit with version 'v0.0.2'")
    printed = done(away.gto("assign", "nn", "--version", "v0.0.2", "--stage", "prod", "-r", url))
    assert "Successfully pushed git tag nn#prod#2 on remote." in printed
    assert "refs/tags/nn#prod#2" in bare.refs("refs/tags")
    assert done(away.gto("show", "nn#prod", "--version", "-r", url, "--offline")) == "v0.0.2\n"
    done(away.gto("rollback", "nn", "--stage", "prod", "-r", url))
    assert done(away.gto("show", "nn#prod", "--version", "-r", url)) == "v0.0.1\n"
    done(away.gto("deprecate", "nn", "v0.0.2", "-r", url))
    done(away.gto("deprecate", "nn", "v0.0.1", "--delete", "-r", url))
    work.git("fetch", "--quiet", "--prune", "--prune-tags", "origin")
    assert work.refs("refs/tags") == bare.refs("refs/tags")
    assert done(away.gto("show", "nn", "-d", "-r", url)) == done(work.gto("show", "nn", "-d"))


def test_a_refused_event_leaves_nothing_in_the_mirror(work: Repo, bare: Repo, server: Server, away: Repo) -> None:
    hook = bare.path / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Only Grace may release.' >&2; exit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    result = away.gto("assign", "nn", "--version", "v0.0.2", "--stage", "dev", "-r", server.url())
    assert result.code == 1
    assert "Only Grace may release." in result.stderr
    assert "Traceback" not in result.stderr
    assert done(away.gto("show", "-r", server.url(), "--offline")) == done(work.gto("show"))
    said(away.gto("register", "nn", "--keep-local", "-r", server.url()), "--keep-local needs a clone")


def test_the_mirror_sees_what_others_wrote_before_it_decides(work: Repo, server: Server, away: Repo) -> None:
    done(away.gto("show", "-r", server.url()))
    work.commit("third")
    work.git("push", "--quiet", "origin", "HEAD:main")
    work.clock = away.clock
    done(work.gto("register", "nn", "--version", "v2.0.0", "--push"))
    away.clock = work.clock
    said(away.gto("register", "nn", "-r", server.url()), "already registered in this commit with version 'v2.0.0'")
    work.commit("fourth")
    work.git("push", "--quiet", "origin", "HEAD:main")
    said(away.gto("register", "nn", "--version", "v2.0.0", "-r", server.url()), "Version 'v2.0.0' already was")
    assert "nn@v2.0.1" in done(away.gto("register", "nn", "-r", server.url()))


@pytest.mark.parametrize("fault", [Fault("hang after", PUSH), Fault("lose", PUSH), Fault("lose", PUSH, times=1)])
def test_where_the_answer_to_a_push_is_lost_the_remote_is_asked(
    fault: Fault, work: Repo, bare: Repo, server: Server
) -> None:
    server.fail(fault)
    printed = done(
        work.gto("assign", "nn", "--version", "v0.0.2", "--stage", "dev", "--push", env={"GTO_TIMEOUT": "3"})
    )
    assert "Successfully pushed git tag nn#dev#2" in printed
    assert work.refs("refs/tags") == bare.refs("refs/tags")


@pytest.mark.parametrize("words", [("show",), ("register", "nn"), ("annotate", "nn", "--type", "x", "--commit")])
def test_a_remote_that_hangs_is_given_up_in_time(
    words: tuple[str, ...], work: Repo, bare: Repo, server: Server, away: Repo
) -> None:
    before = bare.refs()
    done(away.gto("show", "-r", server.url()))
    server.fail(Fault("hang"))
    said(away.gto(*words, "-r", server.url(), env={"GTO_TIMEOUT": "1.5"}), "no answer within 1.5 seconds")
    server.mend()
    assert bare.refs() == before
    assert done(away.gto("show", "-r", server.url())) == done(work.gto("show"))


@pytest.mark.parametrize("fault", [Fault("error"), Fault("drop", after=20), Fault("lose")])
def test_a_server_that_fails_is_one_line_and_the_next_call_works(
    fault: Fault, work: Repo, server: Server, away: Repo
) -> None:
    server.fail(fault)
    said(away.gto("show", "-r", server.url()), "Cannot reach 'http://127.0.0.1:")
    server.mend()
    assert done(away.gto("show", "-r", server.url())) == done(work.gto("show"))


# --- annotations


def test_an_annotation_is_committed_without_a_work_tree(work: Repo, bare: Repo, server: Server, away: Repo) -> None:
    url = server.url()
    said(away.gto("annotate", "nn", "--label", "x", "-r", url), "A remote repository has no work tree", "--commit")
    done(away.gto("annotate", "nn", "--label", "x", "--commit", "-r", url))
    work.git("pull", "--quiet", "origin", "main")
    assert (work.path / "artifacts.yaml").read_text(encoding="utf-8").startswith("nn: {type: model, labels: [x]}\n")
    assert work.git("log", "-1", "--format=%an %s") == "Ada Lovelace Annotate artifact `nn`"
    assert work.git("diff", "--stat", "HEAD~1").count("|") == 1
    head = bare.git("rev-parse", "main")
    done(away.gto("annotate", "nn", "--label", "x", "--commit", "-r", url))
    assert bare.git("rev-parse", "main") == head
    done(away.gto("annotate", "sub/dir:deep", "--type", "model", "--path", "sub/dir/m", "--push", "-r", url))
    assert done(away.gto("describe", "sub/dir:deep", "--path", "-r", url)) == "sub/dir/m\n"
    done(away.gto("remove", "only", "--commit", "-r", url))
    assert "only" not in done(away.gto("show", "-r", url))
    said(away.gto("remove", "only", "--commit", "-r", url), "Cannot find artifact 'only'")
    assert bare.git("fsck", "--no-dangling") == ""


def test_an_annotation_may_go_to_another_branch(work: Repo, bare: Repo, server: Server, away: Repo) -> None:
    work.git("push", "--quiet", "origin", "HEAD:trial")
    main = bare.git("rev-parse", "main")
    done(away.gto("annotate", "cv", "--label", "x", "--commit", "-b", "trial", "-r", server.url()))
    assert bare.git("rev-parse", "main") == main
    assert "labels" in bare.git("show", "trial:dvc.yaml")
    said(
        away.gto("annotate", "cv", "--label", "x", "--commit", "-b", "nope", "-r", server.url()),
        "Ref 'nope' was not found",
    )
    said(work.gto("annotate", "cv", "--label", "x", "-b", "main"), "Branch 'main' is checked out")


def test_a_branch_that_others_push_to_gets_the_annotation_on_top(
    work: Repo, bare: Repo, server: Server, away: Repo
) -> None:
    def annotate(number: int) -> None:
        words = ("annotate", f"by-{number}", "--type", "model", "--path", f"by/{number}", "--commit")
        done(away.gto(*words, "-r", server.url()))

    assert work.path.exists()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(annotate, range(5)))
    text = bare.git("show", "main:dvc.yaml")
    assert all(f"by-{number}:" in text for number in range(5))
    assert bare.git("rev-list", "--count", "main") == "7"


def test_a_refused_annotation_changes_nothing(work: Repo, bare: Repo, server: Server, away: Repo) -> None:
    bare.git("config", "receive.denyUpdates", "true")
    hook = bare.path / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2; exit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    result = away.gto("annotate", "nn", "--type", "other", "--commit", "-r", server.url())
    assert result.code == 1
    assert "main is protected" in result.stderr
    assert done(away.gto("describe", "nn", "--type", "-r", server.url())) == "model\n"
    assert work.path.exists()


# --- addresses


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ext::sh -c touch% sprung", ("no blanks",)),
        ("ext::touch", ("is no address that GTO fetches from",)),
        ("ftp://example.com/x", ("GTO does not fetch over 'ftp'",)),
        ("javascript://x", ("GTO does not fetch over 'javascript'",)),
        ("https://exa mple.com/x", ("no blanks",)),
        ("https://[::1/x", ("This is no URL",)),
        ("http://127.0.0.1:1/x.git", ("Cannot reach 'http://127.0.0.1:1/x.git'",)),
        ("http://ada:first/secret@127.0.0.1:1/x", ("This is no URL", "write @ as %40")),
        ("http://ada:first@secret@127.0.0.1:1/x", ("This is no URL", "write @ as %40")),
        ("file:///nowhere/at/all", ("Cannot reach 'file:///nowhere/at/all'",)),
    ],
)
def test_a_wrong_address_is_refused_in_one_line(url: str, words: tuple[str, ...], away: Repo) -> None:
    for command in (("show",), ("register", "nn")):
        result = away.gto("-v", *command, "-r", url)
        assert "secret" not in result.stderr
        said(away.gto(*command, "-r", url), *words)
    assert list(away.path.iterdir()) == []
    assert mirrors(away) == []


def test_the_python_functions_take_a_url(
    work: Repo, server: Server, monkeypatch: pytest.MonkeyPatch, away: Repo
) -> None:
    for name, value in away.dated().items():
        monkeypatch.setenv(name, value)
    assert api.show(server.url()) == api.show(str(work.path))
    assert api.assign(server.url(), "nn", "dev", version="v0.0.2").tag == "nn#dev#2"
