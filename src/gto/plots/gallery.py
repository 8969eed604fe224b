"""The plots of several versions, overlaid."""

import posixpath
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from gto.core.event import Problem
from gto.dvc.checkout import TOO_MANY, UNDRAWN, UNREADABLE, Checkout, fetch_all
from gto.dvc.output_contents import DataReach
from gto.exceptions import BadFile, NotFound
from gto.git.commit_files import Files
from gto.lineage import sections
from gto.lineage.collect import Opened, open_points
from gto.lineage.description import elsewhere_lists, problem_dict
from gto.lineage.values import Elsewhere, find_elsewhere
from gto.plots import custom_template, templates
from gto.plots.chart import MOST_CELLS, Chart, DataPoint, chart_of, points_of, weight
from gto.plots.data_file import MOST_ROWS, Row, read_rows
from gto.plots.declaration import Plot, find_plots
from gto.plots.html_page import PageContent, Picture, render_page
from gto.plots.templates import Spec
from gto.registry.registry import Registry
from gto.registry.resolve import Target, find_targets

_MOST_BYTES = 32 << 20
"""Of all images of a page."""


class Gallery(NamedTuple):
    """The plots of several versions."""

    versions: tuple[Target, ...]
    sheet: PageContent
    elsewhere: tuple[Elsewhere, ...]
    problems: tuple[Problem, ...]

    def page(self) -> bytes:
        """Return the page, as HTML; ExtraMissing is raised where the package that it takes is not installed."""
        return render_page(self.sheet).encode("utf-8", "replace")  # names of files may be no UTF-8

    def as_dict(self, page: str) -> dict[str, object]:
        """Return what `gto plots --json` prints; `page` is where the page was written."""
        charts = [
            {
                "id": chart.plot.id,
                "title": chart.title,
                "template": chart.plot.text("template") or templates.DEFAULT,
                "versions": list(chart.shown),
                "points": len(chart.points),
            }
            for chart, _ in self.sheet.charts
        ]
        images = [{"id": name, "versions": [one.rev for one in found]} for name, found in self.sheet.pictures]
        return {
            "page": page,
            "versions": [version.as_dict() for version in self.versions],
            "plots": charts,
            "images": images,
            **elsewhere_lists(self.elsewhere),
            "problems": [problem_dict(problem) for problem in self.problems],
        }


def plot(
    registry: Registry, selectors: Sequence[str], name: str | None = None, reach: DataReach | None = None
) -> Gallery:
    """Read the plots of versions, stages or revisions, or raise NotFound where none of them declares one."""
    points = find_targets(registry, dict.fromkeys(selectors), name)
    files = Files(registry.repo)
    opened = list(open_points(registry, points, files, reach))
    declared = [find_plots(one.checkout, one.project) for one in opened]
    if not any(declared):
        raise NotFound(
            f"No plots are declared in {', '.join(repr(point.label) for point in points)}",
            "a section 'plots' in dvc.yaml, or in one of its stages, declares some",
        )
    wanted = [
        (one.checkout, [*(file for plot in plots.values() for file in plot.files), *_templates(one, plots)])
        for one, plots in zip(opened, declared, strict=True)
    ]
    fetch_all(files, wanted)
    return _Hanging(opened, declared).gallery()


def _templates(opened: Opened, plots: dict[str, Plot]) -> list[str]:
    names = {plot.text("template") for plot in plots.values()}
    return [path for name in names - {None} for path in _places(opened, str(name))]


def _places(opened: Opened, name: str) -> list[str]:
    """Return where a template of that name may lie: a name in `.dvc/plots`, or a path from the project's root."""
    root = opened.project.root
    directory = posixpath.join(root, ".dvc/plots")
    found = [posixpath.normpath(posixpath.join(directory, place)) for place in (name, f"{name}.json")]
    return [
        path for path in [*found, posixpath.normpath(posixpath.join(root, name))] if path in opened.checkout.tree.oids
    ]


class _Hanging:
    """Joins the plots of versions by their ids."""

    def __init__(self, opened: Sequence[Opened], declared: Sequence[dict[str, Plot]]) -> None:
        self.opened = opened
        self.declared = declared
        self.labels = tuple(_label(one.point) for one in opened)
        self.elsewhere = [_elsewhere(one, plots) for one, plots in zip(opened, declared, strict=True)]
        self._bytes = 0
        self._left = MOST_CELLS
        self._rows = lru_cache(maxsize=8)(self._read_rows)  # one file may have the columns of many plots

    def gallery(self) -> Gallery:
        charts: list[tuple[Chart, Spec]] = []
        pictures: list[tuple[str, tuple[Picture, ...]]] = []
        for name in dict.fromkeys(name for plots in self.declared for name in plots):
            if next(plots[name] for plots in self.declared if name in plots).image:
                found = self._pictures(name)
                pictures += [(name, found)] if found else []
            else:
                chart = self._chart(name)
                charts += [chart] if chart else []
        elsewhere = tuple(dict.fromkeys(one for found in self.elsewhere for one in found))
        problems = tuple(dict.fromkeys(problem for opened in self.opened for problem in opened.checkout.problems))
        sheet = PageContent(self.labels, tuple(charts), tuple(pictures), tuple(self._notes()))
        return Gallery(tuple(one.point for one in self.opened), sheet, elsewhere, problems)

    def _notes(self) -> Iterator[str]:
        """Yield what is not shown of which versions, and why."""
        said: dict[tuple[str, str], list[str]] = {}
        for place, (opened, label) in enumerate(zip(self.opened, self.labels, strict=True)):
            for one in self.elsewhere[place]:
                if one.place is None:
                    said.setdefault((one.path, sections.why(one)), []).append(label)
            for problem in dict.fromkeys(opened.checkout.problems):
                said.setdefault((problem.subject, sections.reason(problem)), []).append(label)
        for (subject, reason), labels in said.items():
            yield f"{subject} of {', '.join(labels)}: {reason}"

    def _chart(self, name: str) -> tuple[Chart, Spec] | None:
        points: list[DataPoint] = []
        newest: tuple[Plot, Opened] | None = None
        for opened, plots, label in zip(self.opened, self.declared, self.labels, strict=True):
            if name in plots:
                newest = plots[name], opened
                points += self._points(opened, plots[name], label)
        if newest is None or not points:
            return None
        chart = chart_of(newest[0], points, self.labels)
        try:
            return chart, _draw(newest[1], chart)
        except ValueError as error:
            newest[1].checkout.set_aside(UNDRAWN, name, str(error))
            return None

    def _points(self, opened: Opened, plot: Plot, label: str) -> list[DataPoint]:
        """Return the points of one version; what cannot be read is set aside."""
        header = plot.properties.get("header", True) is not False
        try:
            found = points_of(plot, label, lambda file: self._rows(opened.checkout, file, header), self._left)
        except BadFile as error:
            opened.checkout.set_aside(UNREADABLE, error.path, error.reason)
            return []
        except ValueError as error:
            opened.checkout.set_aside(UNDRAWN, plot.id, str(error))
            return []
        self._left -= sum(weight(point.row) for point in found)
        return found

    @staticmethod
    def _read_rows(checkout: Checkout, file: str, header: bool) -> Sequence[Row]:  # noqa: FBT001  private, called once
        data = checkout.read(file)
        found = read_rows(data, file, header=header) if data is not None else []
        if len(found) > MOST_ROWS:
            checkout.set_aside(TOO_MANY, file, f"more than {MOST_ROWS} rows: the others are left out")
        return found[:MOST_ROWS]

    def _pictures(self, name: str) -> tuple[Picture, ...]:
        found = []
        for opened, plots, label in zip(self.opened, self.declared, self.labels, strict=True):
            media = plots[name].image if name in plots else None
            data = opened.checkout.read(name) if media else None
            if media is None or data is None:
                continue
            self._bytes += len(data)
            if self._bytes > _MOST_BYTES:
                opened.checkout.set_aside(TOO_MANY, name, f"the images have more than {_MOST_BYTES >> 20} MiB")
                break
            found.append(Picture(label, media, data))
        return tuple(found)


def _elsewhere(opened: Opened, plots: dict[str, Plot]) -> tuple[Elsewhere, ...]:
    files = dict.fromkeys(file for plot in plots.values() for file in plot.files)
    return find_elsewhere(opened.checkout, [file for file in files if not opened.checkout.has(file)], "plots")


def _label(point: Target) -> str:
    is_told = point.version is None or point.version in point.label
    return point.label if is_told else f"{point.label} ({point.version})"


def _draw(opened: Opened, chart: Chart) -> Spec:
    """Return the drawing: by the repository's own template before DVC's of that name; linear where there is none."""
    name = chart.plot.text("template") or templates.DEFAULT
    for path in _places(opened, name):
        try:
            return custom_template.fill(custom_template.read_template(opened.checkout.read(path) or b"", path), chart)
        except BadFile as error:
            opened.checkout.set_aside(UNREADABLE, path, error.reason)
    found = templates.draw(name.removesuffix(".json"), chart)
    if found is None:
        words = f"there is no template '{name}': it is drawn as '{templates.DEFAULT}'"
        opened.checkout.set_aside(UNDRAWN, chart.plot.id, words, f"one of {', '.join(templates.names())}")
        found = templates.draw(templates.DEFAULT, chart)
    return found or {}
