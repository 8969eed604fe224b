"""What each file that a framework wrote says: files/FRAMEWORK/FILE, and FILE.facts.json beside it."""

import glob
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gto.inspect.facts import CodeOnLoad
from tests.model_files import FILES, content, facts_of, read_bytes

GOLDEN = ".facts.json"
REAL = sorted(os.path.relpath(path, FILES)[: -len(GOLDEN)] for path in glob.glob(f"{FILES}/*/*{GOLDEN}"))
IN_C = (".h5", ".keras")
"""Ends of the names of what h5py reads, in C: an altered file may end the process, so it gets one of its own."""
LARGEST_FACTS = 1 << 20
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.mark.parametrize("path", REAL)
def test_says_what_is_known_of_it(path: str) -> None:
    with open(os.path.join(FILES, path + GOLDEN), encoding="utf-8") as opened:
        expected = json.load(opened)
    assert json.loads(json.dumps(facts_of(content(os.path.join(FILES, path))).as_dict())) == expected


@pytest.mark.parametrize("count", [25, pytest.param(20_000, marks=pytest.mark.soak, id="many")])
@pytest.mark.parametrize("path", REAL)
def test_mutations_are_read_or_refused_and_give_few_facts(path: str, count: int) -> None:
    real = content(os.path.join(FILES, path))
    for number in range(count // 25 if path.endswith(IN_C) else count):
        chance = random.Random(f"{path} {number}")  # noqa: S311  the same every time
        if isinstance(real, bytes):
            data = b"".join(mutated(real, chance))
            facts = read_bytes(data) if path.endswith(IN_C) else facts_of(data)
        else:
            victim = chance.choice(sorted(real))
            facts = facts_of({**real, victim: b"".join(mutated(real[victim], chance))})
        assert len(json.dumps(facts.as_dict())) < LARGEST_FACTS


@pytest.mark.parametrize("path", [one for one in REAL if os.path.isfile(os.path.join(FILES, one))])
def test_a_file_that_was_cut_off_is_not_called_free_of_code(path: str) -> None:
    real = content(os.path.join(FILES, path))
    assert isinstance(real, bytes)
    for percent in (85,) if path.endswith(IN_C) else (30, 60, 85):
        cut = real[: len(real) * percent // 100]
        facts = read_bytes(cut) if path.endswith(IN_C) else facts_of(cut)
        assert facts.code_on_load not in {CodeOnLoad.NONE, CodeOnLoad.TRUSTED_TYPES}


def mutated(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield the parts of a file of which some bytes are other, missing, or there twice."""
    at = 0
    for place in sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice((1, 1, 2, 8)))):
        yield data[at:place]
        at = place
        match chance.randrange(6):
            case 0:
                yield chance.randbytes(chance.choice((1, 1, 4, 8)))
            case 1:
                at += chance.choice((1, 1, 4, 8))
            case 2:
                yield b"\xff" * chance.choice((1, 4, 8))
                at += chance.choice((1, 4, 8))
            case 3:
                at = max(place - chance.randrange(64), 0)
            case 4:
                yield bytes([data[place] ^ 1 << chance.randrange(8)]) if place < len(data) else b"\0"
                at += 1
            case _ if chance.random() < 0.1:
                return
    yield data[at:]


def test_no_library_of_models_is_imported() -> None:
    """HDF5 alone is read by a library, which an extra brings."""
    script = (
        "import sys; from tests.inspect.test_real_files import *\n"
        "for path in REAL:\n"
        "    if not path.endswith(IN_C): facts_of(content(os.path.join(FILES, path)))\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not set(found.stdout.split()) & {"numpy", "h5py", "onnx", "sklearn", "torch", "skops", "google"}
