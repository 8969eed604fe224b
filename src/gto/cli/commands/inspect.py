"""`gto inspect`: what a model is, read from its file without running it."""

import click

from gto.cli import delivery_options, options, render
from gto.cli.delivery_options import Delivery
from gto.delivery import inspection
from gto.exceptions import InvalidName, NoRepo, NotFound
from gto.inspect.fact_tables import fact_tables
from gto.inspect.facts import ModelFacts
from gto.inspect.schema_formats import find_schema, schema_text


@click.command(
    "inspect",
    cls=options.Command,
    paged=True,
    short_help="Say what a model is, without loading it.",
    examples="""
    gto inspect model.pkl                        class, steps, schema; and what loading it would import
    gto inspect churn#prod                       the version in prod, read where it is stored
    gto inspect s3://bucket/model.safetensors    only the parts that are needed are fetched
    gto inspect model.pkl --fail-on unknown      in CI: exit code 1 for a file that may run anything
    """,
)
@options.repo
@options.argument(
    "target",
    help="A file, a directory, a URL; or NAME, NAME@latest, NAME@v1.2.3, NAME#stage",
    shell_complete=options.names,
)
@click.option(
    "--fail-on",
    type=click.Choice(["code", "unknown"]),
    help="Exit with 1 for a file whose loading runs code; or only where nobody can say what it would run",
)
@click.option(
    "--schema",
    type=click.Choice(["json-schema", "mlflow", "oip"]),
    help="Print what a method takes and gives, and nothing else: of rows, as MLflow's signature, or as KServe has it",
)
@click.option("--method", default="predict", help="With --schema: the method; predict if not given")
@delivery_options.options
@options.as_json
@options.plain
def command(
    repo: str,
    target: str,
    fail_on: str | None,
    schema: str | None,
    method: str,
    delivery: Delivery,
    as_json: bool,
    plain: bool,
) -> None:
    """Print framework, class, steps, input and output, and what loading would run, as the model's file tells them.

    The file is never loaded: it is read in a process of its own, within limits of time and memory, and of a file in a
    store only the parts that are needed. What is a path on this machine is taken as that.
    """
    options.only_one(json=as_json, plain=plain, schema=bool(schema))
    found = _inspected(repo, target, delivery)
    if schema:
        _print_schema(found.facts, method, schema)
    elif as_json:
        render.as_json(found.as_dict())
    else:
        render.tables("", fact_tables(found.facts), plain=plain)
        render.notes(found.facts.notes)
    if fail_on and inspection.exceeds(found.facts, fail_on):
        raise SystemExit(1)


def _inspected(repo: str, target: str, delivery: Delivery) -> inspection.Inspected:
    if inspection.is_place(target):
        return inspection.inspect_place(target)
    try:
        return inspection.inspect_version(target, *delivery.find(repo, target))
    except InvalidName as error:
        raise inspection.no_place(target, error) from error
    except NoRepo as error:
        message = f"there is no file '{target}', and no Git repository in '{repo}' whose artifact it could be"
        raise NotFound(message, error.hint) from error


def _print_schema(facts: ModelFacts, method: str, form: str) -> None:
    render.say(schema_text(find_schema(facts, method), form))
