"""Formats that other distributions offer: read by the child process, which finds them by entry point."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from gto.inspect.facts import CodeOnLoad, ModelFacts
from tests.model_files import read_bytes

READER = """
from gto.inspect.facts import CodeOnLoad
from gto.inspect.model_file import UnreadableModel

def can_read(head):
    return head.startswith(b"ACME")

def read(file, facts):
    facts.format, facts.code_on_load = "acme", CodeOnLoad.NONE
    facts.parameter_count = file.size
    word = file.read(4, 4)
    if word == b"stop":
        raise UnreadableModel("it says stop")
    if word == b"fail":
        raise ValueError("a fault of the reader")

class Trees:
    def can_read_tree(self, tree):
        return "acme.txt" in tree.paths

    def read_tree(self, tree, facts):
        facts.format = tree.read("acme.txt", 10).decode()

trees = Trees()
"""


@pytest.fixture
def _offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that offers a format of files and one of trees."""
    about = tmp_path / "acme-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[gto.model_formats]\nfiles = acme_reader\ntrees = acme_reader:trees\n")
    (tmp_path / "acme_reader.py").write_text(READER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def zipped(files: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


@pytest.mark.usefixtures("_offered")
def test_files_and_archives_of_an_offered_format_are_read() -> None:
    found = read_bytes(b"ACMEfine")
    assert (found.format, found.code_on_load, found.parameter_count, found.notes) == ("acme", CodeOnLoad.NONE, 8, [])
    assert read_bytes(zipped({"acme.txt": "trees"})).format == "trees"
    assert read_bytes(zipped({"other.txt": "trees"})).format == ""


@pytest.mark.usefixtures("_offered")
def test_a_reader_that_gives_up_keeps_its_facts_and_no_verdict() -> None:
    found = read_bytes(b"ACMEstop")
    assert (found.format, found.code_on_load, found.notes) == ("acme", CodeOnLoad.UNKNOWN, ["it says stop"])


@pytest.mark.usefixtures("_offered")
def test_a_reader_with_a_fault_costs_the_facts_alone() -> None:
    found = read_bytes(b"ACMEfail")
    note = "the process that read it ended with 1: ValueError: a fault of the reader"
    assert found == ModelFacts(notes=[note])
