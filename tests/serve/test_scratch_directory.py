from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from gto.serve.server.scratch_directory import scratch_directory

HOLD = """
import time
from gto.serve.server.scratch_directory import scratch_directory
with scratch_directory() as place:
    print(place, flush=True)
    time.sleep(60)
"""


def test_a_directory_goes_with_its_process_and_one_that_a_killed_process_left_at_the_next_start() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        with scratch_directory() as mine:
            assert theirs.is_dir()
            assert Path(mine).is_dir()
        assert not Path(mine).exists()
        other.kill()
    assert theirs.is_dir()
    with scratch_directory() as mine:
        assert os.listdir(theirs.parent) == [Path(mine).name]
