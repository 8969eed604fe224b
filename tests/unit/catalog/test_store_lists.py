"""The stores that a catalogue lists for groups: read, refused where they are wrong, and left alone by edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.catalog import file, membership
from gto.catalog.membership import About
from gto.core.allowed_stores import AllowedStores, StoreLocation
from gto.exceptions import BadFile
from tests.unit.catalog.test_file import make

if TYPE_CHECKING:
    from pathlib import Path

LISTS = """\
stores: # who reads what
  lab:
  - s3://models/lab
  - {url: gs://models, endpointurl: https://GCS.example.com/}
  "*": [/srv/models] # all
  nothing:
"""
LAB = (
    StoreLocation("s3", "models", ("lab",)),
    StoreLocation("gs", "models", (), "https://gcs.example.com"),
)
ALL = StoreLocation("", "", ("srv", "models"))


def written(tmp_path: Path, text: str) -> str:
    """The path of a catalogue with this text."""
    path = tmp_path / "team.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_repository_may_read_what_is_listed_for_its_groups_and_for_all(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make(tmp_path / name)
    path = written(tmp_path, f"repos:\n- {{path: one, group: lab}}\n- path: two\n{LISTS}")
    found = file.find_all(path)
    assert found.stores == {"lab": LAB, "*": (ALL,), "nothing": ()}
    assert [one.stores for one in found.places] == [None, None]  # the command line reads as ever
    limited = [one.stores for one in found.limited().places]
    assert limited == [AllowedStores(("lab",), (*LAB, ALL)), AllowedStores((), (ALL,))]
    assert [one.stores for one in file.find_all(path, ["lab"]).limited().places] == limited[:1]


def test_without_the_key_nothing_is_limited_and_with_an_empty_one_all_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "one")
    for text, expected in (("", None), ("stores:\n", AllowedStores(())), ("stores: {}\n", AllowedStores(()))):
        found = file.find_all(written(tmp_path, f"repos: [path: one]\n{text}")).limited()
        assert [one.stores for one in found.places] == [expected]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[s3://models]", "'stores' must be a mapping of groups"),
        ("{lab: s3://models}", "'stores' of 'lab' must be a list"),
        ("{lab: [models]}", "neither a URL nor an absolute path"),
        ("{lab: [s3://models/../x]}", "leads out of its store"),
        ("{lab: [{endpointurl: https://x}]}", "a store of 'lab' must be"),
        ("{lab: [{url: s3://models, secret: x}]}", "unknown key 'secret'"),
        ("{lab: [{url: s3://models, endpointurl: minio}]}", "neither a URL nor an absolute path"),
        ("{'a b': []}", "name of a group"),
        ("{1: []}", "must be text"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadFile) as caught:
        file.load(written(tmp_path, f"repos: []\nstores: {text}\n"))
    assert said in caught.value.message
    assert caught.value.line == 2


def test_repositories_are_added_and_removed_beside_the_lists(tmp_path: Path) -> None:
    path = written(tmp_path, LISTS)
    make(tmp_path / "new")
    membership.add([str(tmp_path / "new")], About(), path)
    loaded = file.load(path)
    assert (loaded.stores, len(loaded.entries)) == ({"lab": LAB, "*": (ALL,), "nothing": ()}, 1)
    membership.remove(["new"], path)
    assert file.load(path).entries == ()
    assert LISTS in (tmp_path / "team.yaml").read_text("utf-8")
