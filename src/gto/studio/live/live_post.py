"""What DVCLive and `dvc exp run` post while an experiment runs, read and bounded whoever sends it."""

import base64
import binascii
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from gto.exceptions import UsageError
from gto.lineage.values import Value, flat, is_number
from gto.studio.live.live_points import Point
from gto.webhook import json_fields

LARGEST = 30 << 20
"""Bytes of a body: DVC sends no larger ones."""
MOST_PLOTS = 200
LARGEST_IMAGE = 10 << 20
"""Bytes: DVC sends no larger ones."""

_TYPES = ("start", "data", "done")
_OID_RE = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
_MOST_VALUES = 2000  # of metrics, and of params
_LONGEST = 200  # characters of a name or a value
_LONGEST_PATH = 500
_MOST_SERIES = 8  # of a plot
_MOST_STEPS = 1 << 53
_MOST_NUMBER = 1e300
_MARKS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF", "image/webp"),
)
"""How the bytes of an image begin."""
_WEBP = b"WEBP"  # after eight bytes

PostedValues = tuple[tuple[str, str, Value], ...]
"""Values by file and key."""


class PostedImage(NamedTuple):
    """The picture of a plot."""

    media_type: str
    body: bytes


class LivePost(NamedTuple):
    """What a post says."""

    type: str
    """`start`, `data` or `done`."""
    repo_url: str
    baseline: str
    """The commit from which the experiment starts."""
    name: str
    client: str
    message: str
    project: str
    """The directory of the DVC project; empty for the repository's own."""
    step: int | None
    params: PostedValues | None
    metrics: PostedValues | None
    """None where the post says nothing of them."""
    points: Mapping[str, tuple[Point, ...]]
    images: Mapping[str, PostedImage]
    revision: str
    """The commit of the experiment; empty while there is none."""


def read_post(body: bytes) -> LivePost:
    """Read a body, or raise UsageError."""
    given = json_fields.parse_body(body, "")
    if given is None:
        raise UsageError("A JSON object is expected, of no more than a million values", "DVC and DVCLive send it")
    try:
        return _read(given)
    except RecursionError as error:
        raise UsageError("This is nested too deeply", "DVC and DVCLive send nothing like it") from error


def _read(given: Mapping[str, Any]) -> LivePost:
    texts = {
        key: json_fields.text(given, (key,)) for key in ("type", "repo_url", "name", "client", "message", "subdir")
    }
    baseline, revision = (json_fields.text(given, (key,)) for key in ("baseline_sha", "experiment_rev"))
    if texts["type"] not in _TYPES or not _OID_RE.fullmatch(baseline) or not texts["name"] or not texts["repo_url"]:
        hint = f"`type` is one of {', '.join(_TYPES)}; `repo_url`, `baseline_sha` and `name` are given"
        raise UsageError("This is no post of an experiment", hint)
    project, plots = _inside(texts["subdir"]), list(_plots(given.get("plots")))
    return LivePost(
        texts["type"], texts["repo_url"], baseline, texts["name"][:_LONGEST], texts["client"][:20],
        texts["message"][:_LONGEST], project, _step(given.get("step")),
        _values(given, "params"), _values(given, "metrics"),
        {path: tuple(_points(one["data"])) for path, one in plots if isinstance(one.get("data"), list)},
        dict(_images(plots)),
        revision if _OID_RE.fullmatch(revision) else "",
    )  # fmt: skip


def _step(value: object) -> int | None:
    is_step = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_STEPS
    return value if is_step and isinstance(value, int) else None


def _inside(path: str) -> str:
    """Return a directory of a repository; empty for one outside."""
    found = posixpath.normpath(path).strip("/") if path else ""
    return "" if found == "." or ".." in found.split("/") else found[:_LONGEST_PATH]


def _values(given: Mapping[str, Any], kind: str) -> PostedValues | None:
    """Return metrics or params by file and key, as the table of experiments has them."""
    files, project = given.get(kind), _inside(json_fields.text(given, ("subdir",)))
    if not isinstance(files, dict):
        return None
    found: list[tuple[str, str, Value]] = []
    for file, told in files.items():
        held = told.get("data") if kind == "metrics" and isinstance(told, dict) else told
        path = posixpath.normpath(posixpath.join(project, str(file)))[:_LONGEST_PATH]
        for key, value in flat(held, of_metrics=kind == "metrics") if isinstance(held, dict) else ():
            if len(found) == _MOST_VALUES:
                return tuple(found)
            found.append((path, key[:_LONGEST], _plain(value)))
    return tuple(found)


def _plain(value: Value) -> Value:
    if isinstance(value, str) or (is_number(value) and abs(value) > _MOST_NUMBER):
        return str(value)[:_LONGEST]
    return value


def _plots(plots: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, one in list(plots.items())[:MOST_PLOTS] if isinstance(plots, dict) else ():
        if isinstance(one, dict) and len(path) <= _LONGEST_PATH:
            yield path, one


def _points(rows: list[object]) -> Iterator[Point]:
    """Yield the points of a plot; those without a step have the number of their place."""
    for place, row in enumerate(rows):
        step = _step(row.get("step", place)) if isinstance(row, dict) else None
        if step is not None and isinstance(row, dict):
            told = {
                key[:_LONGEST]: one for key, one in row.items() if key not in {"step", "timestamp"} and _is_told(one)
            }
            yield Point(step, dict(list(told.items())[:_MOST_SERIES]))


def _is_told(value: object) -> TypeGuard[float | str]:
    return len(value) <= _LONGEST if isinstance(value, str) else is_number(value) and abs(value) < _MOST_NUMBER


def _images(plots: list[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, PostedImage]]:
    """Yield the pictures of kinds that browsers show without running anything; nothing here looks into them."""
    for path, one in plots:
        text = one.get("image")
        if not isinstance(text, str) or len(text) > LARGEST_IMAGE * 4 // 3 + 4:
            continue
        try:
            body = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
        kind = next((kind for mark, kind in _MARKS if body.startswith(mark)), "")
        if kind and (kind != "image/webp" or body[8:12] == _WEBP):
            yield path, PostedImage(kind, body)
