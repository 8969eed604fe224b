"""Where the files lie that problems name: subjects are paths as a user would type them."""

import os

from gto.git.repo import Repo


def shown(repo: Repo, path: str) -> str:
    """Return a path as seen from the work tree's root, or from the git directory of a bare repository."""
    path_from_here = os.path.relpath(path, _base(repo))
    return path if path_from_here.startswith(os.pardir) else path_from_here


def found(repo: Repo, subject: str) -> str:
    """Return the path that a subject stands for."""
    return os.path.join(_base(repo), subject)


def _base(repo: Repo) -> str:
    return repo.top or repo.common_dir
