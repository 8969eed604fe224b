"""`gto annotate`: describe an artifact in `dvc.yaml` or `artifacts.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.annotations.edit import AnnotationEdit
from gto.cli import change_output, options, render
from gto.registry.write import annotate
from gto.registry.write.edit_target import SaveOptions
from gto.yamldoc.document import load_text

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command(
    "annotate",
    cls=options.Command,
    short_help="Create or update metadata about an artifact.",
    examples="""
    gto annotate churn --type model --path models/churn.pkl --label nlp -d "Who leaves, and when"
    gto annotate models/eu:churn --path models/eu/churn.pkl --commit
    gto annotate churn --meta owner=ada --meta 'lower_better=[loss]'
    gto annotate churn --inspect       what the model is, for every later reader
    """,
)
@options.repo
@options.target_branch
@options.new_branch
@options.name_argument()
@click.option("--type", "type_", help="Artifact type")
@click.option("--path", help="Artifact path, from the root of the repository, or a URL")
@click.option("-e", "--must-exist", is_flag=True, help="Verify artifact is committed to Git")
@click.option("--allow-same-path", is_flag=True, help="Don't check if path is used by another artifact")
@click.option("--label", "labels", multiple=True, help="Labels to add to artifact (repeatable)")
@click.option("-d", "--description", help="Artifact description")
@click.option("-c", "--custom", help="Custom metadata to add to artifact, as text")
@click.option(
    "--meta",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of the custom metadata, its value as YAML has it; KEY= takes it out (repeatable)",
)
@click.option("--file", help="The file to write: a dvc.yaml, or artifacts.yaml")
@click.option("--inspect", "inspects", is_flag=True, help="Write what `gto inspect` says to PATH.model.yaml as well")
@click.option("--commit", is_flag=True, help="Commit the file, and nothing else")
@click.option("--push", is_flag=True, help="Push the commit; implies --commit")
@options.as_json
def command(
    repo: str,
    branch: str | None,
    new_branch: str | None,
    name: str,
    type_: str | None,
    path: str | None,
    must_exist: bool,
    allow_same_path: bool,
    labels: tuple[str, ...],
    description: str | None,
    custom: str | None,
    meta: tuple[str, ...],
    file: str | None,
    inspects: bool,
    commit: bool,
    push: bool,
    as_json: bool,
) -> None:
    """Create or update an artifact's annotation; what is not given stays as it is, labels are added.

    A new one goes to `dvc.yaml` in a DVC project, to `artifacts.yaml` elsewhere; that of `dir:name` to
    `dir/dvc.yaml`. Comments and order of the file are kept. With --inspect the facts of the model's file (framework,
    class, schema, what loading it would run) are written beside it, and the annotation names them as `model`.
    """
    keys = dict(map(_parse_key, meta))
    change = AnnotationEdit(
        type_ or None, path or None, labels, description or None, custom or None, must_exist, meta=keys
    )
    registry = options.open_registry(repo, branch or "HEAD")
    beside: Mapping[str, str] = {}
    if inspects:
        from gto.delivery.model_record import inspected_edit

        change, beside, notes = inspected_edit(registry, name, change)
        render.notes(notes)
    saved = annotate.annotate(
        registry,
        name,
        change,
        SaveOptions(commit, push, new_branch or ""),
        file=file,
        allow_same_path=allow_same_path,
        beside=beside,
    )
    change_output.show_saved(saved, as_json=as_json)


def _parse_key(text: str) -> tuple[str, object]:
    """Return a key and its value; None where there is none."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f"'{text}' is not KEY=VALUE", param_hint="'--meta'")
    return key, load_text(value, f"--meta {key}").value
