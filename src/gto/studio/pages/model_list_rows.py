"""The rows of `/models` as HTML: they are most of a page, and a template takes five times as long for them.

HTML ends a cell where the next one begins, and a class needs no quotes: both, a tenth of a row, are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from markupsafe import Markup, escape

from gto.inspect.fact_tables import VERDICTS
from gto.inspect.facts import CodeOnLoad
from gto.studio import words
from gto.studio.addresses import artifact_url, url
from gto.studio.draw.marks import icon, stage_classes
from gto.studio.draw.spark import spark
from gto.studio.index.artifact_row import ArtifactRow
from gto.studio.index.latest_model import ModelMark
from gto.studio.pages.list_columns import ListColumn

_LONGEST = 300  # characters of a description
_MOST_LABELS = 3
_ALWAYS, _WITH_VERSIONS = ("register", "annotate"), ("assign", "approve", "deregister", "deprecate")


class _Row(NamedTuple):
    """One row, and what the rows of a page share."""

    artifact: ArtifactRow
    href: str
    now: float
    link: Callable[[str, str], str]
    """Return the address of the list with one filter, for an attribute."""
    can_write: bool
    can_promote: bool


_Cell = Callable[[_Row], str]


def draw(
    rows: Sequence[ArtifactRow],
    columns: Sequence[ListColumn],
    stages: Sequence[str],
    now: float,
    offered: tuple[frozenset[str], frozenset[str]],
) -> Markup:
    """Return the rows of a table with these columns; `stages` are all that have a colour.

    Of the first repositories that are `offered` whatever a contributor writes is, of the second all actions are.
    """
    colours = stage_classes(stages)
    cells = [_name, *(_stage(one.stage, colours[one.stage]) if one.stage else _CELLS[one.id] for one in columns)]
    writable, promotable = offered
    if writable:
        cells.append(_menu)

    @cache
    def link(key: str, value: str) -> str:
        return _text(url("", **{key: value}))

    made = (
        _Row(row, _text(artifact_url(row.repo, row.name)), now, link, row.repo in writable, row.repo in promotable)
        for row in rows
    )
    text = "\n".join("".join(["<tr>" if row.artifact.is_active else "<tr class=old>", *(cell(row) for cell in cells)])
                     for row in made)  # fmt: skip
    return Markup(text)  # noqa: S704  each text of others went through _text()


def _text(value: str) -> str:
    """Return a text for HTML, or for an attribute between quotes; controls are seen."""
    return str(escape(words.visible(value)))


def _past(row: _Row, seconds: float, before: str = "") -> str:
    """Return how long a moment is past; the moment itself is the title."""
    return f'<small title="{words.moment(seconds)}">{before}{words.ago(seconds, row.now)}</small>'


def _name(row: _Row) -> str:
    one = row.artifact
    told = one.description or one.path or ""
    told = told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
    mark = "" if one.is_active else " <span class=chip>deprecated</span>"
    tick = f'<input type=checkbox name=m value="{_text(f"{one.repo}/{one.name}")}" aria-label="{_text(one.name)}">'
    return f'<td>{tick}<a href="{row.href}">{_text(one.name)}</a>{mark}<p>{_text(told)}</p>'


def _stage(stage: str, colour: str) -> _Cell:
    """Return what draws the cell of a stage."""
    begin = f'<td class={colour} data-stage="{_text(stage)}"><b>'

    def draw_cell(row: _Row) -> str:
        cell = row.artifact.stages.get(stage)
        if cell is None:
            return "<td>"
        behind = f" <i>{words.number(cell.behind)} behind</i>" if cell.behind else ""
        past = _past(row, cell.time, f"{_text(cell.author.split(' ')[0])} · ")
        return f"{begin}{_text(words.short(cell.version))}</b>{behind}{past}"

    return draw_cell


def _repository(row: _Row) -> str:
    repo = row.artifact.repo
    return f'<td class=repo><a href="{row.link("repo", repo)}">{_text(repo)}</a>'


def _type(row: _Row) -> str:
    kind = row.artifact.type
    return f'<td class=other><a href="{row.link("type", kind)}">{_text(kind)}</a>' if kind else "<td>"


def _framework(row: _Row) -> str:
    mark = row.artifact.model
    if mark is None or not mark.framework:
        return "<td>"
    link = row.link("framework", mark.framework)
    return f'<td class=other><a href="{link}">{_text(mark.framework)}</a><small>{_text(mark.framework_version)}</small>'


def _labels(row: _Row) -> str:
    labels = row.artifact.labels[:_MOST_LABELS]
    chips = [f'<a href="{row.link("label", one)}">{_text(one)}</a>' for one in labels]
    return f"<td class=labels>{''.join(chips)}" if chips else "<td>"


def _latest(row: _Row) -> str:
    one = row.artifact
    if one.latest is not None and one.latest_at is not None:
        return f"<td class=latest><code>{_text(one.latest)}</code>{_past(row, one.latest_at)}"
    if row.can_write:
        return f'<td class=latest><a class="button small" href="{row.href}/-/register">Register</a>'
    return "<td>"


def _author(row: _Row) -> str:
    return f"<td class=other>{_text(row.artifact.latest_by or '')}"


def _versions(row: _Row) -> str:
    return f'<td class="other r">{words.number(row.artifact.versions)}'


def _size(row: _Row) -> str:
    size = row.artifact.size
    return "<td>" if size is None else f'<td class="other r">{words.size(size)}'


def _metric(row: _Row) -> str:
    trend = row.artifact.metric
    if trend is None:
        return "<td>"
    mark = {True: " class=good", False: " class=bad", None: ""}[trend.is_better]
    change = "" if trend.change is None else f" <em{mark}>{words.signed(trend.change)}</em>"
    number, name = words.number(trend.value), _text(trend.key or trend.file)
    return f"<td class=metric>{spark(trend.values)}<b>{number}</b><small>{name}{change}</small>"


def _health(row: _Row) -> str:
    one = row.artifact
    marks = [_signature(one)]
    if one.against:
        marks.append(f'<a class=bad href="{row.href}">{icon("close", title=f"{one.against} against the policy")}</a>')
    if one.out_of_sync:
        title = f"{one.out_of_sync} target{'' if one.out_of_sync == 1 else 's'} out of sync"
        marks.append(f'<a class=bad href="{row.href}#targets">{icon("sync", title=title)}</a>')
    if one.problems:
        title = f"{one.problems} problem{'' if one.problems == 1 else 's'}"
        marks.append(f'<a class=bad href="{row.href}#problems">{icon("warning", title=title)}</a>')
    if one.model is not None:
        marks += _of_model(one.model, row.href)
    if not (one.problems or one.is_known):
        marks.append(icon("info", title="described in a file, never registered"))
    return f"<td class=health>{''.join(marks)}"


def _of_model(mark: ModelMark, href: str) -> Iterator[str]:
    """Yield the marks of a model: a side-car that is of another file, and what runs code."""
    if mark.stale:
        title = "stale facts: the side-car is of another file than the latest version's"
        yield f'<a class=warn href="{href}#facts">{icon("clock", title=title)}</a>'
    code = CodeOnLoad(mark.code_on_load)
    if code in {CodeOnLoad.PICKLE, CodeOnLoad.UNKNOWN}:
        colour = " class=warn" if code is CodeOnLoad.UNKNOWN else ""
        title = VERDICTS[code].partition(": ")[2]
        yield f'<a{colour} href="{href}#facts">{icon("code", title=title)}</a>'


def _signature(one: ArtifactRow) -> str:
    match one.verdict:
        case None:
            return ""
        case "good":
            return icon("shield", title=f"signed by {one.signer}", css="good")
        case "unsigned":
            return icon("shield", title="not signed")
        case verdict:
            return icon("shield", title=f"signature: {verdict}, {one.reason}", css="warn")


def _menu(row: _Row) -> str:
    """Return the link to the actions, which a script makes a menu of: it offers the words of data-menu, or all."""
    if not row.can_write:
        return "<td>"
    one = row.artifact
    words = [*_ALWAYS, *(_WITH_VERSIONS if one.versions and row.can_promote else ())]
    offered = "" if one.stages and row.can_promote else f' data-menu="{" ".join(words)}"'
    title = f"Actions on {_text(one.name)}"
    return f'<td><a class=more{offered} href="{row.href}/-/actions" title="{title}"></a>'


_CELLS: Mapping[str, _Cell] = {
    "repository": _repository, "type": _type, "labels": _labels, "framework": _framework, "latest": _latest,
    "author": _author, "versions": _versions, "size": _size, "metric": _metric, "health": _health,
}  # fmt: skip
