from __future__ import annotations

import subprocess

import pytest

from gto.core import names
from gto.exceptions import InvalidName

GOOD_PLAIN = ["a", "7", "churn", "team/churn", "a-b_c/d", "A1", "a_-/b"]
BAD_PLAIN = ["", "-a", "a-", "/a", "a/", "_a", "a b", "a.b", "a:b", "a//b", "ä", "a\n", "a#b", "a@b", "a!", "a=b"]
GOOD_FULL = [*GOOD_PLAIN, "models/eu:churn", "some.dir/x:y/z", "_x:a", "a_b:c"]
BAD_FULL = [
    *(text for text in BAD_PLAIN if text != "a:b"),
    "-x:a",
    "/a:b",
    "./a:b",
    "..:b",
    "a/../b:c",
    "a/.b:c",
    "a//b:c",
    "a.lock:b",
    "a/b.lock/c:d",
    "a.:b",
    ":b",
    "a:",
    "a:b:c",
    "ä:b",
]


@pytest.mark.parametrize("text", GOOD_PLAIN)
def test_a_plain_name_is_letters_digits_and_three_signs_between_them(text: str) -> None:
    assert names.is_plain(text)
    assert names.parse_plain(text, "stage name") == text


@pytest.mark.parametrize("text", BAD_PLAIN)
def test_what_is_no_plain_name_is_refused_with_the_rule(text: str) -> None:
    assert not names.is_plain(text)
    with pytest.raises(InvalidName) as refused:
        names.parse_plain(text, "stage name")
    assert refused.value.message == f"Invalid stage name '{text}'"
    assert refused.value.hint.startswith("only letters, digits, '-', '_' and '/' are allowed")
    assert refused.value.value == text


@pytest.mark.parametrize("text", GOOD_FULL)
def test_a_full_name_may_have_a_directory_before_a_colon(text: str) -> None:
    assert names.is_artifact(text)
    assert names.parse_artifact(text) == text


@pytest.mark.parametrize("text", BAD_FULL)
def test_a_full_name_that_no_ref_can_hold_is_refused(text: str) -> None:
    assert not names.is_artifact(text)
    with pytest.raises(InvalidName) as refused:
        names.parse_artifact(text)
    assert refused.value.message == f"Invalid artifact name '{text}'"
    assert refused.value.hint.endswith("a directory and ':' may stand before it, as in 'models/eu:churn'")


def test_a_name_is_as_long_as_a_file_name_lets_a_tag_be() -> None:
    assert names.is_plain("a" * 200)
    assert names.is_artifact("a" * 200)
    assert not names.is_plain("a" * 201)
    assert not names.is_artifact("a:" + "a" * 199)


def test_the_directory_is_told_from_the_name() -> None:
    assert names.split_directory("models/eu:churn") == ("models/eu", "churn")
    assert names.split_directory("team/churn") == ("", "team/churn")


def test_a_colon_is_written_as_an_equals_sign_in_a_tag() -> None:
    assert names.to_tag("models/eu:churn") == "models/eu=churn"
    assert names.from_tag("models/eu=churn") == "models/eu:churn"


GOOD_BRANCH = [
    "a", "main", "feat/x", "a-b", "a_b", "a.b", "ä", "a#b", "a=b", "a!b", "a@b", "a@", "{a}", "a{b", "@a", "@@",
    "refs/heads/a", "a.locks", "lock", "a/-b", "a./b", "日本", "a%b", "a;b",
]  # fmt: skip
BAD_BRANCH = [
    "-a", "--", ".a", "a/.b", "a.", "a.lock", "a.lock/b", "a..b", "a//b", "/a", "a/", "a~1", "a^", "a:b", "a?b",
    "a*b", "a[b", "a\\b", "a@{b", "@{-1}", "@", "HEAD", "", "a b", "a\t", "a\n", "a\x7f", "a\x01",
]  # fmt: skip


def is_git_s(text: str) -> bool:
    """Whether git can make a branch of that name: of these it makes refs, but no branches."""
    found = subprocess.run(["git", "check-ref-format", f"refs/heads/{text}"], check=False).returncode == 0
    return found and not text.startswith("-") and text not in {"HEAD", "@"}


@pytest.mark.parametrize("text", GOOD_BRANCH)
def test_a_branch_may_be_called_what_git_can_make(text: str) -> None:
    assert names.parse_branch(text) == text
    assert is_git_s(text)


@pytest.mark.parametrize("text", BAD_BRANCH)
def test_what_git_makes_no_branch_of_is_no_name_of_one(text: str) -> None:
    with pytest.raises(InvalidName) as refused:
        names.parse_branch(text)
    assert refused.value.message == f"Invalid branch name '{text}'"
    assert not is_git_s(text)
