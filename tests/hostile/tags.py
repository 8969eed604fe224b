"""Repositories whose tags, commits and refs hold what commands a terminal, has no end, or is no tag at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile.entry import Entry
from tests.objects import RawTag, pack_ref, plant, write_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hostile.scene import Scene

WHO = b"Ada <ada@example.com>"
RAW = ("git", "for-each-ref", "--format=%(refname)%0a%(taggername)%0a%(contents)", "refs/tags")
LONG = "9" * 5000


def tag(title: str, seen: bytes, name: str = "x@v1.0.0", **parts: object) -> Entry:
    """A tag object of which git prints `seen` as it is."""
    return Entry(
        f"tag-{title}",
        lambda scene: plant(scene.repo, RawTag(name, **parts)),  # type: ignore[arg-type]  # the fields of RawTag
        lambda scene: seen in scene.plain(*RAW),
    )


def named(title: str, name: str) -> Entry:
    """A tag whose name git prints as it is; no file system need hold it."""

    def act(scene: Scene) -> None:
        oid = write_object(scene.repo, "tag", RawTag(name).body(scene.repo.git("rev-parse", "HEAD")))
        pack_ref(scene.repo, name, oid)

    return Entry(f"tag-named-{title}", act, lambda scene: name.encode() in scene.plain("git", "show-ref"))


def nested(scene: Scene, depth: int = 1000) -> None:
    oid, kind = scene.repo.git("rev-parse", "HEAD"), "commit"
    for number in range(depth):
        body = RawTag("x@v1.0.0", type=kind, message=b"%d" % number).body(oid)
        oid, kind = _write(scene, body), "tag"
    scene.repo.git("update-ref", "refs/tags/x@v1.0.0", oid)


def _write(scene: Scene, body: bytes) -> str:
    """Write a loose object without a process: there are a thousand."""
    import hashlib
    import zlib

    data = b"tag %d\0" % len(body) + body
    oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    place = scene.repo.path / ".git/objects" / oid[:2] / oid[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(zlib.compress(data))
    return oid


def peels(scene: Scene) -> bool:
    """A program that follows each by hand asks a thousand times."""
    return b"x@v1.0.0" in scene.plain("git", "cat-file", "tag", "x@v1.0.0") and (
        scene.repo.git("cat-file", "-p", "x@v1.0.0").splitlines()[1] == "type tag"
    )


def packed_line(scene: Scene) -> None:
    """A ref with a newline in its name: the rest of it is a line of its own."""
    pack_ref(scene.repo, "x@v1.0.0\nffff refs/tags/evil", scene.repo.git("rev-parse", "HEAD"))


def author(scene: Scene) -> None:
    repo = scene.repo
    tree = repo.git("rev-parse", "HEAD^{tree}")
    who = b"\x1b]0;evil\x07\xe2\x80\xae\xc2\x9b <x@y> 1641000000 +0000"
    body = b"tree %s\nauthor %s\ncommitter %s\n\n\x1b[2Jmessage\n" % (tree.encode(), who, who)
    oid = write_object(repo, "commit", body)
    repo.tag("ok@v0.0.9", oid)


def on(target: str, kind: str) -> Entry:
    return Entry(
        f"tag-on-a-{kind}",
        lambda scene: plant(scene.repo, RawTag("x@v1.0.0", target=target, type=kind)),
        lambda scene: b"fatal" in scene.plain("git", "rev-parse", "--verify", "x@v1.0.0^{{commit}}"),
    )


def date(title: str, words: bytes) -> Entry:
    """A tagger of whom a program that takes the line apart cannot tell the time."""
    return Entry(
        f"tag-{title}",
        lambda scene: plant(scene.repo, RawTag("x@v1.0.0", tagger=words)),
        lambda scene: _unreadable(scene.plain("git", "cat-file", "tag", "x@v1.0.0")),
    )


def _unreadable(body: bytes) -> bool:
    from datetime import UTC, datetime

    try:
        line = body.partition(b"tagger ")[2].partition(b"\n")[0]
        datetime.fromtimestamp(int(line.rsplit(b" ", 2)[1]), UTC)
    except (IndexError, ValueError, OverflowError, OSError):
        return True
    return False


def grown(title: str, name: str) -> Entry:
    def fails(_: Scene) -> bool:
        try:
            int(LONG)
        except ValueError:
            return True
        return False

    found = named(title, name)
    act: Callable[[Scene], bool] = lambda scene: found.control(scene) and fails(scene)  # noqa: E731 - two at once
    return Entry(found.name, found.plant, act)


def signed(title: str, key: str, armor: bytes) -> Entry:
    """A tag with a signature, and a repository that names the program to check it with."""

    def act(scene: Scene) -> None:
        plant(
            scene.repo,
            RawTag("x@v1.0.0", message=b"x\n-----BEGIN %s-----\n\nAAAA\n-----END %s-----\n" % (armor, armor)),
        )
        scene.repo.git("config", key, str(scene.trap))
        scene.repo.git("config", "gpg.ssh.allowedSignersFile", str(scene.outside / "notes"))

    def control(scene: Scene) -> bool:
        scene.plain("git", "verify-tag", "x@v1.0.0")
        return scene.sprung

    return Entry(f"signature-checked-by-{title}", act, control)


TAGS = (
    signed("gpg-program", "gpg.program", b"PGP SIGNATURE"),
    signed("gpg-openpgp-program", "gpg.openpgp.program", b"PGP SIGNATURE"),
    signed("gpg-ssh-program", "gpg.ssh.program", b"SSH SIGNATURE"),
    signed("gpg-x509-program", "gpg.x509.program", b"SIGNED MESSAGE"),
    tag("message-commands-the-terminal", b"\x1b[2J", message=b"\x1b[2J\x1b]0;evil\x07\xc2\x9b31m"),
    tag("message-turns-the-line-round", "\u202e".encode(), message="\u202e\u2066moc.elgoog\u2069".encode()),
    tag("message-of-5-megabytes", b"word " * 1000, message=b"word " * 1_000_000),
    tag("message-forges-rows", b"\r\n", message=b"x\r\n\x1b[1A\x1b[2Kok  v9.9.9  prod\n"),
    tag("message-forges-headers", b"tagger Eve", message=b"tagger Eve <e> 1 +0000\n\nobject ffff\n"),
    tag("message-is-not-utf-8", b"\xff\xfe\x9b", message=b"\xff\xfe\x9b31m"),
    tag("tagger-commands-the-terminal", b"\x1b[31m", tagger=b"\x1b[31m\xe2\x80\xae <a@b> 1641000000 +0000"),
    tag("stage-in-the-message", b"stage: prod", message=b"stage: prod\nversion: v9.9.9\n"),
    named("with-bidirectional-characters", "x\u202e\u2067@v1.0.0"),
    named("with-c1-controls", "other\u009b31m"),
    named("with-line-separators", "other\u2028ok@v9.9.9\u0085"),
    named("like-an-option", "-x@v1.0.0"),
    named("like-a-path", "a/b/c/d@v1.0.0"),
    grown("with-5000-digits", f"x@v{LONG}.0.0"),
    grown("with-a-counter-of-5000-digits", f"x#prod#{LONG}"),
    Entry("tag-in-a-chain-of-1000", nested, peels),
    on("HEAD^{tree}", "tree"),
    on("HEAD:data", "blob"),
    date("without-a-date", WHO),
    date("with-a-date-of-60-digits", WHO + b" " + b"9" * 60 + b" +0000"),
    date("after-the-year-9999", WHO + b" 253402300800 +0000"),
    Entry(
        "tag-without-a-tagger",
        lambda scene: plant(scene.repo, RawTag("x@v1.0.0", tagger=None)),
        lambda scene: b"tagger" not in scene.plain("git", "cat-file", "tag", "x@v1.0.0"),
    ),
    Entry("packed-refs-with-a-newline", packed_line, lambda scene: b"fatal" in scene.plain("git", "show-ref")),
    Entry(
        "author-commands-the-terminal",
        author,
        lambda s: b"\x1b]0;" in s.plain("git", "cat-file", "-p", "ok@v0.0.9^{{}}"),
    ),
)
