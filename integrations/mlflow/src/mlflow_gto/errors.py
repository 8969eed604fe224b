"""Errors of GTO as MLflow tells errors: with its codes, and with what to do instead."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2 as codes

from gto.exceptions import (
    CommitTaken,
    FilesNotSigned,
    GTOException,
    NotFound,
    Outdated,
    PolicyRefused,
    Raced,
    StorageError,
    UsageError,
    VersionTaken,
)
from gto.export.mlflow.refused_writes import REFUSED


class ModelExists(GTOException):
    """A model that was to be made is there."""


@contextmanager
def told() -> Iterator[None]:
    """Raise MLflow's exception for each of GTO's."""
    try:
        yield
    except GTOException as error:
        text = f"{error.message}: {error.hint}" if error.hint else error.message
        raise MlflowException(text, error_code=_code(error)) from error


def _code(error: GTOException) -> int:
    match error:
        case NotFound():
            name = "RESOURCE_DOES_NOT_EXIST"
        case CommitTaken() | ModelExists() | VersionTaken():
            name = "RESOURCE_ALREADY_EXISTS"
        case FilesNotSigned() | PolicyRefused():
            name = "PERMISSION_DENIED"
        case Outdated() | Raced():
            name = "RESOURCE_CONFLICT"
        case StorageError():
            name = "TEMPORARILY_UNAVAILABLE" if error.passing else "INVALID_STATE"
        case _:
            name = "INVALID_PARAMETER_VALUE"
    return int(getattr(codes, name, codes.INVALID_PARAMETER_VALUE))  # old releases have fewer


def refusal(path: str) -> Callable[..., None]:
    """Return a method that says why something is not written, by the path of MLflow's REST, whatever it is given."""

    def refuse(*_: object, **__: object) -> None:
        with told():
            raise UsageError(*REFUSED[path])

    return refuse
