"""Configuration files are read as DVC itself reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gto.dvc.config_file import parse_ini
from gto.exceptions import BadFile
from tests.repo import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.dvc

TEXTS: list[str | bytes] = [
    "",
    "# nothing\n\n  # more\n",
    "[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://bucket/a\n",
    '["core"]\nremote = "storage"\n',
    "[core]\nremote = 'storage' # which one\n",
    "[core]\nremote = storage # which one\n",
    "[core]\nREMOTE = Storage\n[Cache]\ndir = /x y/z\n",
    "['remote \"a b\"']\nurl = ssh://me@host:22/a/b\n",
    "[cache]\ndir = 'a#b'\n",
    '[cache]\ndir = "a\'b"\n',
    "[cache]\ndir =\n",
    "[cache]\ndir=x=y\n",
    "[ core ] # all of it\nremote = x\n",
    "[cache]\ndir = größe\n",
    "[remote]\nurl = x\n",
    # refused
    "[core]\nremote\n",
    "[core]\nremote = a\nremote = b\n",
    "[core]\n[core]\n",
    "[core\nremote = a\n",
    "[core]\nremote = 'a\n",
    b"[core]\nremote = \xff\n",
]
SCRIPT = """\
import json, sys
from dvc.config import Config, ConfigError
found = []
for name in sys.argv[1:]:
    try:
        found.append(Config.load_file(name))
    except (ConfigError, UnicodeDecodeError):
        found.append(None)
print(json.dumps(found))
"""


def test_configurations_are_read_as_dvc_reads_them(tmp_path: Path, dvc_python: Path) -> None:
    names = []
    for number, text in enumerate(TEXTS):
        path = tmp_path / str(number)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        names.append(str(path))
    told = run(str(dvc_python), "-c", SCRIPT, *names, cwd=tmp_path, env={"COVERAGE_PROCESS_CONFIG": ""})
    assert told.code == 0, told.stderr
    for text, wanted in zip(TEXTS, json.loads(told.stdout), strict=True):
        data = text if isinstance(text, bytes) else text.encode()
        if wanted is None:
            with pytest.raises(BadFile):
                parse_ini(data, "config")
            continue
        sections = parse_ini(data, "config")
        flat = {name: pairs for name, pairs in sections.items() if name and not name.startswith('remote "')}
        remotes = {name[8:-1]: pairs for name, pairs in sections.items() if name.startswith('remote "')}
        theirs = {name: pairs for name, pairs in wanted.items() if name not in {"remote", "machine", "db"}}
        if "remote" in flat:  # a section of that name without quotes is not one of remotes
            assert flat.pop("remote") == wanted["remote"]
        else:
            assert remotes == wanted["remote"], text
        assert flat == theirs, text
