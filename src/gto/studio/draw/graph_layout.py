"""Boxes and what leads to what, placed in columns from left to right, so that few lines cross."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 148, 46
"""Of a box."""

_PITCH_X, _PITCH_Y, _EDGE = 192, 66, 4
_MOST = 60  # boxes
_LONGEST, _LONGEST_SUB = 19, 22  # letters that fit into a box
_ROUNDS = 4  # in which boxes are moved towards their neighbours


class LineageBox(NamedTuple):
    """A file, parameters of a file, or a stage."""

    key: str
    name: str
    sub: str
    kind: str
    """`data`, `made` for what leads nowhere, `params`, `stage`, or `me` for the artifact."""
    is_changed: bool
    x: float = 0.0
    y: float = 0.0

    @property
    def label(self) -> str:
        """The name as far as it fits: of a path its end."""
        return self.name if len(self.name) <= _LONGEST else f"…{self.name[1 - _LONGEST :]}"

    @property
    def below(self) -> str:
        """What stands below the name, as far as it fits."""
        return self.sub if len(self.sub) <= _LONGEST_SUB else f"{self.sub[: _LONGEST_SUB - 1]}…"


class LineageGraph(NamedTuple):
    """The boxes, and the lines between them as SVG paths."""

    boxes: tuple[LineageBox, ...]
    lines: tuple[str, ...]
    width: int
    height: int
    title: str = ""
    """All of it in words."""
    hidden: int = 0
    """How many boxes are left out."""

    @property
    def changed(self) -> tuple[LineageBox, ...]:
        """The data that changed."""
        return tuple(box for box in self.inputs if box.is_changed)

    @property
    def inputs(self) -> tuple[LineageBox, ...]:
        """The data that led to the artifact."""
        return tuple(box for box in self.boxes if box.kind == "data")


class GraphDraft:
    """Boxes by their keys, and which leads to which."""

    def __init__(self) -> None:
        self.boxes: dict[str, LineageBox] = {}
        self.edges: dict[tuple[str, str], None] = {}

    def box(self, key: str, name: str, sub: str, kind: str, *, is_changed: bool) -> str:
        """Add a box where there is none of that key; return the key."""
        self.boxes.setdefault(key, LineageBox(key, name, sub, kind, is_changed))
        return key


def nearest(drawing: GraphDraft, itself: str) -> tuple[dict[str, LineageBox], list[tuple[str, str]]]:
    """Return the boxes next to the artifact, as many as can be told apart, and the edges between them."""
    near: dict[str, list[str]] = defaultdict(list)
    for one, to in drawing.edges:
        near[to].append(one)
        near[one].append(to)
    found = {itself: None}
    waiting = deque([itself])
    while waiting and len(found) < _MOST:
        new = [key for key in near[waiting.popleft()] if key not in found][: _MOST - len(found)]
        found |= dict.fromkeys(new)
        waiting.extend(new)
    boxes = {key: box for key, box in drawing.boxes.items() if key in found}
    return boxes, [(one, to) for one, to in drawing.edges if one in found and to in found]


def placed(known: Mapping[str, LineageBox], edges: Sequence[tuple[str, str]], itself: str) -> LineageGraph:
    """Return the boxes, each where it is drawn; `itself` is the artifact."""
    columns = _columns(known, edges, itself)
    rows: dict[int, list[str]] = defaultdict(list)
    for key in known:
        rows[columns[key]].append(key)
    _arrange(rows, edges)
    tallest = max(len(keys) for keys in rows.values())
    leading = {one for one, _ in edges}
    boxes: dict[str, LineageBox] = {}
    for column, keys in rows.items():
        top = _EDGE + (tallest - len(keys)) * _PITCH_Y / 2
        for place, key in enumerate(keys):
            box = known[key]
            kind = "made" if box.kind == "data" and key not in leading else box.kind
            boxes[key] = box._replace(kind=kind, x=_EDGE + column * _PITCH_X, y=top + place * _PITCH_Y)
    width = 2 * _EDGE + (len(rows) - 1) * _PITCH_X + WIDTH
    height = 2 * _EDGE + (tallest - 1) * _PITCH_Y + HEIGHT
    lines = tuple(_line(boxes[one], boxes[to]) for one, to in edges)
    return LineageGraph(tuple(boxes.values()), lines, width, height)


def _columns(boxes: Iterable[str], edges: Sequence[tuple[str, str]], itself: str) -> dict[str, int]:
    """Return the column of each box: as far to the right as what it leads to allows, side results beside the artifact.

    A circle ends after as many rounds as there are boxes.
    """
    found = dict.fromkeys(boxes, 0)
    for _ in range(len(found)):
        before = dict(found)
        for one, to in edges:
            found[one] = min(found[one], found[to] - 1)
        if found == before:
            break
    leading = {one for one, _ in edges}
    for one, to in edges:  # what leads nowhere stands behind its stage
        if to != itself and to not in leading:
            found[to] = found[one] + 1
    place = {column: at for at, column in enumerate(sorted(set(found.values())))}
    return {key: place[column] for key, column in found.items()}


def _arrange(rows: dict[int, list[str]], edges: Sequence[tuple[str, str]]) -> None:
    """Order the boxes of each column by where their neighbours are, so that few lines cross."""
    near: dict[str, list[str]] = defaultdict(list)
    for one, to in edges:
        near[one].append(to)
        near[to].append(one)
    for _ in range(_ROUNDS):
        place = {key: at - len(keys) / 2 for keys in rows.values() for at, key in enumerate(keys)}
        for keys in rows.values():
            keys.sort(key=lambda key: sum(place[one] for one in near[key]) / (len(near[key]) or 1))


def _line(one: LineageBox, to: LineageBox) -> str:
    left, right = one.x + WIDTH, to.x
    start, end, middle = one.y + HEIGHT / 2, to.y + HEIGHT / 2, (left + right) / 2
    return f"M{left:g} {start:g} C{middle:g} {start:g} {middle:g} {end:g} {right:g} {end:g}"
