"""Addresses of stores: their parts, and nothing secret where they are shown."""

from __future__ import annotations

import pytest

from gto.exceptions import RemoteUnreachable
from gto.storage import urls


@pytest.mark.parametrize(
    ("url", "shown", "parts"),
    [
        ("https://ada:secret@host:1/a/b?sig=secret#x", "https://host:1/a/b", ("ada:secret", "host:1", "a/b")),
        ("s3://bucket", "s3://bucket", ("", "bucket", "")),
        ("ssh://ada@host/a@b", "ssh://host/a@b", ("ada", "host", "a@b")),
        ("https://ada:se@cret@host/a", "https://host/a", ("ada:se@cret", "host", "a")),
    ],
)
def test_a_url_is_taken_apart_and_shown_without_secrets(url: str, shown: str, parts: tuple[str, ...]) -> None:
    assert urls.shown(url) == shown
    assert urls.split(url) == parts


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("https://ada:se@cret@host/a@b", "https://host/a@b"),
        ("https://host/@team/models", "https://host/@team/models"),
        ("https://host/?to=ftp://ada@other", "https://host/?to=ftp://ada@other"),
    ],
)
def test_a_url_without_its_user_is_otherwise_the_same(url: str, bare: str) -> None:
    assert urls.without_user(url) == bare


def test_what_is_no_url_is_told() -> None:
    assert urls.shown("/a/b?c") == "/a/b?c"
    with pytest.raises(RemoteUnreachable, match="no URL"):
        urls.split("/a/b")


def test_a_text_is_shown_without_the_secrets_of_its_urls() -> None:
    text = "GET https://ada:x@host/a?sig=abc&se=2 failed"
    assert urls.masked(text) == "GET https://***@host/a?sig=***&se=*** failed"
