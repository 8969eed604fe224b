"""Where rendered files are written, and which are removed, where somebody else made the directory."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UnsafePath
from gto.serve.deploy.rendering import LISTING, write_tree

if TYPE_CHECKING:
    from pathlib import Path


def test_no_listing_and_no_link_leads_out_of_the_directory(tmp_path: Path) -> None:
    mine = tmp_path / "home" / "keys" / "mine"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    (out / "a" / "b").symlink_to(tmp_path / "home")
    sha256 = hashlib.sha256(b"mine").hexdigest()
    (out / LISTING).write_text(json.dumps({"files": {"a/b/keys/mine": sha256}}))
    with pytest.raises(UnsafePath, match="is a link"):
        write_tree(str(out), {}, [])
    assert mine.exists()
