"""`gto apply`: what a model says of the rows of files."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import click

from gto.cli import options, render
from gto.exceptions import Conflict, Untrusted, UsageError

if TYPE_CHECKING:
    from gto.models.apply import Applied, Engine, Job
    from gto.models.load_model import LoadedModel


@click.command(
    "apply",
    cls=options.Command,
    short_help="Apply a model to files of data.",
    examples="""
    gto apply churn#prod --input customers.csv -o who-leaves.csv --keep id
    gto apply model.joblib --input data.parquet --method predict_proba -o out.parquet --trusted
    gto apply churn#prod --input s3://lake/2026-11/ -o s3://lake/scores.parquet --keep id
    gto apply churn#prod --input 'days/*.parquet' -o scores/ --resume
    gto apply churn#prod --input days/ -o scores/ --engine ray --ray-address auto
    """,
)
@options.repo
@options.argument(
    "target", help="A model's file, or NAME, NAME@latest, NAME@v1.2.3, NAME#stage", shell_complete=options.names
)
@click.option(
    "--input",
    "sources",
    required=True,
    multiple=True,
    metavar="FILE",
    help=".csv, .jsonl, .parquet or .npy; a directory, a pattern, a URL of a bucket or a web server; repeatable",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help=".csv, .jsonl, .parquet or .npy, or such a file in a bucket; a name that ends with / gets a folder of files",
)
@click.option("--method", default="predict", help="The method that is called; predict if not given")
@click.option("--keep", multiple=True, metavar="COLUMN", help="A column that goes to the output as it is; repeatable")
@click.option("--version-column", default="", metavar="NAME", help="A column that names the version that made the row")
@click.option("--batch-size", type=click.IntRange(min=1), metavar="ROWS", help="Rows of a call; 65536 if not given")
@click.option("--resume", is_flag=True, help="Go on with what a run of the same left that was stopped, if one did")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="Where the model is called")
@click.option("--ray-address", metavar="ADDR", help="The Ray cluster; one that Ray finds, or a new one, if not given")
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes of Ray, a CPU each; all if not given"
)
@click.option("--rev", metavar="REF", help="Take what is annotated at this commit, branch or tag")
@click.option("--trusted", is_flag=True, help="Load a file whose loading runs code: you trust whoever wrote it")
@options.as_json
def command(
    repo: str,
    target: str,
    sources: tuple[str, ...],
    output: str,
    method: str,
    keep: tuple[str, ...],
    version_column: str,
    batch_size: int | None,
    resume: bool,
    engine: str,
    ray_address: str | None,
    workers: int | None,
    rev: str | None,
    trusted: bool,
    as_json: bool,
) -> None:
    """Check the rows of files against the model's schema, and write what the model says of each, in their order.

    Text files are read as the schema's datatypes. A column that is missing, unknown, or of another datatype is named,
    and nothing is written. Memory does not grow with the files; the output is replaced when it is whole. Rows that are
    done when the command is stopped are kept beside the output until --resume goes on with them, or another run begins.
    """
    from gto.models.apply import Job
    from gto.models.data_files import ROWS

    if engine == "local" and (ray_address or workers):
        raise UsageError("--ray-address and --workers are Ray's", "add --engine ray")
    gc.enable()  # the command line does without; here, tables would pile up
    loaded = _loaded(target, repo, rev, trusted=trusted)
    job = Job(method, sources, output, keep, batch_size or ROWS, loaded.origin, version_column, resume)
    applied = _run(loaded, job, (ray_address, workers) if engine == "ray" else None)
    if as_json:
        origin = loaded.origin
        made_by = {"artifact": origin.name, "version": origin.version, "commit_hexsha": origin.commit}
        found = {"target": target, "method": method, "output": output, "rows": applied.rows, "resumed": applied.resumed}
        render.as_json({**found, **made_by, "hash": origin.digest})
    else:
        before = f" ({applied.resumed:,} of them were done before)" if applied.resumed else ""
        render.say(f"{applied.rows:,} rows: {output}{before}")


def _loaded(target: str, repo: str, rev: str | None, *, trusted: bool) -> LoadedModel:
    from gto.models.load_model import load_model

    try:
        return load_model(target, repo, rev, trusted=trusted, hashed=True)
    except Untrusted as error:
        error.hint = "--trusted loads it nevertheless, and it may do whatever you may"
        raise


def _run(loaded: LoadedModel, job: Job, ray: tuple[str | None, int | None] | None) -> Applied:
    """Apply the model; where that is stopped, say what is left of it."""
    from gto.cli import download_progress
    from gto.models.apply import apply_model, call_here, rows_left

    engine: Engine = call_here
    if ray is not None:
        from gto.models.batch.ray_engine import call_on_ray

        engine = call_on_ray(*ray)
    try:
        with download_progress.shown(os.path.basename(job.output.rstrip("/")), rows=True) as progress:
            return apply_model(loaded.model, loaded.facts, job, progress, engine)
    except (UsageError, Conflict):  # it has not begun
        raise
    except BaseException:
        if left := rows_left(job.output):
            render.note(f"{left.rows:,} rows are done, and kept in {left.place}: `--resume` goes on with them")
        raise
