from __future__ import annotations

import pytest

from gto.core import semver
from gto.core.semver import Bump, SemVer
from gto.exceptions import InvalidVersion

# Item 11 of SemVer 2.0.0, with the neighbours that its text names.
RISING = [
    "v0.0.0",
    "v0.0.1",
    "v0.9.0",
    "v0.10.0",
    "v1.0.0-0",
    "v1.0.0-2",
    "v1.0.0-10",
    "v1.0.0--",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.0.0+1",
    "v1.0.0+a",
    "v2.0.0",
    "v10.0.0",
]
BAD = [
    "",
    "v",
    "1.2.3",
    "V1.2.3",
    "v1",
    "v1.2",
    "v1.2.3.4",
    "v01.2.3",
    "v1.2.03",
    "v1.2.3-",
    "v1.2.3-01",
    "v1.2.3-a..b",
    "v1.2.3+",
    "v1.2.3+a+b",
    "v-1.2.3",
    "v1.2.3 ",
    "v1.2.3\n",
    "v\uff11.2.3",
    "v1.2.3-ä",
]


def test_versions_rise_as_semver_says() -> None:
    parsed = [SemVer.parse(text) for text in RISING]
    falling = parsed[::-1]
    assert sorted(falling) == parsed
    assert [str(version) for version in parsed] == RISING


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_version_is_none_and_refused(text: str) -> None:
    assert semver.parse(text) is None
    with pytest.raises(InvalidVersion) as refused:
        SemVer.parse(text)
    assert refused.value.message == f"Supplied version '{text}' cannot be parsed"


def test_the_refusal_offers_the_missing_v_where_that_is_all() -> None:
    with pytest.raises(InvalidVersion) as refused:
        SemVer.parse("1.2.3")
    assert refused.value.hint == "did you mean 'v1.2.3'?"
    with pytest.raises(InvalidVersion) as refused:
        SemVer.parse("newest")
    assert refused.value.hint == "a version looks like 'v1.2.3'"


def test_numbers_of_five_thousand_digits_are_no_version_and_no_crash() -> None:
    long = "9" * 5000
    for text in (f"v{long}.0.0", f"v0.0.{long}", f"v1.0.0-{long}", f"v1.0.0+{long}"):
        assert semver.parse(text) is None


def test_a_version_of_two_hundred_characters_is_one() -> None:
    text = "v1.0." + "9" * 195
    version = SemVer.parse(text)
    assert version.text == text
    with pytest.raises(InvalidVersion):
        version.bump(Bump.PATCH)


@pytest.mark.parametrize(
    ("text", "major", "minor", "patch"),
    [
        ("v0.0.1", "v1.0.0", "v0.1.0", "v0.0.2"),
        ("v1.2.3", "v2.0.0", "v1.3.0", "v1.2.4"),
        ("v1.2.3+build", "v2.0.0", "v1.3.0", "v1.2.4"),
        ("v1.0.0-rc.1", "v1.0.0", "v1.0.0", "v1.0.0"),
        ("v1.1.0-rc.1", "v2.0.0", "v1.1.0", "v1.1.0"),
        ("v1.1.1-rc.1", "v2.0.0", "v1.2.0", "v1.1.1"),
        ("v1.0.1-rc.1", "v2.0.0", "v1.1.0", "v1.0.1"),
    ],
)
def test_a_bump_raises_its_part_and_a_pre_release_becomes_its_release(
    text: str, major: str, minor: str, patch: str
) -> None:
    version = SemVer.parse(text)
    assert [version.bump(bump).text for bump in Bump] == [major, minor, patch]


def test_a_pre_release_is_told_from_a_release() -> None:
    assert SemVer.parse("v1.0.0-rc.1").is_prerelease
    assert not SemVer.parse("v1.0.0+rc.1").is_prerelease
