from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

import semver as oracle
from hypothesis import given
from hypothesis import strategies as st

from gto.core import names, selector, semver, tag
from gto.core.event import Event, Problem, TagRecord, read
from gto.core.semver import Bump, SemVer
from gto.core.tag import Kind, TagName
from gto.exceptions import GTOException, InvalidName, InvalidTagName, InvalidVersion
from tests.factories import START, body, oid
from tests.properties.strategies import plain_names, tag_names, versions

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHABET = "abmv019.-_/=:@#!+ \t\n\0\\é\uff11\ud800" + string.punctuation
WORDS = ["m", "a/b", "models/eu", "=", ":", "@", "#", "!", "v1.0.0", "v", "-rc.1", "+b", "deprecated", "created", "1"]
WORDS += ["prod", "latest", "greatest", "refs/tags/", "9" * 18, "9" * 19, "9" * 5000, "0", ".", "..", "//", ".lock"]
COUNT = 50_000
STRICT: tuple[Callable[[str], object], ...] = (tag.parse, SemVer.parse, names.parse_artifact)


def random_names(seed: int) -> list[str]:
    """Names of the grammar's words and signs, and valid names with a letter changed."""
    chance = random.Random(seed)  # noqa: S311  reproducible, not secret
    valid = ["m@v1.0.0", "m@v1.0.0-rc.1+b!#3", "models/eu=m#prod!#12", "m@deprecated#1", "a/b#prod/eu", "m@created"]
    made = []
    for _ in range(COUNT):
        draw = chance.random()
        if draw < 0.35:
            made.append("".join(chance.choices(WORDS, k=chance.randint(1, 7))))
        elif draw < 0.45:
            made.append("".join(chance.choices(ALPHABET, k=chance.randint(0, 12))))
        else:
            text = chance.choice(valid)
            place = chance.randrange(len(text) + 1)
            made.append(text[:place] + chance.choice(ALPHABET) + text[place + chance.randint(0, 2) :])
    return made


def test_fifty_thousand_random_names_make_no_reader_raise() -> None:
    found = dict.fromkeys(Kind, 0)
    for text in random_names(20220101):
        name = tag.find(text)
        if name is not None:
            found[name.kind] += 1
            assert tag.parse(str(name)) == name
        chosen = selector.parse(text)
        assert text in {str(chosen), f"{chosen.name}@greatest"}
        version = semver.parse(text)
        assert version is None or version.text == text
        assert isinstance(names.is_artifact(text), bool)
        assert isinstance(names.is_plain(text), bool)
    assert min(found.values()) > 50, found


def complaint(parse: Callable[[str], object], text: str) -> GTOException | None:
    """The declared error that a strict reader raises."""
    try:
        parse(text)
    except (InvalidTagName, InvalidVersion, InvalidName) as error:
        return error
    return None


def test_random_names_make_the_strict_readers_raise_declared_errors_alone() -> None:
    declared = 0
    for text in random_names(20220102)[: COUNT // 5]:
        for parse in STRICT:
            error = complaint(parse, text)
            assert error is None or (text in error.message and error.hint)
            declared += error is not None
    assert declared > COUNT // 5


def test_random_bodies_of_tags_make_no_reader_raise() -> None:
    chance = random.Random(20220103)  # noqa: S311  reproducible, not secret
    sound = body("m@v1.0.0", oid(2), START, zone="+0130", message="why\n-----BEGIN PGP SIGNATURE-----\n")
    events = 0
    for _ in range(COUNT // 5):
        text = bytearray(sound)
        for _ in range(chance.randint(0, 4)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 2))
        found = read(TagRecord("m@v1.0.0", oid(15), "tag", bytes(text)))
        assert isinstance(found, Event | Problem)
        if isinstance(found, Event):
            events += 1
            assert found.created_at.timestamp() == found.time
            assert isinstance(found.author + found.author_email + found.message, str)
    assert events > COUNT // 20


@given(tag_names())
def test_a_tag_that_is_written_is_read_as_it_was(name: TagName) -> None:
    assert tag.parse(str(name)) == name


@given(st.text())
def test_no_text_makes_a_reader_raise(text: str) -> None:
    tag.find(text)
    semver.parse(text)
    selector.parse(text)
    read(TagRecord(text, oid(15), "tag", text.encode("utf-8", "surrogatepass")))


@given(st.binary(), st.sampled_from(["tag", "commit", "tree", "blob", "missing", "corrupt"]), st.text())
def test_no_object_makes_the_reader_of_tags_raise(data: bytes, type_: str, peeled: str) -> None:
    found = read(TagRecord("m@v1.0.0", oid(15), type_, data, peeled))
    assert isinstance(found, Problem)
    assert (found.subject, found.artifact) == ("m@v1.0.0", "m")


@given(plain_names, st.sampled_from(["", "@latest", "@v1.0.0", "#prod"]))
def test_a_selector_that_is_written_is_read_as_it_was(name: str, end: str) -> None:
    chosen = selector.parse(f"{name}{end}")
    assert (chosen.name, selector.parse(str(chosen))) == (name, chosen)


def without_build(text: str) -> str:
    return text.partition("+")[0]


@given(versions, versions)
def test_versions_are_ordered_as_the_semver_package_orders_them(one: str, other: str) -> None:
    left, right = SemVer.parse(one), SemVer.parse(other)
    expected = oracle.Version.parse(one[1:]).compare(other[1:])
    # Build metadata has no precedence; ours orders by it where nothing else differs.
    ours = (left.key[:5] > right.key[:5]) - (left.key[:5] < right.key[:5])
    assert ours == expected
    assert (left == right) == (one == other)
    assert (left < right) or (right < left) or one == other
    if expected:
        assert (left > right) == (expected > 0)


@given(versions)
def test_what_the_semver_package_reads_ours_reads_and_the_other_way(text: str) -> None:
    assert oracle.Version.is_valid(text[1:])
    assert SemVer.parse(text).text == text


@given(st.text("v019.-+ab", max_size=14))
def test_what_the_semver_package_refuses_ours_refuses(text: str) -> None:
    valid = text.startswith("v") and oracle.Version.is_valid(text[1:])
    assert (semver.parse(text) is not None) == valid


@given(versions, st.sampled_from(list(Bump)))
def test_a_bump_is_always_higher_and_never_a_pre_release(text: str, bump: Bump) -> None:
    version = SemVer.parse(text)
    bumped = version.bump(bump)
    assert bumped.key[:5] > version.key[:5]
    assert not bumped.is_prerelease


@given(st.text())
def test_every_refusal_of_a_name_is_a_declared_error_with_a_hint(text: str) -> None:
    for parse in STRICT:
        error = complaint(parse, text)
        assert error is None or error.hint
