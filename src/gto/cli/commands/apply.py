"""`gto apply`: what a model says of the rows of a file."""

import os

import click

from gto.cli import options, render
from gto.exceptions import UsageError


@click.command(
    "apply",
    cls=options.Command,
    short_help="Apply a model to a file of data.",
    examples="""
    gto apply churn#prod --input customers.csv -o who-leaves.csv --keep id
    gto apply model.joblib --input data.parquet --method predict_proba -o out.parquet --trusted
    """,
)
@options.repo
@options.argument(
    "target", help="A model's file, or NAME, NAME@latest, NAME@v1.2.3, NAME#stage", shell_complete=options.names
)
@click.option("--input", "source", required=True, metavar="FILE", help=".csv, .jsonl, .parquet or .npy")
@click.option("-o", "--output", required=True, metavar="FILE", help=".csv, .jsonl, .parquet or .npy")
@click.option("--method", default="predict", help="The method that is called; predict if not given")
@click.option("--keep", multiple=True, metavar="COLUMN", help="A column that goes to the output as it is; repeatable")
@click.option("--batch-size", type=click.IntRange(min=1), metavar="ROWS", help="Rows of a call; 65536 if not given")
@click.option("--rev", metavar="REF", help="Take what is annotated at this commit, branch or tag")
@click.option("--trusted", is_flag=True, help="Load a file whose loading runs code: you trust whoever wrote it")
@options.as_json
def command(
    repo: str,
    target: str,
    source: str,
    output: str,
    method: str,
    keep: tuple[str, ...],
    batch_size: int | None,
    rev: str | None,
    trusted: bool,
    as_json: bool,
) -> None:
    """Check the rows of a file against the model's schema, and write what the model says of each.

    Text files are read as the schema's datatypes. A column that is missing, unknown, or of another datatype is named,
    and nothing is written. Memory does not grow with the file; the output is replaced when it is whole.
    """
    from gto.models.apply import Job, apply_model
    from gto.models.data_files import ROWS
    from gto.models.load_model import load_model

    if os.path.exists(output) and os.path.exists(source) and os.path.samefile(source, output):
        raise UsageError("the output would replace the input", "name another file with -o")
    model, facts = load_model(target, repo, rev, trusted=trusted)
    count = apply_model(model, facts, Job(method, source, output, keep, batch_size or ROWS))
    if as_json:
        render.as_json({"target": target, "method": method, "output": output, "rows": count})
    else:
        render.say(f"{count:,} rows: {output}")
