"""A commit with given files, and what lineage/ reads of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.dvc.checkout import Checkout
from gto.dvc.kept_files import KeptFiles
from gto.dvc.output_contents import DataReach
from gto.dvc.project import read_project
from gto.git.commit_files import Files
from gto.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.dvc.project import Project
    from tests.repo import Repo


def read(repo: Repo, files: Mapping[str, str], root: str = "") -> tuple[Checkout, Project]:
    """Commit files, and read the project in them."""
    commit = repo.commit("files", files)
    registry = Registry.open(repo.path)
    checkout = Checkout(Files(registry.repo), commit)
    project = read_project(checkout, root)
    checkout.outside = KeptFiles(registry.repo, checkout, project, DataReach())
    return checkout, project


def aside(checkout: Checkout) -> list[tuple[str, str]]:
    """Code and subject of what was set aside."""
    return [(problem.code, problem.subject) for problem in checkout.problems]
