"""What is generated from the code is up to date, and what is written by hand names all that the code has."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import gto
from gto import exceptions, registry_config
from scripts import pages, picture, reference, sample, studio_pictures
from tests.repo import GTO

DOCS = pages.ROOT / "docs"
SOURCE = Path(inspect.getfile(gto)).parent

CHROMIUM = "/usr/bin/chromium"
# Words of the form of a code, in the files that report problems, that are none.
# The page on comparing versions has those of a lineage: `gto doctor` tells none of them.
NO_CODES = frozenset({"utf-8", "lineage-commit", "lineage-file", "lineage-invalid", "lineage-many", "lineage-plot"})
# A code that is put together: `tag-missing`, `tag-corrupt`.
PUT_TOGETHER = {"tag-": ("tag-missing", "tag-corrupt")}


@pytest.mark.parametrize("path", reference.generated(), ids=lambda path: path.name)
def test_a_generated_page_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.generated()[path], "run `python -m scripts.reference`"


def test_the_picture_is_up_to_date() -> None:
    shown = picture.lines(GTO, sample.environment(str(Path(sys.executable).parent)))
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.draw(shown), "run `python -m scripts.picture`"


def test_the_blanks_of_the_picture_keep_their_places_in_a_browser() -> None:
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"needs {CHROMIUM}")
    measure = "all => all.map(one => [one.textContent.length, one.getNumberOfChars()])"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        tab.goto(picture.PICTURE.as_uri())
        found = tab.eval_on_selector_all("text", measure)
        browser.close()
    assert found
    assert all(written == drawn for written, drawn in found)


def codes() -> set[str]:
    """Return the codes of problems in the source."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "Problem(" not in text:  # it makes none
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Constant(value=str(word)) if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", word):
                    found.add(word)
                case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if start in PUT_TOGETHER:
                    found.update(PUT_TOGETHER[start])
    return found - NO_CODES


def documented() -> list[str]:
    """Return the codes in the tables of the page on doctor."""
    return re.findall(r"^\| `([a-z0-9-]+)` \|", (DOCS / "how-to/doctor.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_problem_code_is_documented_once_and_no_other() -> None:
    assert sorted(documented()) == sorted(codes())


def test_every_error_is_documented() -> None:
    page = (DOCS / "reference/errors.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]\w+)`", page))
    assert named == set(dir(exceptions))


def test_every_setting_is_documented() -> None:
    page = (DOCS / "reference/configuration.md").read_text(encoding="utf-8")
    for key in registry_config._SETTINGS:  # noqa: SLF001 - the one list of settings
        assert f"`{key}`" in page, key


def test_every_picture_of_studio_is_one_that_the_script_makes_and_stands_on_a_page() -> None:
    texts = [page.read_text(encoding="utf-8") for page in (DOCS / "studio").glob("*.md")]
    shown = {name for text in texts for name in re.findall(r"assets/studio/([\w-]+)\.png", text)}
    made = {path.stem for path in (DOCS / "assets/studio").glob("*.png")}
    assert shown == made
    assert made <= set(studio_pictures.PICTURES)
