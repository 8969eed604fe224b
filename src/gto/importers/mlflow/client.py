"""An MLflow registry, asked through MLflow's own client: the only file that imports MLflow."""

from __future__ import annotations

import fnmatch
import logging
import os
import re
import sqlite3
import tempfile
import time
import warnings
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from gto.exceptions import ExtraMissing, StorageError, UsageError
from gto.git.command import hide, masked
from gto.importers.mlflow.mlflow_values import MlflowModel, MlflowRun, MlflowVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_NUMBER_RE = re.compile(r"[1-9][0-9]{0,8}")  # what MLflow's own tables hold
_COMMIT_RE = re.compile(r"[0-9a-f]{40}")
_PAGE = 1000
_MOST_PAGES = 1000
_LONGEST_REASON = 300  # characters of what MLflow says of a failure
_LATEST = 253402300799  # seconds: the end of the year 9999
_SQLITE = "sqlite:///"
_OF_A_HOST = frozenset({"http", "https", "ftp", "sftp", "hdfs", "viewfs"})
"""Kinds of stores whose address says which host is asked; MLflow sends it the token that it has, whichever it is."""
_PORTS = {"http": 80, "https": 443}
_SECRETS = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD", "DATABRICKS_TOKEN")
_REACHED = "is the address right, and the server there?"
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
}


class MlflowClient:
    """The registry at one address."""

    def __init__(self, client: Any, uri: str, tracking: str) -> None:
        self._client = client
        self.is_remote = urlsplit(uri).scheme not in {"", "file", "sqlite"} or uri.startswith("databricks")
        """Whether the registry may be on another machine, whose word about files of this one counts for nothing."""
        self.tracking = tracking
        self._hosts = {_host_of(uri), _host_of(tracking)}

    def read_models(self, patterns: Sequence[str]) -> list[MlflowModel]:
        """Return the models whose names fit a pattern, all where there is none, with their versions."""
        listed = list(_pages(self._client.search_registered_models))
        chosen = [one for one in listed if not patterns or any(fnmatch.fnmatchcase(one.name, p) for p in patterns)]
        lacking = [p for p in patterns if not any(fnmatch.fnmatchcase(one.name, p) for one in listed)]
        if lacking:
            names = ", ".join(sorted(one.name for one in listed)[:10]) or "none"
            raise UsageError(f"No registered model fits '{lacking[0]}'", f"there are: {names}")
        versions: dict[str, list[Any]] = {one.name: [] for one in chosen}
        for one in _pages(self._client.search_model_versions) if chosen else ():
            if one.name in versions:
                versions[one.name].append(one)
        with telling("the list of models"):
            return [_model(one, versions[one.name]) for one in chosen]

    def read_run(self, run: str) -> MlflowRun:
        """Return what a run logged; StorageError where it cannot be read."""
        with telling(f"run {run}"):
            found = self._client.get_run(run)
            metrics = {str(key): float(value) for key, value in found.data.metrics.items()}
            params = {str(key): str(value) for key, value in found.data.params.items()}
            commit = str(found.data.tags.get("mlflow.source.git.commit", ""))
        return MlflowRun(params, metrics, commit if _COMMIT_RE.fullmatch(commit) else None)

    def open_files(self, model: str, number: int) -> tuple[str, Any]:
        """Return where the files of a version are in the end, and MLflow's reader of them."""
        with telling(f"version {number} of '{model}'"):
            from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

            reader: Any = get_artifact_repository(self._client.get_model_version_download_uri(model, str(number)))
            while (inner := getattr(reader, "repo", None)) is not None:  # of `models:` and `runs:`, which only lead on
                reader = inner
            return str(reader.artifact_uri), reader

    def knows_host(self, uri: str) -> bool:
        """Tell whether an address is at no host of its own, or at one that the user named: to others no token goes."""
        return urlsplit(uri).scheme not in _OF_A_HOST or _host_of(uri) in self._hosts


@contextmanager
def opened(uri: str, tracking: str | None = None) -> Iterator[MlflowClient]:
    """Open the registry at an address; `tracking` is the address of its runs, where that is another.

    A database of SQLite is read from a copy: a newer client would bring the tables of an older server up to date.
    """
    hide(*(os.environ.get(name, "") for name in _SECRETS), *_secrets_in(uri), *_secrets_in(tracking or ""))
    with ExitStack() as stack:
        stack.enter_context(_quietly())
        asked = stack.enter_context(_copied(uri))
        runs = asked if tracking is None else stack.enter_context(_copied(tracking))
        with telling(f"the registry at '{masked(uri)}'", _REACHED):
            mlflow = _import_mlflow()
            mlflow.set_tracking_uri(runs)  # artifacts by `mlflow-artifacts:` ask for it
            client = mlflow.MlflowClient(tracking_uri=runs, registry_uri=asked)
        yield MlflowClient(client, uri, runs)


@contextmanager
def telling(what: str, hint: str = "") -> Iterator[None]:
    """Turn whatever MLflow and its libraries raise into StorageError, in one line without secrets."""
    try:
        yield
    except (StorageError, UsageError, ExtraMissing):
        raise
    except ModuleNotFoundError as error:
        raise ExtraMissing("To read that registry", str(error.name).partition(".")[0], "mlflow") from error
    except Exception as error:  # noqa: BLE001  its stores, and the libraries of clouds below them, raise anything
        reason = " ".join(masked(str(error)).split())[:_LONGEST_REASON] or type(error).__name__
        raise StorageError(f"MLflow cannot read {what}: {reason}", hint) from None


def _import_mlflow() -> Any:
    try:
        import mlflow
    except ModuleNotFoundError as error:
        raise ExtraMissing("To read an MLflow registry", "mlflow-skinny", "mlflow") from error
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep MLflow from writing to the terminal, from telling its makers, and from leaving a directory behind."""
    before = os.path.lexists("mlruns")
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if not before:  # releases of MLflow 2 make an empty one
            with suppress(OSError):
                os.rmdir("mlruns")


@contextmanager
def _copied(uri: str) -> Iterator[str]:
    """Yield the address of a copy of a database in a file; any other address as it is."""
    if not uri.startswith(_SQLITE):
        yield uri
        return
    place = os.path.abspath(unquote(uri.removeprefix(_SQLITE).partition("?")[0]))
    if not os.path.isfile(place):
        raise UsageError(
            f"There is no database '{place}'",
            "sqlite:///mlflow.db is in this directory, sqlite:////data/mlflow.db in /data",
        )
    with tempfile.TemporaryDirectory(prefix="gto-mlflow-") as scratch:
        copy = os.path.join(scratch, "mlflow.db")
        try:
            with (
                closing(sqlite3.connect(f"file:{quote(place)}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
        except sqlite3.Error as error:
            raise StorageError(f"'{place}' cannot be read: {error}", "is it a database of MLflow's?") from error
        yield f"{_SQLITE}{copy}"


def _secrets_in(uri: str) -> tuple[str, ...]:
    """Return the password of an address, or the user where that is a token, as written and as meant."""
    with suppress(ValueError):
        user, colon, password = urlsplit(uri).netloc.rpartition("@")[0].partition(":")
        secret = password if colon else user
        return secret, unquote(secret)
    return ()


def _host_of(uri: str) -> str:
    """Return host and port of an address; empty where it has none, or none that can be read."""
    with suppress(ValueError):
        parts = urlsplit(uri)
        return f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, '')}" if parts.hostname else ""
    return ""


def _pages(search: Callable[..., Any]) -> Iterator[Any]:
    with telling("the list of models", _REACHED):
        token: str | None = None
        for _ in range(_MOST_PAGES):
            page = search(max_results=_PAGE, page_token=token)
            yield from page
            token = getattr(page, "token", None)
            if not token:
                return
    raise StorageError("The list of models does not end", "is that a server of MLflow's?")


def _model(found: Any, versions: Sequence[Any]) -> MlflowModel:
    read = [_version(one) for one in versions]
    good = {one.number: one for one in read if isinstance(one, MlflowVersion)}
    aliases = {str(alias): int(number) for alias, number in dict(getattr(found, "aliases", None) or {}).items()}
    return MlflowModel(
        str(found.name),
        str(found.description or ""),
        {str(key): str(value) for key, value in dict(found.tags or {}).items()},
        aliases,
        tuple(good[number] for number in sorted(good)),
        tuple(one for one in read if isinstance(one, str)),
    )


def _version(found: Any) -> MlflowVersion | str:
    """Return a version; why it is none of which GTO could make one, instead."""
    number = str(found.version)
    created, updated = _seconds(found.creation_timestamp), _seconds(found.last_updated_timestamp)
    if not _NUMBER_RE.fullmatch(number):
        return f"'{number[:40]}' is no number of a version"
    if created is None:
        return f"version {number} was created at no date that Git can hold"
    stage = str(found.current_stage or "None")
    return MlflowVersion(
        int(number),
        created,
        max(updated or 0, created),
        None if stage == "None" else stage,
        str(found.description or ""),
        {str(key): str(value) for key, value in dict(found.tags or {}).items()},
        str(found.run_id or "") or None,
        str(found.user_id or ""),
        str(found.status or "READY"),
    )


def _seconds(milliseconds: object) -> int | None:
    try:
        value = int(str(milliseconds)) // 1000
    except ValueError:
        return None
    # An event of the future would outdo all that is written until then.
    return min(value, int(time.time())) if 0 < value <= _LATEST else None
