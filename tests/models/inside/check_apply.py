"""A model applied to many files: in order, into an output that is whole, gone on with where a run was stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gto
from gto.exceptions import Conflict, GTOException, NotFound, UnsafePath, UsageError, WrongData
from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.models.apply import Applied, Job, apply_model, rows_left
from gto.models.load_model import ModelOrigin

SCHEMA = Schema((Tensor("x", "INT64"),), "pd")
FACTS = ModelFacts(methods={"predict": Method(SCHEMA)})
CHURN = ModelOrigin("churn", "v1.2.0", "4be0d31" + "0" * 33, "sha256:00")


class Double:
    def predict(self, table: pd.DataFrame) -> pd.Series:
        return table["x"] * 2


class Stopping(Double):
    """Is stopped by something that is not about the data, after so many calls."""

    def __init__(self, calls: int, error: BaseException) -> None:
        self.calls, self.error = calls, error

    def predict(self, table: pd.DataFrame) -> pd.Series:
        self.calls -= 1
        if self.calls < 0:
            raise self.error
        return super().predict(table)


def written(place: Path, rows: range, group: int = 10) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame({"id": [f"r{number}" for number in rows], "x": rows})
    if place.suffix == ".parquet":
        table.to_parquet(place, row_group_size=group)
    elif place.suffix == ".csv":
        table.to_csv(place, index=False)
    else:
        table.to_json(place, orient="records", lines=True)


def many(tmp_path: Path) -> Path:
    """A folder of three files, with what other programs leave there."""
    written(tmp_path / "in/a.parquet", range(45))
    written(tmp_path / "in/b.csv", range(45, 70))
    written(tmp_path / "in/c/d.jsonl", range(70, 95))
    (tmp_path / "in/_SUCCESS").touch()
    (tmp_path / "in/.hidden").touch()
    return tmp_path / "in"


def job(tmp_path: Path, *inputs: str, out: str = "out.parquet", resume: bool = False) -> Job:
    names = inputs or (str(tmp_path / "in"),)
    return Job("predict", names, f"{tmp_path}/{out}", ("id",), 10, CHURN, resume=resume, seconds=0)


def check(found: pd.DataFrame, rows: range) -> None:
    assert list(found["id"]) == [f"r{number}" for number in rows]
    assert list(found["predict"]) == [number * 2 for number in rows]


def test_a_folder_a_pattern_and_several_files_are_read_in_order(tmp_path: Path) -> None:
    many(tmp_path)
    assert apply_model(Double(), FACTS, job(tmp_path)) == Applied(95)
    check(pd.read_parquet(tmp_path / "out.parquet"), range(95))
    several = job(tmp_path, str(tmp_path / "in/b.csv"), str(tmp_path / "in/*.parquet"))
    apply_model(Double(), FACTS, several)
    found = pd.read_parquet(several.output)
    assert list(found["predict"]) == [number * 2 for number in (*range(45, 70), *range(45))]
    assert sorted(os.listdir(tmp_path)) == ["in", "out.parquet"]


def test_inputs_that_are_none_are_named(tmp_path: Path) -> None:
    many(tmp_path)
    (tmp_path / "empty").mkdir()
    for name, kind, words in (
        ("nope.csv", NotFound, "there is no file '.*nope.csv'"),
        ("in/*.pq", NotFound, "no file of data in"),
        ("empty", NotFound, "no file of data in"),
    ):
        with pytest.raises(kind, match=words):
            apply_model(Double(), FACTS, job(tmp_path, str(tmp_path / name)))
    with pytest.raises(UsageError, match="would be among the input"):
        apply_model(Double(), FACTS, job(tmp_path, out="in/out.parquet"))
    (tmp_path / "in/notes.txt").touch()
    with pytest.raises(UsageError, match=r"notes\.txt' is of no kind") as caught:
        apply_model(Double(), FACTS, job(tmp_path))
    assert caught.value.hint.endswith("in/*.parquet'")


def test_a_wrong_column_of_the_last_file_is_told_before_the_model_is_called(tmp_path: Path) -> None:
    written(tmp_path / "in/a.parquet", range(5))
    pd.DataFrame({"id": ["r"], "x": [0.5]}).to_parquet(tmp_path / "in/b.parquet")
    with pytest.raises(WrongData, match="'x' holds FP64"):
        apply_model(Stopping(0, AssertionError()), FACTS, job(tmp_path))


def test_the_output_names_the_version_that_made_it(tmp_path: Path) -> None:
    written(tmp_path / "in/a.parquet", range(5))
    apply_model(Double(), FACTS, job(tmp_path))
    found = pq.read_metadata(tmp_path / "out.parquet").metadata
    assert found[b"gto.model"] == b"churn"
    assert found[b"gto.model.version"] == b"v1.2.0"
    assert found[b"gto.model.commit"] == CHURN.commit.encode()  # type: ignore[union-attr]
    assert found[b"gto.model.digest"] == b"sha256:00"
    assert found[b"gto.version"] == gto.__version__.encode()
    apply_model(Double(), FACTS, job(tmp_path, out="out.csv")._replace(version_column="made_by"))
    assert set(pd.read_csv(tmp_path / "out.csv")["made_by"]) == {"churn@v1.2.0"}
    with pytest.raises(UsageError, match="a column 'id' already"):
        apply_model(Double(), FACTS, job(tmp_path)._replace(version_column="id"))


@pytest.mark.parametrize("out", ["out.parquet", "out.csv", "out.jsonl", "out/"])
@pytest.mark.parametrize("stopped", [1, 5, 8])
def test_a_run_that_was_stopped_is_gone_on_with_to_the_same_bytes(tmp_path: Path, out: str, stopped: int) -> None:
    many(tmp_path)
    whole = job(tmp_path, out=f"whole-{out}")
    apply_model(Double(), FACTS, whole)
    stopping = Stopping(stopped, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        apply_model(stopping, FACTS, job(tmp_path, out=out))
    assert not Path(tmp_path / out).exists()
    left = rows_left(f"{tmp_path}/{out}")
    assert left is not None
    assert left.rows > 0
    counting = Stopping(11 - stopped, AssertionError("rows that are done were asked for again"))
    assert apply_model(counting, FACTS, job(tmp_path, out=out, resume=True)) == Applied(95, left.rows)
    assert bytes_of(tmp_path / out) == bytes_of(Path(whole.output))
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".gto")]


def bytes_of(place: Path) -> list[bytes]:
    return [one.read_bytes() for one in (sorted(place.iterdir()) if place.is_dir() else [place])]


def test_what_was_begun_otherwise_is_not_gone_on_with(tmp_path: Path) -> None:
    many(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        apply_model(Stopping(4, KeyboardInterrupt()), FACTS, job(tmp_path))
    other = job(tmp_path, resume=True)
    with pytest.raises(UsageError, match="the model is another one"):
        apply_model(Double(), FACTS, other._replace(origin=CHURN._replace(version="v1.3.0")))
    with pytest.raises(UsageError, match="--batch-size is another one"):
        apply_model(Double(), FACTS, other._replace(rows=11))
    written(tmp_path / "in/b.csv", range(45, 71))
    with pytest.raises(UsageError, match="the input has changed") as caught:
        apply_model(Double(), FACTS, other)
    assert caught.value.hint == "without --resume it begins anew"
    assert rows_left(other.output) is not None
    assert apply_model(Double(), FACTS, job(tmp_path)) == Applied(96)


def test_wrong_data_leave_nothing_and_a_store_that_ends_leaves_what_is_done(tmp_path: Path) -> None:
    many(tmp_path)
    with pytest.raises(WrongData):
        apply_model(Stopping(4, ValueError("no")), FACTS, job(tmp_path))
    assert os.listdir(tmp_path) == ["in"]

    def ending(*_: object) -> object:
        yield pa.table({"id": ["r0"], "predict": [0]})
        raise GTOException("the store is gone")

    with pytest.raises(GTOException, match="gone"):
        apply_model(Double(), FACTS, job(tmp_path), engine=ending)  # type: ignore[arg-type]
    assert rows_left(str(tmp_path / "out.parquet")) is not None


def test_rows_that_are_missing_are_no_output(tmp_path: Path) -> None:
    written(tmp_path / "in/a.parquet", range(5))
    (tmp_path / "out.parquet").write_text("before")
    few = [pa.table({"id": ["r0"], "predict": [0]})]
    with pytest.raises(GTOException, match="1 rows were written for 5"):
        apply_model(Double(), FACTS, job(tmp_path), engine=lambda *_: iter(few))
    assert (tmp_path / "out.parquet").read_text() == "before"


def test_columns_that_change_their_type_are_named(tmp_path: Path) -> None:
    class Other:
        def predict(self, table: pd.DataFrame) -> np.ndarray:
            return np.zeros(len(table), "int64" if table["x"].iloc[0] == 0 else "float32")

    written(tmp_path / "in/a.parquet", range(25))
    with pytest.raises(WrongData, match=r"'predict' is int64 for the first rows, and float for"):
        apply_model(Other(), FACTS, job(tmp_path))


def test_a_folder_of_an_earlier_run_is_replaced_and_one_of_others_refused(tmp_path: Path) -> None:
    many(tmp_path)
    apply_model(Double(), FACTS, job(tmp_path, out="out/"))
    written(tmp_path / "in/a.parquet", range(20, 45))
    apply_model(Double(), FACTS, job(tmp_path, out="out/"))
    check(pd.read_parquet(tmp_path / "out"), range(20, 95))
    note = json.loads((tmp_path / "out/_gto-apply.json").read_text())
    assert (note["rows"], note["made_by"]["gto.model.version"]) == (75, "v1.2.0")
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]
    (tmp_path / "out/mine.txt").touch()
    with pytest.raises(UnsafePath, match=r"holds 'mine\.txt'"):
        apply_model(Double(), FACTS, job(tmp_path, out="out"))


def test_the_size_of_batches_does_not_show_in_the_output(tmp_path: Path) -> None:
    rows = 2 * 65_536 + 100
    pq.write_table(
        pa.table({"id": [str(number % 7) for number in range(rows)], "x": range(rows)}), tmp_path / "a.parquet"
    )
    found = set()
    for size in (1000, 65_536, 90_000):
        apply_model(Double(), FACTS, job(tmp_path, str(tmp_path / "a.parquet"))._replace(rows=size))
        found.add((tmp_path / "out.parquet").read_bytes())
    assert len(found) == 1
    metadata = pq.read_metadata(tmp_path / "out.parquet")
    assert [metadata.row_group(number).num_rows for number in range(3)] == [65_536, 65_536, 100]


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    written(tmp_path / "in/a.parquet", range(25))

    class Nested(Double):
        def predict(self, table: pd.DataFrame) -> pd.Series:
            with pytest.raises(Conflict, match="another run writes this output"):
                apply_model(Double(), FACTS, job(tmp_path))
            return super().predict(table)

    assert apply_model(Nested(), FACTS, job(tmp_path)).rows == 25


def test_one_huge_row_group_is_read_in_pages(tmp_path: Path) -> None:
    rows = 6_000_000
    pq.write_table(pa.table({"x": np.random.default_rng(1).integers(0, 1 << 60, rows)}), tmp_path / "a.parquet")
    code = (
        "import resource, sys, check_apply as one, pandas, pyarrow.parquet; from pathlib import Path\n"
        "wanted = one.job(Path(sys.argv[1]), sys.argv[1] + '/a.parquet')._replace(rows=65536, keep=(), seconds=5)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert one.apply_model(one.Double(), one.FACTS, wanted).rows == 6_000_000\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 45_000  # KiB; the file is 48 MB


KILLED = """
import sys, time, check_apply as one
from pathlib import Path
class Slow(one.Double):
    def predict(self, table):
        time.sleep(0.02)
        return super().predict(table)
print("begins", flush=True)
one.apply_model(Slow(), one.FACTS, one.job(Path(sys.argv[1])))
"""


def test_a_killed_process_leaves_what_is_done(tmp_path: Path) -> None:
    written(tmp_path / "in/a.parquet", range(3000))
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begins\n"
    end = time.monotonic() + 60
    while rows_left(str(tmp_path / "out.parquet")) is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    applied = apply_model(Double(), FACTS, job(tmp_path, resume=True))
    assert applied.rows == 3000
    assert applied.resumed > 0
    check(pd.read_parquet(tmp_path / "out.parquet"), range(3000))
    assert sorted(os.listdir(tmp_path)) == ["in", "out.parquet"]


def slow(table: pd.DataFrame) -> list[int]:
    for number in table["x"]:
        if number >= 50 and os.path.exists("wait"):
            time.sleep(60)
    return [2 * number for number in table["x"]]


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    gto.save(slow, str(tmp_path / "slow"), pd.DataFrame({"x": [1, 2]}))
    written(tmp_path / "in/a.parquet", range(95))
    (tmp_path / "wait").touch()
    argv = [sys.executable, "-m", "gto", "apply", "slow.cloudpickle", "--input", "in", "-o", "out.csv", "--trusted"]
    argv += ["--method", "__call__", "--keep", "id", "--batch-size", "10"]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits that it is ignored
    process = subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / ".gto-apply-out.csv/growing.arrows").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "50 rows are done, and kept in " in said
    assert "`--resume` goes on with them" in said
    (tmp_path / "wait").unlink()
    done = subprocess.run([*argv, "--resume", "--json"], cwd=tmp_path, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert (found["rows"], found["resumed"], found["artifact"]) == (95, 50, "slow.cloudpickle")
    assert found["hash"].startswith("sha256:")
    assert list(pd.read_csv(tmp_path / "out.csv")["__call__"]) == [2 * number for number in range(95)]
    refused = subprocess.run([*argv, "--workers", "2"], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert "add --engine ray" in refused.stderr
