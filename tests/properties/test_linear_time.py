"""Texts of strangers, 200 KB of them, are read in a time that grows with their length and not with its square."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from gto.core import approval, event, names, selector, semver, tag, tag_signature
from gto.core.event import TagRecord
from gto.dvc import interpolation
from gto.dvc.config_file import parse_ini
from gto.exceptions import BadFile, UnsafePath
from gto.git import git_errors, push_refs, remote, tag_reader
from gto.git.commit import parse_commit
from gto.git.objects import GitObject
from gto.registry import standings_cache
from gto.signing import allowed_signers, git_verify, ssh_verifier
from gto.storage import urls
from gto.storage.target_paths import check_paths
from gto.yamldoc import scalars, source
from tests.factories import body, oid
from tests.growth import check_growth

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[str], object]

SIZES = (12_500, 50_000, 200_000)
"""Each four times the one before."""
HEAD, TAIL = body("m@v1.0.0").split(b"Ada Lovelace <ada@example.com>")
LISTED = f"{oid(1)} tag 3 refs/tags/m@v1.0.0\n"
BEGIN = "-----BEGIN SSH SIGNATURE-----\n"


def check(read: Read, unit: str, start: str = "", end: str = "") -> None:
    """Read longer and longer texts: the start, then the unit over and over, then the end."""
    check_growth(read, (start + unit * (size // len(unit)) + end for size in SIZES))


def matching(pattern: re.Pattern[str]) -> Read:
    """Whether a pattern fits; each of a file's patterns is met alone, where another could hide how long it takes."""
    return lambda text: (pattern.match(text), pattern.fullmatch(text))


def tagged(text: str) -> bytes:
    """A tag object with this text in the place of its tagger."""
    return HEAD + text.encode() + TAIL


def read_tag(text: str) -> object:
    return event.read(TagRecord("m@v1.0.0", oid(15), "tag", tagged(text)))


def read_tagger(text: str) -> object:
    return event.tagger(tagged(text)), event.tagger(HEAD + text.encode())


def read_printed(text: str) -> object:
    return tag_reader._USUAL_RE.match(LISTED + tagged(text).decode())  # noqa: SLF001  what cat-file prints meets it first


def read_commit(text: str) -> object:
    head = f"tree {oid(1)}\nauthor {text}> 1 +0000\ncommitter {text}\n\nmessage\n"
    return parse_commit(GitObject(oid(2), "commit", head.encode()))


@pytest.mark.parametrize("unit", ["<", ">", " ", "<>", " <", "> ", "> 1 ", "> 1 +", "1", " +1", "a"])
@pytest.mark.parametrize("read", [read_tag, read_tagger, read_printed, read_commit])
def test_the_line_of_a_tagger(read: Read, unit: str) -> None:
    check(read, unit)


def read_listing(text: str) -> object:
    found = tag_reader._SUSPECT_RE.findall(f"{oid(1)} refs/tags/{text}\n".encode())  # noqa: SLF001  every ref meets it
    return found, standings_cache.group(f"{oid(1)} refs/tags/{text}\n".encode())


def read_name(text: str) -> object:
    return tag.find(text), tag.find_oversized(text), event.looks_old(text), approval.find(text)


def read_word(text: str) -> object:
    return names.is_plain(text), names.is_artifact(text), semver.parse(text), re.fullmatch(selector._SELECTOR, text)  # noqa: SLF001  without its refusals


@pytest.mark.parametrize("unit", ["a", "a@", "a#", "@", "#", "a-", "a=", "a/", "=", "!", "m@v1.", "#a-1", "1", "-1"])
@pytest.mark.parametrize("read", [read_listing, read_name, read_word])
def test_the_name_of_a_tag(read: Read, unit: str) -> None:
    for start in ("", "approvals/m,v1.0.0-", "m@v1.0.0-", "v1.0.0-"):
        check(read, unit, start)
        check(read, unit, start, "!\n")


def read_signature(text: str) -> object:
    try:
        return tag_signature.cut(text.encode()), ssh_verifier.parse(text.encode())
    except ValueError:
        return None


@pytest.mark.parametrize(
    "unit",
    [
        *(BEGIN, "-----BEGIN ", "-----END SSH SIGNATURE-----", "-----END SSH SIGNATURE----- \t", " ", "a", "\n", " \n"),
        *("gpgsig \n", "gpgsig x\n y\n"),
    ],
)
def test_a_signature(unit: str) -> None:
    for start in ("", BEGIN):
        check(read_signature, unit, start, "x")


@pytest.mark.parametrize("unit", ['"', '\\"', "\\", '" ', "a ", " ", "a,", '"a"', 'namespaces="a",', "a=", "*", "a@b "])
def test_a_file_of_signers(unit: str) -> None:
    check(lambda text: allowed_signers.parse(text.encode()), unit)
    check(lambda text: allowed_signers.parse(text.encode()), unit, "a@b ", '"')


@pytest.mark.parametrize("unit", ["a", "*a", "?", "*", "a*", "*?", ",", "!a,"])
def test_a_pattern_of_names(unit: str) -> None:
    check(lambda text: allowed_signers.matches("a" * 40, text), unit, end="b")
    check(lambda text: allowed_signers.matches(text, "*a" * 20 + "b"), unit)


@pytest.mark.parametrize(
    "unit",
    ["[rejected] a ", "[rejected]  ", " ! [rejected] a would clobber ", " ", "\n ! [rejected] ", "! [rejected]  "],
)
def test_the_words_of_a_remote(unit: str) -> None:
    check(push_refs._CLOBBER_RE.findall, unit)  # noqa: SLF001  without a remote


@pytest.mark.parametrize("unit", ["Unable to create '", "Unable to create 'a.lock", "couldn't write '", "'", ".lock'"])
def test_the_words_of_git(unit: str) -> None:
    check(lambda text: git_errors.explain(".", ("push",), 1, text), unit)


@pytest.mark.parametrize("unit", ["a", "<", " <", "@", "<a@b>", "/EMail=", "[GNUPG:] A", '"', "\n"])
def test_the_words_of_a_checker_of_signatures(unit: str) -> None:
    for pattern in (git_verify._STATUS_RE, git_verify._OWNER_RE, git_verify._ADDRESS_RE, git_verify._SUBJECT_RE):  # noqa: SLF001  see matching()
        check(pattern.search, unit, end="!")


@pytest.mark.parametrize("unit", ["a", "a@", "a:", "[::", "://a@", "%41"])
def test_an_address(unit: str) -> None:
    for pattern in (remote._SCP_RE, remote._URL_RE):  # noqa: SLF001  see matching()
        check(matching(pattern), unit)
        check(matching(pattern), unit, "https://")


@pytest.mark.parametrize(
    "unit", ["a", ".", "[", "]", "[a]", "[a] ", " ", "1", "_", "1_", "1e", ":", "-", "#", "# ", "\n"]
)
def test_a_value_of_an_annotation(unit: str) -> None:
    for pattern in (interpolation._GRAMMAR_RE, scalars._INT_RE, scalars._FLOAT_RE, source._COMMENT_LINE_RE):  # noqa: SLF001  see matching()
        check(matching(pattern), unit)
        check(matching(pattern), unit, "a", "$")


def read_configuration(text: str) -> object:
    try:
        return parse_ini(text.encode(), "config")
    except BadFile:
        return None


@pytest.mark.parametrize("unit", [" ", "a", "a ", "'", '"', "#", "[", "]", "=", "= ", "' ", "[ "])
def test_a_configuration_of_dvc(unit: str) -> None:
    for start in ("", "[", "[a", "['a'", "a", "a =", "a = b", "a = 'b'"):
        check(read_configuration, unit, start, "x")


def read_paths(text: str) -> object:
    with suppress(UnsafePath):
        check_paths([text])
    return None


@pytest.mark.parametrize("unit", ["a", "a/", "/", "../", ". "])
def test_a_path_of_a_listing(unit: str) -> None:
    check(read_paths, unit, end="a")


@pytest.mark.parametrize("unit", ["?", "&", "?a", "://", "@", "://a@", "=", "a"])
def test_an_address_of_a_store(unit: str) -> None:
    for start in ("", "https://", "https://a?"):
        check(lambda text: (urls.masked(text), urls.shown(text), urls.without_user(text)), unit, start, " ")
