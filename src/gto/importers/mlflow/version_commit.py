"""The commit of one version: its files, annotation, metrics and parameters."""

import json
import math
import os
import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gto.annotations.edit import DVC_YAML, AnnotationEdit, annotate_text
from gto.annotations.model_pointer import POINTER
from gto.core.names import is_plain
from gto.dvc.paths import tidy
from gto.exceptions import BadFile, Conflict, StorageError
from gto.git.branch_growth import TreeChange, commit_change, store_bytes
from gto.importers.commit_texts import CommitTexts
from gto.importers.file_keeping import FileStorage, choose_storage, keep_files
from gto.importers.mlflow import trailers
from gto.importers.mlflow.allowed_names import folder_of
from gto.importers.mlflow.artifacts import bring_files
from gto.importers.mlflow.client import MlflowClient
from gto.importers.mlflow.import_plan import NewVersion, Unplaced
from gto.importers.mlflow.mlflow_values import MlflowRun
from gto.registry.registry import Registry
from gto.yamldoc import text_edit
from gto.yamldoc.document import load_text
from gto.yamldoc.dump import Style, render_block

_OBEYED = frozenset({".gitattributes", ".gitignore", ".gitmodules", "dvc.yaml", "artifacts.yaml", ".dvcignore"})
_OWN = "mlflow"


class Places(NamedTuple):
    """Where in the repository things go, and what keeps files."""

    directory: str
    """The directory of the models, of metrics and of parameters; empty for the top."""
    file: str
    """The file of annotations."""
    storage: FileStorage | None
    allow_local: bool = False
    type: str | None = "model"
    """The type of the artifacts; None where the configuration does not allow that one."""

    def of(self, name: str) -> str:
        """Return the path of something in the directory."""
        return posixpath.join(self.directory, name)

    @property
    def metrics(self) -> str:
        """The file of the metrics of a commit's version."""
        return self.of("metrics.json")

    @property
    def params(self) -> str:
        """The file of the parameters of a commit's version."""
        return self.of("params.yaml")


class Brought(NamedTuple):
    """The files of a version, on disk here, and the run that it came from."""

    files: Mapping[str, str]
    run: MlflowRun | None
    unplaced: tuple[Unplaced, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(os.path.getsize, self.files.values()))


class MadeCommit(NamedTuple):
    """A commit, and what keeps its files."""

    oid: str
    storage: FileStorage


def bring(client: MlflowClient, new: NewVersion, directory: str, *, allow_local: bool) -> Brought:
    """Bring files and run of a version to this machine; a run that cannot be read is told, and no reason to stop."""
    what = f"version {new.found.number}"
    lost = []
    files = bring_files(client, new.model.name, new.found.number, directory, allow_local=allow_local)
    odd = [path for path in files if posixpath.basename(path) in _OBEYED or path.endswith(".dvc")]
    if odd:
        lost.append(Unplaced(new.model.name, what, f"note: Git or DVC obey '{odd[0]}', which is among its files"))
    run = None
    if new.found.run is not None:
        try:
            run = client.read_run(new.found.run)
        except StorageError as error:
            lost.append(Unplaced(new.model.name, f"run of version {new.found.number}", error.message))
    reserved = sorted({POINTER, _OWN} & new.model.tags.keys())
    lost += [Unplaced(new.model.name, f"tag '{key}'", "the annotation uses that key itself") for key in reserved]
    return Brought(files, run, tuple(lost))


def make(registry: Registry, tip: str | None, new: NewVersion, brought: Brought, places: Places) -> MadeCommit:
    """Make the commit of a version on top of another; no ref names it."""
    base = places.of(folder_of(new.artifact))
    texts = CommitTexts(registry, tip)
    date = f"@{new.found.created} +0000"
    git = registry.repo.writer
    git = git._replace(env={**git.env, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date})
    kept = keep_files(registry, texts, base, brought.files, choose_storage(texts, base, brought.size, places.storage))
    written = {**_values(texts, brought.run or MlflowRun(), places)}
    for path, decide in ((DVC_YAML, _declared), (places.file, _annotated)):
        old = written.get(path, texts.text(path))
        written[path] = decide(old, new, places, (base, brought.run, written))
    blobs = {path: store_bytes(git, text.encode()) for path, text in written.items() if text != texts.text(path)}
    said = {
        trailers.MODEL: new.model.name,
        trailers.VERSION: new.found.number,
        trailers.RUN: new.found.run,
        trailers.USER: new.found.user,
    }
    message = trailers.message(f"Import version {new.found.number} of {new.artifact} from MLflow", "", said)
    return MadeCommit(commit_change(git, tip, TreeChange(kept.gone, {**kept.blobs, **blobs}), message), kept.storage)


def check_free(texts: CommitTexts, places: Places, new: Iterable[str], *, is_first: bool) -> None:
    """Raise Conflict where something else has the path of a `new` artifact; or, at the first import, of the values."""
    paths = [places.of(folder_of(name)) for name in new]
    paths += [places.metrics, places.params] if is_first else []
    for path in paths:
        if texts.has(path) or texts.has(f"{path}.dvc"):
            raise Conflict(f"'{path}' is there already, and did not come from MLflow", "--to DIR puts all elsewhere")


_More = tuple[str, MlflowRun | None, Mapping[str, str]]


def _values(texts: CommitTexts, run: MlflowRun, places: Places) -> dict[str, str]:
    """Return the files of metrics and parameters: of this version alone, so that they are compared as DVC's are."""
    found = {}
    if run.metrics or texts.has(places.metrics):
        metrics = {key: value if math.isfinite(value) else str(value) for key, value in sorted(run.metrics.items())}
        found[places.metrics] = json.dumps(metrics, indent=2) + "\n"
    if run.params or texts.has(places.params):
        params = {key: _parsed(value) for key, value in sorted(run.params.items())}
        found[places.params] = "".join(f"{line}\n" for line in render_block(params, Style())) if params else "{}\n"
    return found


def _parsed(text: str) -> object:
    """Return the number or truth value that Python wrote as such a text; MLflow keeps all parameters as texts."""
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if str(value) == text and (kind is int or math.isfinite(value)):
            return value
    return {"True": True, "False": False}.get(text, text)


def _declared(text: str, _new: NewVersion, places: Places, more: _More) -> str:
    """Return `dvc.yaml` with the files of metrics and parameters declared."""
    for key, path in (("metrics", places.metrics), ("params", places.params)):
        top = load_text(text, DVC_YAML).value
        listed = top.get(key) if isinstance(top, dict) else None
        items = listed if isinstance(listed, list) else []
        said = [next(iter(one), "") if isinstance(one, dict) else one for one in items]
        if path not in more[2] or path in said:
            continue
        if said != items or not (listed is None or isinstance(listed, list)):
            raise BadFile(DVC_YAML, f"'{key}' is no list of paths", hint=f"declare '{path}' there, then run this again")
        text = text_edit.put_items(text, DVC_YAML, (key,), [*map(str, items), path])
    return text


def _annotated(text: str, new: NewVersion, places: Places, more: _More) -> str:
    """Return the file of annotations with that of the artifact."""
    base, run, _ = more
    labels = tuple(key for key, value in new.model.tags.items() if not value and is_plain(key))
    own = {
        "version": new.found.number,
        "run": new.found.run,
        "commit": run.commit if run else None,
        "tags": dict(new.found.tags),
    }
    meta: dict[str, object] = {
        key: value for key, value in new.model.tags.items() if key not in {*labels, POINTER, _OWN}
    }
    meta[_OWN] = {key: value for key, value in own.items() if value}
    change = AnnotationEdit(places.type, tidy(base), labels, new.model.description or None, meta=meta)
    return annotate_text(text, places.file, new.artifact, change)
