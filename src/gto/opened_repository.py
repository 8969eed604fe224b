"""A door for other programs: how the doors that are objects, `GitRegistry` and `RepoIndexManager`, are opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from gto.config import RegistryConfig, published
from gto.git.remote import is_url
from gto.registry.registry import Registry, path_of


class OpenedRepository:
    """One repository; each call reads what is there then."""

    __slots__ = ("cloned", "scm")

    def __init__(self, scm: object, *, cloned: bool = False) -> None:
        self.scm = scm
        """What it was opened with: a path, a URL, or an object with `root_dir`."""
        self.cloned = cloned
        """Whether every change is pushed; that of a file is committed first."""

    @classmethod
    @contextmanager
    def from_url(cls, url_or_scm: object) -> Iterator[Self]:
        """Open the repository at a path or URL, or of an object with `root_dir`; NoRepo says that there is none."""
        place = path_of(url_or_scm)
        Registry.open(place)
        yield cls(url_or_scm, cloned=is_url(place))

    @classmethod
    @contextmanager
    def from_scm(cls, scm: object, cloned: bool = False) -> Iterator[Self]:
        """Open the repository of an object with `root_dir`; with `cloned` every change is pushed."""
        yield cls(scm, cloned=cloned)

    @property
    def config(self) -> RegistryConfig:
        """The repository's configuration."""
        return published(Registry.open(self.scm).config)
