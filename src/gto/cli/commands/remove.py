"""`gto remove`: drop an artifact's annotation."""

import click

from gto.cli import change_output, options
from gto.registry.write import annotate
from gto.registry.write.edit_target import SaveOptions


@click.command("remove", cls=options.Command, short_help="Remove the annotation of an artifact.")
@options.repo
@options.target_branch
@options.new_branch
@options.name_argument()
@click.option("--file", help="The file to take it from: a dvc.yaml, or artifacts.yaml")
@click.option("--commit", is_flag=True, help="Commit the file, and nothing else")
@click.option("--push", is_flag=True, help="Push the commit; implies --commit")
@options.as_json
def command(
    repo: str,
    branch: str | None,
    new_branch: str | None,
    name: str,
    file: str | None,
    commit: bool,
    push: bool,
    as_json: bool,
) -> None:
    """Remove an artifact's annotation from the work tree; its versions and stages, which are tags, stay."""
    how = SaveOptions(commit, push, new_branch or "")
    saved = annotate.remove(options.open_registry(repo, branch or "HEAD"), name, how, file=file)
    change_output.show_saved(saved, as_json=as_json)
