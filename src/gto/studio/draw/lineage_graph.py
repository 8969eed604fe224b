"""How a version was made, drawn: data, parameters and stages in columns from left to right, the artifact at the end."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from gto.studio.draw.graph_layout import GraphDraft, LineageBox, LineageGraph, nearest, placed
from gto.studio.words import size

Lineage = Mapping[str, object]
"""As `gto describe --all --json` prints it."""


def draw(lineage: Lineage | None, old: Lineage | None, version: str) -> LineageGraph | None:
    """Return the graph of a lineage, what differs from another one marked; None where no stage is known."""
    steps = _steps(lineage)
    if lineage is None or not steps:
        return None
    drawing = GraphDraft()
    marks = _marks(old) if old is not None else None
    before = {str(step["stage"]): step for step in _steps(old)} if old is not None else None
    itself = str(lineage["path"])
    for step in reversed(steps):
        _add_step(drawing, step, marks, before, itself, version)
    if itself not in drawing.boxes:  # a stage makes the directory that it is in
        drawing.box(itself, itself, _sub(lineage, version), "me", is_changed=_is_new(lineage, marks))
        makers = [f"stage {step['stage']}" for step in steps if _makes(step, itself)]
        drawing.edges |= {(maker, itself): None for maker in makers}
    boxes, edges = nearest(drawing, itself)
    graph = placed(boxes, edges, itself)
    return graph._replace(title=_title(boxes, edges), hidden=len(drawing.boxes) - len(boxes))


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
    drawing: GraphDraft, step: Lineage, marks: Mapping[str, object] | None, before: Mapping[str, Lineage] | None,
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


def _title(boxes: Mapping[str, LineageBox], edges: Sequence[tuple[str, str]]) -> str:
    words = []
    for stage in (box for box in boxes.values() if box.kind == "stage"):
        taken = ", ".join(boxes[one].name for one, to in edges if to == stage.key) or "nothing"
        made = ", ".join(boxes[to].name for one, to in edges if one == stage.key) or "nothing"
        words.append(f"{stage.name} takes {taken} and makes {made}.")
    changed = [box.name for box in boxes.values() if box.is_changed]
    return " ".join([*words, *([f"Changed: {', '.join(changed)}."] if changed else [])])
