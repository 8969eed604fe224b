"""`gto import`: registries of other systems, brought into Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.cli import options, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@click.group("import", short_help="Bring the registry of another system into Git.")
def command() -> None:
    """Bring the registry of another system into Git: versions, files, stages, and what is known of them."""


@command.command(
    "mlflow",
    cls=options.Command,
    short_help="A registry of MLflow's.",
    examples="""
    gto import mlflow http://localhost:5000 --dry-run
    gto import mlflow sqlite:///mlflow.db
    gto import mlflow http://localhost:5000 churn 'fraud-*' --stage Production=prod --push
    gto import mlflow http://localhost:5000 --storage dvc --branch mlflow
    """,
)
@options.clone
@options.argument("uri", "Address of the registry, as MLflow's clients take it")
@options.argument("models", "Models, by name or pattern (`fraud-*`); empty for all", nargs=-1, metavar="MODEL...")
@click.option("--tracking-uri", metavar="URI", help="Address of the runs, where it is another than the registry's")
@click.option("--to", default="models", show_default=True, metavar="DIR", help="Directory that gets the files")
@click.option("--file", default="dvc.yaml", show_default=True, help="File of annotations: dvc.yaml, or artifacts.yaml")
@click.option(
    "--storage",
    type=click.Choice(["auto", "git", "lfs", "dvc"]),
    default="auto",
    show_default=True,
    help="What keeps files; auto: Git up to 10 MiB a version, above that DVC or LFS, whichever the repository uses",
)
@click.option("--name", "names", multiple=True, metavar="MODEL=NAME", help="Call a model otherwise (repeatable)")
@click.option("--stage", "stages", multiple=True, metavar="ALIAS=STAGE", help="Call a stage otherwise (repeatable)")
@click.option("--allow-local", is_flag=True, help="Let a server name files of this machine, or other hosts")
@click.option(
    "-b", "--branch", help="The branch to commit to, made from HEAD where it is new; default: the one in hand"
)
@click.option("--push", is_flag=True, help="Push the branch and the tags to `origin`")
@click.option("--dry-run", is_flag=True, help="Say what would be imported; write nothing, and bring no files")
@options.as_json
def mlflow(
    clone: str,
    uri: str,
    models: tuple[str, ...],
    tracking_uri: str | None,
    to: str,
    file: str,
    storage: str,
    names: tuple[str, ...],
    stages: tuple[str, ...],
    allow_local: bool,
    branch: str | None,
    push: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import the versions of an MLflow registry that are not here yet: run it again for what came since.

    Version N becomes vN.0.0: a commit with its files, metrics and parameters, dated as in MLflow, and a tag. Aliases
    and stages become assignments, descriptions and tags the annotation. MLflow's client reads the registry, and needs
    the extra `mlflow`; no model is loaded, and the source stays as it is. What has no place in Git is told.
    """
    from gto.importers.file_keeping import FileStorage
    from gto.importers.mlflow import client
    from gto.importers.mlflow.import_plan import Wishes
    from gto.importers.mlflow.import_registry import ImportOptions, import_registry
    from gto.importers.mlflow.version_commit import Places

    keeper = None if storage == "auto" else FileStorage(storage)
    places = Places(_directory(to), _annotation_file(file), keeper, allow_local)
    registry = options.open_registry(clone)
    render.show_progress()
    if registry.config.types is not None and "model" not in registry.config.types:
        places = places._replace(type=None)
    wishes = Wishes(_renamed(names, "artifact name"), _renamed(stages, "stage name"))
    how = ImportOptions(models, wishes, places, branch, push, dry_run)
    with client.opened(uri, tracking_uri) as source:
        report = import_registry(registry, source, how)
    if as_json:
        render.as_json(report.dict_state())
    else:
        render.lines(report.lines())
    render.notes(report.notes())
    if report.failed:
        raise click.exceptions.Exit(1)


def _directory(text: str) -> str:
    """Return a directory of the repository, from its top; empty for the top."""
    from gto.dvc import paths

    try:
        path = paths.from_root(text, "")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--to'") from None
    if paths.is_elsewhere(path) or ".git" in path.casefold().split("/"):
        raise click.BadParameter("a directory of the repository was expected", param_hint="'--to'")
    return "" if path == "." else path


def _annotation_file(text: str) -> str:
    if text not in {"dvc.yaml", "artifacts.yaml"}:
        raise click.BadParameter("dvc.yaml or artifacts.yaml was expected", param_hint="'--file'")
    return text


def _renamed(words: Sequence[str], what: str) -> Mapping[str, str]:
    """Return names by what MLflow calls them; no two are called the same."""
    from gto.core.names import parse_plain

    found: dict[str, str] = {}
    for word in words:
        old, equals, new = word.rpartition("=")
        if not old or not equals:
            raise click.BadParameter(f"'{word}' is not OLD=NEW")
        found[old] = parse_plain(new, what)
    if what == "artifact name" and len(set(found.values())) < len(found):
        raise click.BadParameter("two models cannot have one name", param_hint="'--name'")
    return found
