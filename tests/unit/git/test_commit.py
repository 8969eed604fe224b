"""Commits as their objects have them."""

from __future__ import annotations

import pytest

from gto.git.commit import parse_commit
from gto.git.objects import GitObject

PERSON = "Jürgen <j@example.com> 1700000000 +0100"


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16-LE", "no such encoding", ""])
def test_a_commit_in_another_encoding_is_read_by_what_it_says(encoding: str) -> None:
    written = "iso-8859-1" if encoding == "ISO-8859-1" else "utf-8"
    says = f"encoding {encoding}\n" if encoding else ""
    text = f"tree {'0' * 40}\nauthor {PERSON}\ncommitter {PERSON}\n{says}\nGröße geändert\n"
    found = parse_commit(GitObject("1" * 40, "commit", text.encode(written)))
    assert found is not None
    if encoding != "UTF-16-LE":  # nobody can write a commit's head so
        assert (found.author, found.message) == ("Jürgen", "Größe geändert\n")
