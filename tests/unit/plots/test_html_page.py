from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import ExtraMissing
from gto.plots import vega_bundle
from gto.plots.html_page import PageContent, Picture, render_page

if TYPE_CHECKING:
    from pathlib import Path


def test_a_page_of_images_alone_runs_no_script() -> None:
    sheet = PageContent(("old",), (), (("<a>", (Picture("old", "image/png", b"x"),)),), ("<gone>: no",))
    page = render_page(sheet)
    assert "script-src 'none'" in page
    assert "&lt;a&gt;" in page
    assert "&lt;gone&gt;: no" in page
    assert "<a>" not in page
    assert 'src="data:image/png;base64,eA=="' in page


def test_the_program_is_made_once_and_a_damaged_copy_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = vega_bundle.load_bundle()
    assert "vegaEmbed" in made
    (kept,) = (tmp_path / "gto").glob("vega-*.js")
    head, _, text = kept.read_text(encoding="utf-8").partition("\n")
    assert text == made
    other = "window.vegaEmbed = null"
    kept.write_text(f"// {vega_bundle._digest(other)}\n{other}", encoding="utf-8")  # noqa: SLF001 - what marks a sound copy
    assert vega_bundle.load_bundle() == other
    kept.write_text(f"{head}\n{text[:1000]}", encoding="utf-8")
    monkeypatch.setenv("GTO_CACHE", "false")
    assert vega_bundle.load_bundle() == made
    assert len(kept.read_text(encoding="utf-8")) < 2000


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", lacking)
    with pytest.raises(ExtraMissing) as error:
        vega_bundle.load_bundle()
    assert error.value.hint == f"pip install {error.value.package}, or GTO with its extra 'plots'"
