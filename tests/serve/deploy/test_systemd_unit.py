"""The unit that `gto deploy` writes, as the real systemd-analyze sees it; text that would be an order to systemd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import InvalidManifest
from gto.serve.deploy.machines.systemd import SystemdOverSsh
from gto.serve.deploy.machines.systemd_unit import problems_of, render_unit
from gto.version import __version__
from tests.serve.deploy.wanting import wanted

if TYPE_CHECKING:
    from pathlib import Path

MOST = {"system": 2.0, "user": 5.0}
"""How exposed a unit may be, of 10; a user's cannot drop what only root may drop."""


@pytest.mark.parametrize("scope", ["system", "user"])
def test_a_unit_has_nothing_that_systemd_complains_of_and_may_do_little(tmp_path: Path, scope: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze: apt-get install systemd")
    values = {"host": "box", "scope": scope, "interpreter": sys.executable, "memory": "2G", "cpus": 1.5}
    unit = tmp_path / "gto-prod.service"
    unit.write_text(render_unit(wanted("systemd", values)))
    assert _analyze(tmp_path, "verify", f"--{scope}", unit) == (0, "")
    code, said = _analyze(tmp_path, "security", "--offline=true", f"--threshold={round(MOST[scope] * 10)}", unit)
    assert code == 0, said[-300:]

    unit.write_text(unit.read_text().replace("ProtectClock=", "ProtectClocks="))
    code, said = _analyze(tmp_path, "verify", f"--{scope}", unit)
    assert "ProtectClocks" in said, f"it says so, and ends with {code} all the same"
    assert "unknown key 'ProtectClocks'" in "".join(problems_of(unit.read_text()))


def _analyze(place: Path, *words: str | Path) -> tuple[int, str]:
    env = {**os.environ, "XDG_RUNTIME_DIR": str(place)}
    said = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False, env=env)
    return said.returncode, said.stdout + said.stderr


def test_no_setting_is_an_order_to_systemd() -> None:
    values = {
        "host": "box",
        "environment": {"A": 'x" "LD_PRELOAD=/tmp/x', "B": "100% $HOME"},
        "command": ["a b", "$X", "%n"],
    }
    text = render_unit(wanted("systemd", values))
    assert 'Environment="A=x\\" \\"LD_PRELOAD=/tmp/x"' in text
    assert 'Environment="B=100%% $HOME"' in text
    assert 'ExecStart="a b" $$X %%n' in text
    assert "/files/churn 50%%.skops" in render_unit(wanted("systemd", {"host": "box"}))


def test_the_release_of_gto_that_deploys_is_installed_and_no_other() -> None:
    text = {one.path: one.text for one in SystemdOverSsh().render(wanted("systemd", {"host": "box"}))}
    assert text["requirements.txt"].splitlines()[0] == f"gto[serve]=={__version__}"


def test_a_side_car_names_packages_and_not_where_they_come_from() -> None:
    asked = wanted("systemd", {"host": "box"})
    assert asked.facts is not None
    evils = ("--index-url=https://evil.example.com", "x\n-i https://evil", "x --hash=sha256:0", "-r /etc/passwd",
             "https://evil.example.com/x.tar.gz", "x @ https://evil.example.com/x.tar.gz", "wheels/x.whl",
             "x\ny @ git+https://evil.example.com/y", "x===${HOME}")  # fmt: skip
    for evil in evils:
        asked.facts.requirements = [evil]
        platform = SystemdOverSsh()
        with pytest.raises(InvalidManifest, match="is no package"):
            platform.validate(asked, platform.render(asked))
