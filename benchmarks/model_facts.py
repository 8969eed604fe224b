"""The facts of a model of a gigabyte, as pickle and as joblib: seconds, and the peak memory of GTO and of its child.

The model is a KNeighborsClassifier of scikit-learn that was fitted on random numbers, which it keeps. The aim is 0.5 s
and 60 MB, with the start of Python.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.run import ROOT
from tests.environment import make_environment

MAKE = """
import pickle, sys
import joblib, numpy
from sklearn.neighbors import KNeighborsClassifier
chance = numpy.random.default_rng(0)
rows = int(sys.argv[2])
model = KNeighborsClassifier(algorithm="brute").fit(chance.random((rows, 120)), chance.integers(0, 2, rows))
with open(sys.argv[1] + "/model.pkl", "wb") as file:
    pickle.dump(model, file)
joblib.dump(model, sys.argv[1] + "/model.joblib")
"""
READ = """
import json, resource, sys
from gto.delivery.inspection import inspect_place
facts = inspect_place(sys.argv[1]).facts
peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([facts.class_name, facts.framework_version, facts.details["n_features"], *peaks]))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of 120 numbers, 968 bytes each")
    parser.add_argument("--runs", type=int, default=5, help="runs, for the median")
    parser.add_argument("--python", help="of an environment with scikit-learn; by default one is made")
    options = parser.parse_args()
    ours = make_environment("gto-bench", [str(ROOT)], anew=True)
    python = options.python or make_environment("scikit-learn", ["scikit-learn"])
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([python, "-c", MAKE, directory, str(options.rows)], check=True)
        for path in sorted(Path(directory).iterdir()):
            runs = [read(ours, path) for _ in range(options.runs)]
            seconds = statistics.median(one[0] for one in runs)
            class_name, version, features, parent, child = runs[0][1]
            print(f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB: {class_name} {version}, {features} features")
            print(f"    {seconds:.2f} s, {parent:.0f} MB, child {child:.0f} MB")


def read(python: Path, path: Path) -> tuple[float, list[Any]]:
    """Return the seconds that a process of its own takes, and what it found."""
    start = time.monotonic()
    out = subprocess.run([python, "-c", READ, path], check=True, capture_output=True).stdout
    return time.monotonic() - start, json.loads(out)


if __name__ == "__main__":
    main()
