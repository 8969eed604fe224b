"""The plots that a project declares: of which files, which columns, drawn how."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.dvc.checkout import Checkout
from gto.dvc.paths import joined
from gto.dvc.project import Project
from gto.dvc.stage import Properties
from gto.lineage.values import expanded

IMAGES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
}
"""The images that DVC shows, by suffix."""


class Column(NamedTuple):
    """A column of a file; None for the last that the file has."""

    file: str
    field: str | None


class Plot(NamedTuple):
    """A plot; one of an image has one column, of that file."""

    id: str
    ys: tuple[Column, ...]
    xs: tuple[Column, ...]
    """Empty where rows are counted; one for all of `ys`, or one for each."""
    properties: Properties

    @property
    def image(self) -> str | None:
        """The media type, of an image."""
        return IMAGES.get(posixpath.splitext(self.ys[0].file)[1].lower()) if self.ys else None

    @property
    def files(self) -> list[str]:
        """The files that it is drawn from."""
        return list(dict.fromkeys(column.file for column in (*self.ys, *self.xs)))

    def text(self, key: str) -> str | None:
        """Return a property that is text."""
        value = self.properties.get(key)
        return value if isinstance(value, str) and value else None


def find_plots(checkout: Checkout, project: Project) -> dict[str, Plot]:
    """Return the plots by id: for one of a file its path, else what the `dvc.yaml` calls it."""
    found: dict[str, Plot] = {}
    of_files: dict[str, tuple[int, Properties]] = {}
    for path, properties in _declared_files(project):
        for file in expanded(checkout, [path]):
            length, known = of_files.get(file, (0, {}))
            if len(path) >= length:  # the nearest declaration counts, and beside one of the stage what the top adds
                inherited = known if len(path) == length else {}
                of_files[file] = (len(path), {**inherited, **properties})
    for file, (_, properties) in of_files.items():
        found[file] = _of_file(file, properties)
    for pipeline in project.pipelines:
        for plot in pipeline.plots:
            if isinstance(plot.properties.get("y"), dict):
                name = plot.id if plot.file == "dvc.yaml" else f"{plot.file}: {plot.id}"
                found[name] = _of_columns(name, posixpath.dirname(plot.file), plot.properties)
    return found


def _declared_files(project: Project) -> Iterator[tuple[str, Properties]]:
    for ran in project.stages:
        for output in ran.stage.plots:
            yield output.path, output.properties
    for pipeline in project.pipelines:
        for plot in pipeline.plots:
            if not isinstance(plot.properties.get("y"), dict):
                yield joined(posixpath.dirname(pipeline.file), plot.id), plot.properties


def _of_file(file: str, properties: Properties) -> Plot:
    y = properties.get("y")
    ys = tuple(Column(file, field) for field in _texts(y)) or (Column(file, None),)
    return Plot(file, ys, _xs(properties.get("x"), ys, posixpath.dirname(file)), properties)


def _of_columns(name: str, directory: str, properties: Properties) -> Plot:
    ys = tuple(_columns(properties["y"], directory))
    return Plot(name, ys, _xs(properties.get("x"), ys, directory), properties)


def _xs(x: object, ys: tuple[Column, ...], directory: str) -> tuple[Column, ...]:
    match x:
        case str():
            return tuple(Column(y.file, x) for y in ys)
        case dict():
            return tuple(_columns(x, directory))
        case _:
            return ()


def _columns(value: object, directory: str) -> Iterator[Column]:
    for file, fields in value.items() if isinstance(value, Mapping) else ():
        for field in _texts(fields):
            yield Column(joined(directory, str(file)), field)


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [str(one) for one in listed if isinstance(one, str | int)]
