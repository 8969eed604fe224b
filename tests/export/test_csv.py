"""`gto export csv`: RFC 4180, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from gto.export import csv as spreadsheet
from gto.export import inventory, registry_json
from tests.export.filled import HOSTILE
from tests.factories import Tags, records
from tests.growth import check_growth
from tests.stories.healthy import done

if TYPE_CHECKING:
    from tests.repo import Repo


def rows(repo: Repo, *args: str) -> list[dict[str, str]]:
    done(repo.gto("export", "csv", *args, "-o", "out.csv"))
    data = (repo.path / "out.csv").read_bytes()
    assert data.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def test_every_version_is_a_row(filled: Repo) -> None:
    found = rows(filled)
    assert tuple(found[0]) == spreadsheet.VERSIONS
    shown = [(one["artifact"], one["version"], one["active"], one["stages"]) for one in found if one["tag"]]
    assert shown == [
        ("churn", "v2.0.0-rc.1", "true", ""),
        ("churn", "v1.10.0", "true", "dev"),
        ("churn", "v1.9.0", "false", ""),
        ("eu:churn", "v0.0.1", "true", ""),
        ("gone", "v0.0.1", "false", ""),
        ("trap", "v0.0.1", "true", ""),
    ]
    assert found[0]["labels"] == "tabular Weekly_Report"
    assert found[0]["description"] == "Who will leave"
    assert [one["version"] for one in found if not one["tag"]] == [filled.git("rev-parse", "HEAD")]


def test_every_event_is_a_row_the_oldest_first(filled: Repo) -> None:
    found = rows(filled, "--events")
    assert tuple(found[0]) == spreadsheet.EVENTS
    journal = json.loads(done(filled.gto("history", "--json", "--ascending")))
    assert [one["tag"] for one in found] == [one["ref"] for one in journal]
    assert [one["created_at"] for one in found] == [one["timestamp"] for one in journal]


def test_no_cell_begins_a_formula(filled: Repo) -> None:
    found = [*rows(filled), *rows(filled, "--events")]
    assert {row["artifact"]: row["path"] for row in found if row.get("path")}["trap"] == "'=trap.bin"
    messages = {row["message"] for row in found}
    assert "'@SUM(1)\\r\\nsecond line" in messages
    assert f"'{HOSTILE.replace(chr(0x202E), chr(92) + 'u202e')}" in messages
    assert not [cell for row in found for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_whatever_may_begin_a_formula_gets_an_apostrophe(first: str, repo: Repo) -> None:
    repo.commit("one", {"dvc.yaml": json.dumps({"artifacts": {"a": {"path": "m", "desc": f"{first}1+1"}}})})
    done(repo.gto("register", "a"))
    (row,) = rows(repo)
    assert row["description"] == f"'{first}1+1"


@pytest.mark.parametrize(("first", "shown"), [("\t", "\\t"), ("\r", "\\r"), ("\n", "\\n"), ("\x00", "\\x00")])
def test_a_control_character_is_an_escape_and_no_formula_follows_it(first: str, shown: str, repo: Repo) -> None:
    repo.commit("one", {"dvc.yaml": json.dumps({"artifacts": {"a": {"path": "m", "desc": f"x{first}=1+1"}}})})
    done(repo.gto("register", "a"))
    (row,) = rows(repo)
    assert row["description"] == f"x{shown}=1+1"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "message",
    [
        'fine;=HYPERLINK("http://evil","x");z',
        "fine\t=1+1",
        "fine\n=1+2;z",
        "fine\r\n@SUM(1)",
        "fine|-1",
        'fine; "=1',
        " =1",
        "\u00a0\uff1d1;\ufeff+1",
        ";;=1;-2",
    ],
)
def test_no_cell_begins_a_formula_whatever_a_reader_takes_for_the_end_of_one(
    delimiter: str, message: str, repo: Repo
) -> None:
    repo.commit("one", {"dvc.yaml": json.dumps({"artifacts": {"a": {"path": "m", "desc": message}}})})
    repo.tag("a@v1.0.0", message=message)
    data = done(repo.gto("export", "csv")) + done(repo.gto("export", "csv", "--events"))
    assert len(data.splitlines()) == 4  # no text is more than its line
    found = [cell for row in csv.reader(io.StringIO(data, newline=""), delimiter=delimiter) for cell in row]
    assert not [
        cell for cell in found if cell.strip(' \u00a0\ufeff"').startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20"))
    ]


def test_on_stdout_it_is_the_same(filled: Repo) -> None:
    done(filled.gto("export", "csv", "-o", "out.csv"))
    expected = (filled.path / "out.csv").read_bytes().decode()
    assert done(filled.gto("export", "csv")) == expected
    assert "##vso[" not in done(filled.gto("export", "csv", env={"TF_BUILD": "True"}))


def test_four_times_the_versions_take_about_four_times_as_long() -> None:
    made = []
    for count in (250, 1000, 4000):
        pairs = ((f"m@v1.0.{number} {number + 1}", f"m#s{number} {number + 1}") for number in range(count))
        state = Tags(records(*chain.from_iterable(pairs))).state()
        made.append(inventory.Inventory((inventory.Item(state, None, {}),), (), 0))
    check_growth(spreadsheet.versions, made)
    check_growth(registry_json.document, made)
