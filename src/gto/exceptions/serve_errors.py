"""Errors of versions that are served or deployed."""

from collections.abc import Sequence

from gto.exceptions.error_kinds import GTOException


class MalformedRequest(GTOException):
    """A request to a model is not what its protocol says."""


class ModelFailed(GTOException):
    """A model raises an error where it is asked for what its schema allows."""


class ModelNotReady(GTOException):
    """A model that is to be served is not loaded."""


class DeployFailed(GTOException):
    """A target could not be brought to what Git says."""


class DeployRefused(DeployFailed):
    """What Git says was refused before anything on the target was changed."""


class InvalidManifest(DeployFailed):
    """A rendered file would be refused by its platform."""

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        """`problems` say what is wrong with the file, each where."""
        super().__init__(f"{path}: {'; '.join(problems)}", "the settings of the target in deploy.yaml make it so")
        self.path = path
        self.problems = tuple(problems)


class NotReady(DeployFailed):
    """What is served or deployed does not answer, or not as what it should be."""


class ToolMissing(GTOException):
    """A program of a platform's, which deploying needs, is not there."""

    def __init__(self, tool: str, install: str = "") -> None:
        """`install` says where it comes from."""
        super().__init__(f"'{tool}' is not there, or cannot be run", install or f"install {tool}, and try again")
        self.tool = tool
