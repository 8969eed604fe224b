"""How a version was made, drawn: data, parameters and stages in columns from left to right, the artifact at the end."""

import posixpath
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from gto.studio.words import size

WIDTH, HEIGHT = 148, 46
"""Of a box."""

_PITCH_X, _PITCH_Y, _EDGE = 192, 66, 4
_MOST = 60  # boxes
_LONGEST, _LONGEST_SUB = 19, 22  # letters that fit into a box
_ROUNDS = 4  # in which boxes are moved towards their neighbours

Lineage = Mapping[str, object]
"""As `gto describe --all --json` prints it."""


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
    title: str
    """All of it in words."""
    hidden: int
    """How many boxes are left out."""

    @property
    def changed(self) -> tuple[LineageBox, ...]:
        """The data that changed."""
        return tuple(box for box in self.inputs if box.is_changed)

    @property
    def inputs(self) -> tuple[LineageBox, ...]:
        """The data that led to the artifact."""
        return tuple(box for box in self.boxes if box.kind == "data")


class _Drawing:
    """Boxes by their keys, and which leads to which."""

    def __init__(self) -> None:
        self.boxes: dict[str, LineageBox] = {}
        self.edges: dict[tuple[str, str], None] = {}

    def box(self, key: str, name: str, sub: str, kind: str, *, is_changed: bool) -> str:
        self.boxes.setdefault(key, LineageBox(key, name, sub, kind, is_changed))
        return key


def draw(lineage: Lineage | None, old: Lineage | None, version: str) -> LineageGraph | None:
    """Return the graph of a lineage, what differs from another one marked; None where no stage is known."""
    steps = _steps(lineage)
    if lineage is None or not steps:
        return None
    drawing = _Drawing()
    marks = _marks(old) if old is not None else None
    before = {str(step["stage"]): step for step in _steps(old)} if old is not None else None
    itself = str(lineage["path"])
    for step in reversed(steps):
        _add_step(drawing, step, marks, before, itself, version)
    if itself not in drawing.boxes:  # a stage makes the directory that it is in
        drawing.box(itself, itself, _sub(lineage, version), "me", is_changed=_is_new(lineage, marks))
        makers = [f"stage {step['stage']}" for step in steps if _makes(step, itself)]
        drawing.edges |= {(maker, itself): None for maker in makers}
    return _placed(drawing, itself)


def _steps(lineage: Lineage | None) -> Sequence[Lineage]:
    return cast("Sequence[Lineage]", lineage["stages"]) if lineage else ()


def _listed(step: Lineage, key: str) -> Sequence[Lineage]:
    return cast("Sequence[Lineage]", step[key])


def _marks(lineage: Lineage) -> dict[str, object]:
    every = [lineage, *(one for step in _steps(lineage) for key in ("deps", "outs") for one in _listed(step, key))]
    return {str(one["path"]): one["md5"] for one in every}


def _is_new(datum: Lineage, marks: Mapping[str, object] | None) -> bool:
    return marks is not None and marks.get(str(datum["path"])) != datum["md5"]


def _makes(step: Lineage, path: str) -> bool:
    outs = [str(out["path"]) for out in _listed(step, "outs")]
    return any(path.startswith(f"{out}/") or out.startswith(f"{path}/") for out in outs)


def _add_step(
    drawing: _Drawing, step: Lineage, marks: Mapping[str, object] | None, before: Mapping[str, Lineage] | None,
    itself: str, version: str,
) -> None:  # fmt: skip
    name = str(step["stage"])
    code = [dep for dep in _listed(step, "deps") if dep["kept_in"] == "git" and not dep["made_by"]]
    last = None if before is None else before.get(name)
    params = cast("Mapping[str, Mapping[str, object]]", step["params"])
    old_params = cast("Mapping[str, object]", last["params"]) if last else {}
    changed = before is not None and (last is None or last["command"] != step["command"])
    changed = changed or any(_is_new(dep, marks) for dep in code)
    about = posixpath.basename(str(code[0]["path"])) + (f" +{len(code) - 1}" if len(code) > 1 else "") if code else ""
    stage = drawing.box(f"stage {name}", name, about or str(step["command"]), "stage", is_changed=changed)
    for dep in _listed(step, "deps"):
        if dep not in code:
            path = str(dep["path"])
            kind = "me" if path == itself else "data"
            drawing.edges[drawing.box(path, path, _sub(dep), kind, is_changed=_is_new(dep, marks)), stage] = None
    for file, values in params.items():
        is_changed = before is not None and values != old_params.get(file)
        keys = ", ".join(key.rpartition(".")[2] for key in _keys(values))
        drawing.edges[drawing.box(f"{file} {name}", file, keys, "params", is_changed=is_changed), stage] = None
    for out in _listed(step, "outs"):
        path = str(out["path"])
        about, kind = (_sub(out, version), "me") if path == itself else (_sub(out), "data")
        drawing.edges[stage, drawing.box(path, path, about, kind, is_changed=_is_new(out, marks))] = None


def _keys(values: Mapping[str, object]) -> Iterator[str]:
    for key, value in values.items():
        yield from _keys(value) if isinstance(value, Mapping) else (key,)


def _sub(datum: Lineage, version: str = "") -> str:
    count = datum["size"]
    home = {"dvc": "DVC", "git": "Git", "elsewhere": "elsewhere", None: ""}.get(
        cast("str | None", datum.get("kept_in")), ""
    )
    return " · ".join(one for one in (version or home, size(count) if isinstance(count, int) else "") if one)


def _nearest(drawing: _Drawing, itself: str) -> tuple[dict[str, LineageBox], list[tuple[str, str]]]:
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


def _title(boxes: Mapping[str, LineageBox], edges: Sequence[tuple[str, str]]) -> str:
    words = []
    for stage in (box for box in boxes.values() if box.kind == "stage"):
        taken = ", ".join(boxes[one].name for one, to in edges if to == stage.key) or "nothing"
        made = ", ".join(boxes[to].name for one, to in edges if one == stage.key) or "nothing"
        words.append(f"{stage.name} takes {taken} and makes {made}.")
    changed = [box.name for box in boxes.values() if box.is_changed]
    return " ".join([*words, *([f"Changed: {', '.join(changed)}."] if changed else [])])


def _placed(drawing: _Drawing, itself: str) -> LineageGraph:
    known, edges = _nearest(drawing, itself)
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
    hidden = len(drawing.boxes) - len(boxes)
    return LineageGraph(tuple(boxes.values()), lines, width, height, _title(known, edges), hidden)


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
