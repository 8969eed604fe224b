"""What is searched is found whether its letters are capital or small, also beyond ASCII, and every sign is itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.dialects import postgresql

from gto.studio.index.schema import metadata
from tests.studio.test_models import names
from tests.studio_app import studio_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo
    from tests.studio_app import Studio

DVC_YAML = """\
metrics: [metrics.json]
artifacts:
  Churn:
    path: model.txt
    desc: Größe in 100%, C:\\temp, a_b
"""


@pytest.fixture
def foreign(repo: Repo, tmp_path: Path) -> Iterator[Studio]:
    """A Studio over one artifact by Ömer, with a card, a metric and a description in capital and small letters."""
    files = {"metrics.json": '{"Ä": {"Güte": 0.9}}', "model.txt": "m\n", "model.md": "# Über Straßen\n100 % sure\n"}
    repo.commit("one", {"dvc.yaml": DVC_YAML, **files})
    repo.git("config", "user.name", "Ömer Şahin")
    for name in ("Churn@v1.0.0", "Churn#Prod#1", "other@v1.0.0"):
        repo.tag(name)
    with studio_of({"team": repo.path}, tmp_path / "index.db") as studio:
        yield studio


FOUND = (
    "GRÖSSE", "größe", "ÜBER", "STRASSEN", "PROD", "CHURN", "100%", '"C:\\TEMP"', "A_B", "name:cHURN",
)  # fmt: skip
MISSED = ("100_", "10%sure", "a%b", "C/temp", "g_öße", "name:c%n", "author:ö_er", "GÜTE>0.95")


def test_letters_beyond_ascii_are_found_in_capital_and_in_small(foreign: Studio) -> None:
    assert {text: names(foreign, q=text) for text in FOUND} == {text: ["Churn"] for text in FOUND}
    for text in ("author:ÖMER", "Ä.GÜTE>0.5", "güte>0.5"):  # of a commit, whichever artifact it is of
        assert names(foreign, q=text) == ["other", "Churn"], text


def test_no_sign_stands_for_others(foreign: Studio) -> None:
    assert {text: names(foreign, q=text) for text in MISSED} == {text: [] for text in MISSED}


def test_events_are_found_by_an_author_in_capital_letters(foreign: Studio) -> None:
    assert len(foreign.json("/history", author="ŞAHIN")["events"]) == 3  # type: ignore[arg-type]  # JSON
    assert foreign.json("/history", author="ö%r")["events"] == []


def test_on_postgresql_texts_are_sorted_by_their_bytes_and_numbers_have_64_bits() -> None:
    other = postgresql.dialect()  # type: ignore[no-untyped-call]  # of SQLAlchemy
    for table in metadata.tables.values():
        assert not {"TEXT", "INTEGER"} & {column.type.compile(other) for column in table.columns}, table.name
