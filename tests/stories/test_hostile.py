"""Repositories that GTO did not make: the sound part shows, doctor names the rest, nothing falls over."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.objects import RawTag, damage, damage_pack, loose, lose, pack_ref, plant, swap, write_object
from tests.repo import run
from tests.stories.healthy import (
    check_reads,
    check_still_writes,
    check_writes_stop,
    copy,
    done,
    make_healthy,
    problems,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.repo import Repo

WHO = b"Ada <ada@example.com>"
LONG = "9" * 5000


@pytest.fixture
def healthy(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A copy of a repository with one sound artifact."""
    template = tmp_path_factory.getbasetemp() / "healthy"
    if not template.exists():
        make_healthy(template)
    return copy(template, tmp_path / "repo")


@dataclass(frozen=True, slots=True)
class Case:
    """What to plant, which problems doctor then names, and which further artifacts show with which version."""

    title: str
    plant: Callable[[Repo], object]
    named: frozenset[tuple[str, str]] = frozenset()
    shown: tuple[tuple[str, str | None], ...] = ()


def raw(name: str, **parts: object) -> Callable[[Repo], object]:
    return lambda repo: plant(repo, RawTag(name, **parts))  # type: ignore[arg-type]  # the fields of RawTag


def tagged_by(tagger: bytes | None) -> Callable[[Repo], object]:
    return raw("x@v1.0.0", tagger=tagger)


def aside(title: str, code: str, act: Callable[[Repo], object], name: str = "x@v1.0.0") -> Case:
    return Case(title, act, frozenset({(code, name)}))


def shows(title: str, act: Callable[[Repo], object], *, code: str | None = None) -> Case:
    return Case(title, act, frozenset({(code, "x@v1.0.0")} if code else ()), (("x", "v1.0.0"),))


def many(*acts: Callable[[Repo], object]) -> Callable[[Repo], object]:
    return lambda repo: [act(repo) for act in acts]


def nested(repo: Repo, target: str = "HEAD", kind: str = "commit") -> None:
    inner = write_object(repo, "tag", RawTag("x@v1.0.0", type=kind).body(repo.git("rev-parse", target)))
    middle = write_object(repo, "tag", RawTag("x@v1.0.0", type="tag").body(inner))
    outer = write_object(repo, "tag", RawTag("x@v1.0.0", type="tag").body(middle))
    repo.git("update-ref", "refs/tags/x@v1.0.0", outer)


def nested_on_nothing(repo: Repo) -> None:
    inner = write_object(repo, "tag", RawTag("x@v1.0.0").body(repo.git("rev-parse", "HEAD")))
    outer = write_object(repo, "tag", RawTag("x@v1.0.0", type="tag").body(inner))
    repo.git("update-ref", "refs/tags/x@v1.0.0", outer)
    lose(repo, inner)


def commit_lost(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--detach")
    oid = repo.commit("elsewhere")
    repo.tag("x@v1.0.0", oid)
    repo.git("checkout", "--quiet", "main")
    lose(repo, oid)


def lightweight(repo: Repo, target: str) -> None:
    repo.tag("x@v1.0.0", target, annotated=False)


def ref_file(content: str) -> Callable[[Repo], object]:
    return lambda repo: (repo.path / ".git/refs/tags/x@v1.0.0").write_text(content, encoding="utf-8")


def two_versions(repo: Repo) -> None:
    for name in ("x@v1.0.0", "x@v2.0.0", "x#prod#1"):
        repo.tag(name)


def elsewhere(repo: Repo, *, first: str, second: str) -> None:
    repo.tag(first)
    repo.tag(second, repo.commit("next"))


def replaced(repo: Repo) -> None:
    kept = repo.tag("x@v1.0.0")
    repo.git(
        "replace", kept, write_object(repo, "tag", RawTag("evil@v6.6.6").body(repo.git("rev-parse", "HEAD"))), "-f"
    )


def clash(repo: Repo) -> None:
    repo.tag("OK@v0.0.1")


HEALTHY = (
    shows("refs that are packed", many(raw("x@v1.0.0"), lambda repo: repo.git("pack-refs", "--all"))),
    shows("objects that are packed", many(raw("x@v1.0.0"), lambda repo: repo.git("gc", "--quiet"))),
    shows("a tag on a tag on a tag on a commit", nested),
    shows("a message with CRLF", raw("x@v1.0.0", message=b"a\r\n\r\nb\r\n")),
    shows("a message that is not UTF-8", raw("x@v1.0.0", message=b"\xff\xfe\xc3")),
    shows("a message that commands a terminal", raw("x@v1.0.0", message=b"\x1b[2J\x9b31m\x07\xe2\x80\xae")),
    shows("a message of 2 MB", raw("x@v1.0.0", message=b"long " * 400_000)),
    shows("an empty message", raw("x@v1.0.0", message=b"")),
    shows("a message that looks like headers", raw("x@v1.0.0", message=b"tagger x <x> 1 +0000\n\ntag other\n")),
    shows("a tagger whose name is not UTF-8", tagged_by(b"\xff\x1b[31m <ada@example.com> 1641000000 +0000")),
    shows("a tagger without a name", tagged_by(b"<> 1641000000 +0000")),
    shows("a tagger in a zone of half hours", tagged_by(WHO + b" 1641000000 -0330")),
    shows("a tag whose commit is gone", commit_lost, code="commit-missing"),
    shows("a tag object that a replace ref replaces", replaced),
    shows("a tag of the last second that has a date", tagged_by(WHO + b" 253402300799 +1400"), code="time-in-future"),
)

ASIDE = (
    aside("a tag on a tag on a tree", "tag-not-on-commit", lambda repo: nested(repo, "HEAD^{tree}", "tree")),
    aside("a tag on a tag that is gone", "tag-not-on-commit", nested_on_nothing),
    aside("a tag on a tree", "tag-not-on-commit", raw("x@v1.0.0", target="HEAD^{tree}", type="tree")),
    aside("a tag on a blob", "tag-not-on-commit", raw("x@v1.0.0", target="HEAD:README.md", type="blob")),
    aside("a lightweight tag", "tag-lightweight", lambda repo: lightweight(repo, "HEAD")),
    aside("a lightweight tag on a tree", "tag-lightweight", lambda repo: lightweight(repo, "HEAD^{tree}")),
    aside("a lightweight tag on a blob", "tag-lightweight", lambda repo: lightweight(repo, "HEAD:README.md")),
    aside("a tag without a tagger", "tag-without-tagger", tagged_by(None)),
    aside("a tagger without a date", "tag-without-tagger", tagged_by(WHO)),
    aside("a tagger without an address", "tag-without-tagger", tagged_by(b"Ada 1641000000 +0000")),
    aside("a date in words", "tag-without-tagger", tagged_by(WHO + b" yesterday +0000")),
    aside("a date without a zone", "tag-without-tagger", tagged_by(WHO + b" 1641000000")),
    aside("a date of 60 digits", "tag-without-tagger", tagged_by(WHO + b" " + b"9" * 60 + b" +0000")),
    aside("a date after the year 9999", "tag-bad-date", tagged_by(WHO + b" 253402300800 +0000")),
    aside("a date that fits no 64 bits", "tag-bad-date", tagged_by(WHO + b" 99999999999999999999 +0000")),
    aside("a date before 1970", "tag-bad-date", tagged_by(WHO + b" -5 +0000")),
    aside("a tag object under another name", "tag-renamed", raw("x@v1.0.0", label=b"y@v1.0.0")),
    aside("a tag object whose name is not UTF-8", "tag-renamed", raw("x@v1.0.0", label=b"x@v1.0.0\xff")),
    aside("a symbolic ref to another tag", "tag-renamed", ref_file("ref: refs/tags/ok@v0.0.1\n")),
    aside("a creation", "tag-creation", raw("x@created"), "x@created"),
    aside("a numbered creation", "tag-creation", raw("x@created#3"), "x@created#3"),
    aside("a stage of GTO 0.x", "tag-of-gto-0", raw("x#prod-1"), "x#prod-1"),
    aside("a version taken back in GTO 0.x", "tag-of-gto-0", raw("x@!v1.0.0"), "x@!v1.0.0"),
    aside(
        "a version of 5,000 digits",
        "tag-number-too-long",
        lambda repo: long_tag(repo, f"x@v{LONG}.0.0"),
        f"x@v{LONG}.0.0",
    ),
    aside(
        "a pre-release of 5,000 digits",
        "tag-number-too-long",
        lambda repo: long_tag(repo, f"x@v1.0.0-{LONG}"),
        f"x@v1.0.0-{LONG}",
    ),
    aside(
        "a counter of 5,000 digits",
        "tag-number-too-long",
        lambda repo: long_tag(repo, f"x#prod#{LONG}"),
        f"x#prod#{LONG}",
    ),
    aside("a tag object not in git's form", "tag-unreadable", lambda repo: not_a_tag(repo, b"hello\n")),
    aside("an empty tag object", "tag-unreadable", lambda repo: not_a_tag(repo, b"")),
    aside("a deregistration of nothing", "deregistration-without-version", raw("x@v1.0.0!"), "x@v1.0.0!"),
    aside(
        "a deregistration on another commit",
        "deregistration-elsewhere",
        lambda repo: elsewhere(repo, first="x@v1.0.0", second="x@v1.0.0!"),
        "x@v1.0.0!",
    ),
    aside(
        "a version on two commits",
        "version-moved",
        lambda repo: elsewhere(repo, first="x@v1.0.0", second="x@v1.0.0#2"),
        "x@v1.0.0#2",
    ),
    aside("two versions and a stage on one commit", "two-versions", two_versions, "x@v2.0.0"),
    aside("names that differ in case alone", "names-clash", clash, "OK"),
    aside("a zone of 99 hours", "tag-bad-zone", tagged_by(WHO + b" 1641000000 +9999")),
    aside("a zone of two digits", "tag-bad-zone", tagged_by(WHO + b" 1641000000 +99")),
)


def long_tag(repo: Repo, name: str) -> None:
    oid = write_object(repo, "tag", RawTag(name).body(repo.git("rev-parse", "HEAD")))
    pack_ref(repo, name, oid)


def not_a_tag(repo: Repo, body: bytes) -> None:
    oid = write_object(repo, "tag", body)
    (repo.path / ".git/refs/tags/x@v1.0.0").write_text(oid + "\n", encoding="utf-8")


def titles(case: Case) -> str:
    return case.title.replace(" ", "-").replace(",", "")


@pytest.mark.parametrize("case", HEALTHY, ids=titles)
def test_what_is_unusual_but_sound_shows(case: Case, healthy: Repo) -> None:
    case.plant(healthy)
    assert check_reads(healthy).items() >= dict(case.shown).items()
    assert problems(healthy) == case.named
    check_still_writes(healthy)


@pytest.mark.parametrize("case", ASIDE, ids=titles)
def test_what_is_wrong_is_set_aside_and_doctor_names_it(case: Case, healthy: Repo) -> None:
    case.plant(healthy)
    check_reads(healthy)
    assert problems(healthy) == case.named
    check_still_writes(healthy)


def test_everything_at_once_is_read_too(healthy: Repo) -> None:
    for case in ASIDE:
        ref = healthy.path / ".git/refs/tags/x@v1.0.0"
        ref.unlink(missing_ok=True)
        if case.named <= {(code, "x@v1.0.0") for code, _ in case.named}:
            case.plant(healthy)
            place = sum(name.startswith("refs/tags/y") for name in healthy.refs("refs/tags"))
            ref.rename(ref.with_name(f"y{place}@v1.0.0"))
    check_reads(healthy)
    assert len({subject for _, subject in problems(healthy)}) == len(healthy.refs("refs/tags")) - 2
    assert "v0.0.1" in healthy.gto("show").stdout


def test_nothing_that_a_tagger_wrote_commands_the_terminal(healthy: Repo) -> None:
    plant(
        healthy, RawTag("x@v1.0.0", tagger=b"\x1b]0;evil\x07 <\x1b[2J> 1641000000 +0000", message=b"\x1b[2J\xc2\x9b1m")
    )
    plant(healthy, RawTag("y@v1.0.0", label=b"\x1b[2J\xe2\x80\xaey"))
    for args in (
        ("show",),
        ("show", "x"),
        ("history",),
        ("check-ref", "x@v1.0.0"),
        ("doctor",),
        ("show", "x", "--json"),
    ):
        result = healthy.gto(*args)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(result.stdout + result.stderr)


# --- objects that git cannot read


def missing(repo: Repo) -> None:
    lose(repo, repo.tag("x@v1.0.0"))


def corrupt(repo: Repo) -> None:
    damage(repo, repo.tag("x@v1.0.0"))


def cut_short(repo: Repo) -> None:
    path = loose(repo, repo.tag("x@v1.0.0", message="word " * 200))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:60])


def empty_object(repo: Repo) -> None:
    path = loose(repo, repo.tag("x@v1.0.0"))
    path.chmod(0o644)
    path.write_bytes(b"")


def packed(repo: Repo) -> None:
    damage_pack(repo, repo.tag("x@v1.0.0", message="word " * 200))


UNREADABLE: tuple[tuple[str, Callable[[Repo], object], str], ...] = (
    ("missing", missing, "tag-missing"),
    ("no-zlib", corrupt, "tag-missing"),  # so git calls it
    ("cut-short", cut_short, "tag-corrupt"),
    ("empty", empty_object, "tag-missing"),
    ("corrupt-in-a-pack", packed, "tag-corrupt"),
    ("named-by-a-broken-ref", ref_file("this is no object id\n"), "tag-missing"),
    ("named-by-an-empty-ref", ref_file(""), "tag-missing"),
    ("named-by-a-null-ref", ref_file("0" * 40 + "\n"), "tag-missing"),
)


@pytest.mark.parametrize(("act", "code"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_a_tag_object_that_is_unreadable_stops_writes_to_its_artifact_alone(
    act: Callable[[Repo], object], code: str, healthy: Repo
) -> None:
    healthy.tag("x@v0.9.0", healthy.commit("x"))
    act(healthy)
    assert check_reads(healthy)["x"] == "v0.9.0"
    assert problems(healthy) == {(code, "x@v1.0.0")}
    check_writes_stop(healthy, "x", "x@v1.0.0")
    check_still_writes(healthy)


def test_a_way_out_of_an_unreadable_tag_object_is_to_delete_its_tag(healthy: Repo) -> None:
    missing(healthy)
    hint = healthy.gto("register", "x").stderr
    assert "`git update-ref -d 'refs/tags/x@v1.0.0'` gives it up" in hint
    healthy.git("update-ref", "-d", "refs/tags/x@v1.0.0")
    assert "x@v0.0.1" in healthy.gto("register", "x").stdout


def test_a_tag_object_put_in_the_place_of_another_does_not_speak_for_it(healthy: Repo) -> None:
    oid = healthy.tag("x@v1.0.0")
    swap(healthy, oid, RawTag("x@v6.6.6").body(healthy.git("rev-parse", "HEAD")))
    assert "x" not in check_reads(healthy)
    assert problems(healthy) == {("tag-renamed", "x@v1.0.0")}


# --- refs that git cannot read


def test_a_broken_line_in_packed_refs_is_said_in_git_s_words(healthy: Repo) -> None:
    healthy.git("pack-refs", "--all")
    with (healthy.path / ".git/packed-refs").open("a", encoding="utf-8") as file:
        file.write("this is no ref\n")
    reads = (("show",), ("show", "ok"), ("history",), ("stages",), ("check-ref", "ok@v0.0.1"), ("tags",))
    for args in (*reads, ("register", "ok"), ("assign", "ok", "--stage", "dev"), ("deprecate", "ok")):
        result = healthy.gto(*args)
        assert result.code == 1
        assert "unexpected line in .git/packed-refs: this is no ref" in result.stderr
        assert "Traceback" not in result.stderr
    assert problems(healthy) == {("packed-refs-broken", ".git/packed-refs")}


def test_refs_with_impossible_names_are_passed_over(healthy: Repo) -> None:
    (healthy.path / ".git/refs/tags/x y@v1.0.0").write_text(healthy.git("rev-parse", "HEAD"), encoding="utf-8")
    (healthy.path / ".git/refs/tags/x@v1.0.0.lock").write_text("", encoding="utf-8")
    (healthy.path / ".git/refs/tags/loop@v1.0.0").write_text("ref: refs/tags/loop@v1.0.0\n", encoding="utf-8")
    check_reads(healthy)
    check_still_writes(healthy)


# --- size


def test_a_lightweight_tag_on_a_large_blob_costs_little_memory(healthy: Repo) -> None:
    oid = write_object(healthy, "blob", bytes(range(256)) * (30 << 12))
    healthy.git("update-ref", "refs/tags/x@v1.0.0", oid)
    plant(healthy, RawTag("y@v1.0.0", message=b"x" * (30 << 20)))
    for args in (("show",), ("show", "x"), ("show", "y"), ("history",), ("doctor",)):
        assert peak(healthy, *args) < 60_000, args


def peak(repo: Repo, *args: str) -> int:
    """KiB that gto itself, without git, had in memory at most."""
    code = (  # not getrusage(): its maximum begins with that of the process which forked
        "import os, sys; end = os._exit\n"
        "def tell(code): print(open('/proc/self/status').read(), file=sys.stderr, flush=True); end(code)\n"
        "os._exit = tell\n"
        "from gto.cli.main import run; run(sys.argv[1:])"
    )
    result = run(sys.executable, "-P", "-c", code, *args, cwd=repo.path)
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


# --- annotations


BAD_YAML = (
    ("not-yaml", "a: [b\n"),
    ("a-list", "- a\n- b\n"),
    ("a-text", "hello\n"),
    ("a-number", "5\n"),
    ("tabs", "a:\n\tb: c\n"),
    ("wrong-types", "x: 5\ny: [1]\nz: {path: {a: b}, labels: 7, custom: .nan}\n"),
    ("a-python-object", "x: !!python/object/apply:os.system [exit 3]\n"),
    ("brackets", "[" * 100_000),
    ("braces", "{a: " * 100_000),
    ("dashes", "- " * 100_000),
    ("aliases", "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))),
    ("itself", "a: &a [*a]\n"),
    ("duplicate-keys", "ok: {type: model}\nok: {type: data}\n"),
    ("a-large-file", "# " + "x" * (5 << 20) + "\n"),
    ("control-characters", 'x: {description: "\\e[2J"}\n\x1b[31m: {}\n'),
)  # fmt: skip


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in BAD_YAML])
def test_a_bad_annotation_file_stops_nothing(text: str, healthy: Repo) -> None:
    inner = f"artifacts:\n  {text.replace(chr(10), chr(10) + '  ')}" if text[0].isalpha() else text
    healthy.tag("x@v1.0.0", healthy.commit("bad", {"artifacts.yaml": text, "dvc.yaml": inner, "sub/dvc.yaml": text}))
    assert check_reads(healthy)["x"] == "v1.0.0"
    assert json.loads(healthy.gto("show", "x", "--json").stdout)[0]["version"] == "v1.0.0"
    assert {subject for _, subject in problems(healthy)} >= {"artifacts.yaml", "dvc.yaml"}
    for args in (("describe", "ok"), ("describe", "x", "--rev", "HEAD"), ("annotate", "x", "--type", "model")):
        result = healthy.gto(*args)
        assert result.code in {0, 1}
        assert "Traceback" not in result.stderr
    check_still_writes(healthy)


def test_an_annotation_file_that_is_too_large_is_named_by_every_command_that_needs_it(healthy: Repo) -> None:
    large = "# " + "x" * (5 << 20) + "\n"
    healthy.commit("large", {"artifacts.yaml": large, "sub/dvc.yaml": "artifacts:\n  y: {path: y}\n"})
    for words in (("describe", "x"), ("describe", "x", "--rev", "HEAD"), ("annotate", "x", "--type", "model")):
        said(healthy.gto(*words), "artifacts.yaml: it is larger than 4 MiB")
    assert "larger than 4 MiB" in healthy.gto("describe", "ok", "--all").stderr
    assert "artifacts.yaml: it is larger than 4 MiB" in done(healthy.gto("check", "--files", "artifacts.yaml"), code=1)
    assert json.loads(done(healthy.gto("describe", "sub:y")))["path"] == "sub/y"  # its own file can be read
    assert "x@v0.0.1" in done(healthy.gto("register", "x"))
    healthy.commit("settings", {"artifacts.yaml": "", ".gto": large})
    said(healthy.gto("show"), ".gto: it is larger than 4 MiB")


def test_bytes_that_are_no_text_stop_nothing(healthy: Repo) -> None:
    for file in ("artifacts.yaml", "dvc.yaml", "sub/dvc.yaml"):
        path = healthy.path / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x: {path: \xff\xfe}\n\x00")
        healthy.git("add", "--", file)
    healthy.tag("sub=x@v1.0.0", healthy.commit("bytes"))
    assert check_reads(healthy)["sub:x"] == "v1.0.0"
    assert {subject for _, subject in problems(healthy)} == {"artifacts.yaml", "dvc.yaml", "sub/dvc.yaml"}


def test_400_entries_take_no_longer_than_they_should(healthy: Repo) -> None:
    text = "".join(f"a{place}:\n  path: models/{place}/m.pkl\n  type: model\n" for place in range(400))
    healthy.commit("many", {"artifacts.yaml": text})
    assert len(json.loads(healthy.gto("show", "--json").stdout)) == 401
    assert problems(healthy) == set()
    assert healthy.gto("annotate", "a7", "--path", "models/7/other.pkl").code == 0


def test_a_link_out_of_the_work_tree_is_not_followed(healthy: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(
        "ok: {description: secret}\nartifacts: {ok: {desc: secret}}\n", encoding="utf-8"
    )
    before = (tmp_path / "secret.yaml").read_text(encoding="utf-8")
    for file in ("artifacts.yaml", "dvc.yaml"):
        (healthy.path / file).symlink_to("../secret.yaml")
    assert "secret" not in healthy.gto("describe", "ok").stdout
    result = healthy.gto("annotate", "ok", "--type", "model")
    assert result.code == 1
    assert "link" in result.stderr
    healthy.git("add", "--all")
    healthy.commit("links")
    check_reads(healthy)
    assert "secret" not in healthy.gto("describe", "ok", "--rev", "HEAD").stdout
    assert (tmp_path / "secret.yaml").read_text(encoding="utf-8") == before


def test_a_link_to_a_directory_above_is_not_followed(healthy: Repo, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (healthy.path / "sub").symlink_to("../out")
    result = healthy.gto("annotate", "sub:m", "--type", "model")
    assert result.code == 1
    assert "link" in result.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_files_with_crlf_are_read_and_kept(healthy: Repo) -> None:
    files = {".gto": "stages:\r\n- prod\r\n- qa\r\n", "artifacts.yaml": "# mine\r\nx:\r\n  type: model\r\n"}
    for name, text in files.items():
        (healthy.path / name).write_bytes(text.encode())
        healthy.git("-c", "core.autocrlf=false", "add", name)
    healthy.commit("crlf")
    check_reads(healthy)
    assert healthy.gto("stages", "--allowed").stdout == "prod\nqa\n"
    assert healthy.gto("annotate", "x", "--path", "m.pkl").code == 0
    data = (healthy.path / "artifacts.yaml").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == 4
    check_still_writes(healthy)
