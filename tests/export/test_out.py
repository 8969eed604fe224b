"""`-o` of commands that write one text: a file, or stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from tests.repo import Repo

FORMATS = (
    ("json",),
    ("csv",),
    ("backstage",),
    ("readme",),
    ("bom", "churn", "--address", "https://example.com/m"),
    ("openlineage", "churn", "--address", "https://example.com/m"),
)


@pytest.mark.parametrize("words", FORMATS)
def test_a_dash_is_stdout_and_an_empty_name_is_refused(words: tuple[str, ...], filled: Repo) -> None:
    assert done(filled.gto("export", *words, "-o", "-")) == done(filled.gto("export", *words)) != ""
    assert not (filled.path / "-").exists()
    result = filled.gto("export", *words, "--out", "")
    assert (result.code, result.stdout) == (2, "")
    assert "an empty name is no file" in result.stderr


def test_the_page_of_plots_has_a_name(filled: Repo) -> None:
    assert filled.gto("plots", "churn", "-o", "").code == 2


def test_an_error_names_the_file_that_was_asked_for(filled: Repo) -> None:
    name = "n" * 300
    said(filled.gto("export", "json", "-o", name), f"File name too long: {filled.path / name}")
