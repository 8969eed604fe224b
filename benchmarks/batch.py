"""`gto apply` on millions of rows beside the same function over the whole table in memory: time and peak memory.

A pipeline of scikit-learn on 10 doubles and a category. The aims: at most 250 MB over the base process (the command on
10 rows), and at most 1.2 times the time that it takes in memory, both without the base process; equal output, also
after a kill, and from two workers of Ray into a folder that holds an earlier run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import Cost, repeat, run
from tests.environment import ray_python

if TYPE_CHECKING:
    from collections.abc import Sequence

CAP = 1800.0
ROWS = 5_000_000
MOST_MB, MOST_TIMES = 250, 1.2
MAKE = """
import sys
import gto, numpy, pyarrow, pyarrow.parquet
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
rows, chance = int(sys.argv[1]), numpy.random.default_rng(0)
columns = {f"x{number}": chance.normal(size=rows) for number in range(10)}
kinds = pyarrow.array(chance.integers(0, 5, rows).astype("int32"))
columns["kind"] = pyarrow.DictionaryArray.from_arrays(kinds, list("abcde"))
table = pyarrow.table(columns)
pyarrow.parquet.write_table(table, "groups.parquet", row_group_size=1 << 20)
pyarrow.parquet.write_table(table, "one-group.parquet", row_group_size=rows)
pyarrow.parquet.write_table(table[:10], "ten.parquet")
sample = table[:20_000].to_pandas()
numbers = [name for name in columns if name != "kind"]
steps = ColumnTransformer([("numbers", StandardScaler(), numbers), ("kind", OneHotEncoder(), ["kind"])])
model = Pipeline([("columns", steps), ("model", LogisticRegression())])
gto.save(model.fit(sample, sample["x0"] + sample["x1"] > 0), "churn", sample)
"""
IN_MEMORY = """
import gto, pyarrow, pyarrow.parquet
model = gto.load("churn.skops")
table = pyarrow.parquet.read_table("groups.parquet").to_pandas()
pyarrow.parquet.write_table(pyarrow.table({"predict": model.predict(table)}), "memory.parquet")
"""
COUNT = """
import sys, pyarrow, pyarrow.parquet
wanted = pyarrow.concat_tables([pyarrow.parquet.read_table("memory.parquet")] * int(sys.argv[2]))
print(pyarrow.parquet.read_table(sys.argv[1]).equals(wanted))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--runs", type=int, default=3, help="runs, for the median")
    parser.add_argument("--no-ray", action="store_true", help="without the cluster")
    options = parser.parse_args()
    python = ray_python()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        subprocess.run([python, "-c", MAKE, str(options.rows)], cwd=place, check=True)
        print(f"{options.rows:,} rows, {(place / 'groups.parquet').stat().st_size / 1e6:,.0f} MB of Parquet")
        bench = Bench(python, place, options.runs)
        bench.compare()
        bench.kill_and_resume()
        if not options.no_ray:
            bench.ask_ray()


class Bench:
    """One directory of data."""

    def __init__(self, python: Path, place: Path, runs: int) -> None:
        self.python, self.place, self.runs = python, place, runs
        self.env = {**os.environ, "OMP_NUM_THREADS": "1"}

    def apply(self, source: str, out: str, *more: str) -> list[str]:
        """Return the command."""
        return [str(self.python.parent / "gto"), "apply", "churn.skops", "--input", source, "-o", out, *more]

    def compare(self) -> None:
        """Measure the base process, in memory, and in batches."""
        base = self.cost(self.apply("ten.parquet", "ten-out.parquet"))
        show("base process", base)
        memory = self.cost([str(self.python), "-c", IN_MEMORY])
        show("whole table in memory", memory, base)
        for source in ("groups.parquet", "one-group.parquet"):
            cost = self.cost(self.apply(source, f"out-{source}"))
            show(f"gto apply, {source}", cost, base)
            cpu, wall = (
                (cost.cpu - base.cpu) / (memory.cpu - base.cpu),
                (cost.wall - base.wall) / (memory.wall - base.wall),
            )
            held = cpu <= MOST_TIMES and (cost.memory - base.memory) / 1e6 <= MOST_MB
            print(
                f"    {cpu:.2f} times the CPU, {wall:.2f} times the time, {said(held)}; {self.equal(f'out-{source}')}"
            )

    def kill_and_resume(self) -> None:
        """Kill a run over the file twice when some of it is done, and go on."""
        argv = self.apply("groups.parquet", "killed.parquet", "--input", "one-group.parquet")
        process = subprocess.Popen(argv, cwd=self.place, env=self.env, stdout=subprocess.DEVNULL)
        while not list(self.place.glob(".gto-apply-killed.parquet/part-*")) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = subprocess.run(
            [*argv, "--resume", "--json"], cwd=self.place, env=self.env, check=True, capture_output=True
        )
        print(
            f"killed and resumed after {json.loads(done.stdout)['resumed']:,} rows; {self.equal('killed.parquet', 2)}"
        )

    def ask_ray(self) -> None:
        """Have two workers of Ray write into a folder that holds an earlier run."""
        argv = self.apply("groups.parquet", "folder/", "--engine", "ray", "--workers", "2")
        subprocess.run(self.apply("ten.parquet", "folder/"), cwd=self.place, env=self.env, check=True)
        cost = run(argv, self.place, self.env, CAP)
        print(f"Ray, two workers: {cost.wall:.1f} s with its start; {self.equal('folder')}")

    def cost(self, argv: Sequence[str]) -> Cost:
        """Measure a command."""
        return repeat(lambda: run(argv, self.place, self.env, CAP), self.runs)

    def equal(self, out: str, times: int = 1) -> str:
        """Tell whether an output is what came in memory, row by row, so many times."""
        argv = [self.python, "-c", COUNT, out, str(times)]
        found = subprocess.run(argv, cwd=self.place, check=True, capture_output=True)
        return "equal output" if found.stdout == b"True\n" else "OTHER OUTPUT"


def show(name: str, cost: Cost, base: Cost | None = None) -> None:
    """Print what something took."""
    over = f" (+{(cost.memory - base.memory) / 1e6:.0f})" if base else ""
    print(f"{name}: {cost.cpu:.2f} s CPU, {cost.wall:.2f} s, {cost.memory / 1e6:.0f} MB{over}")


def said(held: bool) -> str:  # noqa: FBT001  it is all that is asked
    """Return whether the aim holds."""
    return "held" if held else "NOT HELD"


if __name__ == "__main__":
    main()
