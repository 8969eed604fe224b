"""The address of a remote leads to the pages of its forge."""

from __future__ import annotations

import pytest

from gto.studio import forge

COMMIT = "c" * 40


@pytest.mark.parametrize(
    ("address", "commit", "tag", "file"),
    [
        ("git@github.com:acme/churn.git", "commit/", "releases/tag/", "blob/"),
        ("https://ada:secret@gitlab.example.com:8443/acme/churn", "-/commit/", "-/tags/", "-/blob/"),
        ("ssh://git@bitbucket.org:22/acme/churn.git", "commits/", "commits/tag/", "src/"),
        ("http://gitea.local:3000/acme/churn.git", "commit/", "releases/tag/", "src/commit/"),
        ("https://codeberg.org/acme/churn", "commit/", "releases/tag/", "src/commit/"),
    ],
)
def test_pages_are_where_the_forge_has_them(address: str, commit: str, tag: str, file: str) -> None:
    place = forge.find(address)
    assert place is not None
    assert place.home.endswith("/acme/churn")
    assert "secret" not in place.home
    assert ":22" not in place.home
    assert place.commit(COMMIT) == f"{place.home}/{commit}{COMMIT}"
    assert place.tag("churn#prod#1") == f"{place.home}/{tag}churn%23prod%231"
    assert place.file(COMMIT, "models/a card.md") == f"{place.home}/{file}{COMMIT}/models/a%20card.md"
    assert place.compare("a", COMMIT).startswith(f"{place.home}/")


@pytest.mark.parametrize("address", [None, "", "/srv/github/churn", "https://example.com/a/b", "https://github.com/"])
def test_what_is_on_no_known_forge_leads_nowhere(address: str | None) -> None:
    assert forge.find(address) is None
