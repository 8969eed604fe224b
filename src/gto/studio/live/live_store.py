"""Where experiments are kept that run: tables of the team, bounded in number, size and age."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gto.studio.index.database import Database
from gto.studio.live.live_experiment import LiveExperiment
from gto.studio.live.live_points import PlotPoints, Point
from gto.studio.live.live_post import MOST_PLOTS, LivePost, PostedImage, PostedValues
from gto.studio.live.live_tables import live_experiment, live_plot
from gto.studio.visitor import Visitor

MOST = 30
"""Experiments of one person in a repository: one more, and that is forgotten which has posted nothing for the longest.

Nobody has others forgotten, or changes what others post.
"""
DAYS = 7.0
"""After which one is forgotten that posts nothing."""
MOST_BYTES = 20 << 20
"""Of the images and points of one experiment: those beyond are left out."""
_MOST_VALUES = 4000  # params, or metrics, of one


class LivePlot(NamedTuple):
    """A plot as far as it goes."""

    path: str
    points: tuple[Point, ...] | None
    """None for an image."""
    every: int
    """How many points one stands for."""
    media_type: str
    """Of an image."""
    size: int
    """Bytes."""
    step: int | None

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its values."""
        return tuple(dict.fromkeys(name for one in self.points or () for name in one.values))


def take(database: Database, repository: str, visitor: Visitor, post: LivePost) -> None:
    """Keep what a post says."""
    now = time.time()
    with database.record() as connection:
        database.wait_for_turn(connection, f"live {repository}")
        key = _PostKey(repository, visitor.id, post.baseline, post.name)
        row = _find(connection, key)
        number = _begin(connection, key, now) if row is None else int(row.id)
        if row is None or post.type == "start":  # it may begin anew, in the same place
            row = None
            _reset(connection, number, visitor, post, now)
        connection.execute(update(live_experiment).where(live_experiment.c.id == number).values(_told(post, row, now)))
        _keep_points(connection, number, post)
        _keep_images(connection, number, post)


class _PostKey(NamedTuple):
    """Which experiment a post is of; nobody posts to that of another person."""

    repository: str
    person_id: int | None
    baseline: str
    name: str


def _find(connection: Connection, key: _PostKey) -> Row[Any] | None:
    same = [live_experiment.c[name] == value for name, value in key._asdict().items()]
    columns = [live_experiment.c[name] for name in ("id", "step", "params", "metrics")]
    return connection.execute(select(*columns).where(*same)).first()


def _begin(connection: Connection, key: _PostKey, now: float) -> int:
    """Make room for an experiment, and return its number."""
    forget(connection, now)
    mine = (live_experiment.c.repository == key.repository) & (live_experiment.c.person_id == key.person_id)
    ours = select(live_experiment.c.id).where(mine).order_by(live_experiment.c.posted_at.desc()).offset(MOST - 1)
    old = connection.execute(ours).scalars().all()
    connection.execute(delete(live_experiment).where(live_experiment.c.id.in_(old)))
    empty = dict.fromkeys(("client", "message", "project", "person", "email", "revision"), "")
    values = {**key._asdict(), **empty, "params": [], "metrics": [], "started_at": now, "posted_at": now}
    made = connection.execute(insert(live_experiment).values(values)).inserted_primary_key
    assert made is not None  # noqa: S101  one row was put in
    return int(made[0])


def _reset(connection: Connection, number: int, visitor: Visitor, post: LivePost, now: float) -> None:
    """Have nothing of an experiment but who begins it, and how."""
    about = {"client": post.client, "message": post.message, "project": post.project, "revision": "", "step": None}
    who = {"person": visitor.full_name, "email": visitor.email, "params": [], "metrics": [], "started_at": now}
    connection.execute(update(live_experiment).where(live_experiment.c.id == number).values({**about, **who}))
    connection.execute(delete(live_plot).where(live_plot.c.live_id == number))


def _told(post: LivePost, row: Row[Any] | None, now: float) -> dict[str, object]:
    """Return what a post changes."""
    found: dict[str, object] = {"posted_at": now, "done_at": now if post.type == "done" else None}
    if post.step is not None:
        found["step"] = max(post.step, row.step or 0) if row is not None else post.step
    for kind, told in (("params", post.params), ("metrics", post.metrics)):
        if told is not None:
            found[kind] = _merged(getattr(row, kind) if row is not None else [], told)
    if post.revision:
        found["revision"] = post.revision
    return found


def _merged(before: Sequence[Sequence[object]], told: PostedValues) -> list[Sequence[object]]:
    """Return values with those of some files anew: DVC posts some, and DVCLive others."""
    files = {one[0] for one in told}
    return [*(one for one in before if one[0] not in files), *told][:_MOST_VALUES]


def _held(connection: Connection, number: int) -> tuple[int, int]:
    """Return how many plots of an experiment are kept, and their bytes."""
    held = select(func.count(), func.coalesce(func.sum(live_plot.c.size), 0)).where(live_plot.c.live_id == number)
    count, size = connection.execute(held).one()
    return int(count), int(size)


def _keep_points(connection: Connection, number: int, post: LivePost) -> None:
    mine = live_plot.c.live_id == number
    columns = [live_plot.c[name] for name in ("path", "points", "every", "since", "size")]
    query = select(*columns).where(mine, live_plot.c.path.in_(post.points))
    known = {row.path: row for row in connection.execute(query)}
    count, held = _held(connection, number)
    for path, points in post.points.items():
        row = known.get(path)
        before = PlotPoints() if row is None else PlotPoints(_points_of(row) or (), row.every, row.since)
        merged = before.merged(points)
        size = merged.size()
        grown = held + size - (row.size if row is not None else 0)
        if grown > MOST_BYTES or (row is None and (count >= MOST_PLOTS or not points)):
            continue
        held, values = grown, {**merged._asdict(), "size": size}
        if row is not None:
            connection.execute(update(live_plot).where(mine, live_plot.c.path == path).values(values))
        else:
            count += 1
            connection.execute(insert(live_plot).values({"live_id": number, "path": path, **values, "media_type": ""}))


def _keep_images(connection: Connection, number: int, post: LivePost) -> None:
    if not post.images:
        return
    connection.execute(delete(live_plot).where(live_plot.c.live_id == number, live_plot.c.path.in_(post.images)))
    count, size = _held(connection, number)
    for path, image in post.images.items():
        count, size = count + 1, size + len(image.body)
        if count <= MOST_PLOTS and size <= MOST_BYTES:
            values = {"media_type": image.media_type, "image": image.body, "size": len(image.body), "step": post.step}
            connection.execute(
                insert(live_plot).values({"live_id": number, "path": path, "every": 1, "since": 0, **values})
            )


def find_all(connection: Connection, repository: str) -> tuple[LiveExperiment, ...]:
    """Return the experiments of a repository, that started last first."""
    columns = [live_experiment.c[name] for name in LiveExperiment._fields]
    query = select(*columns).where(live_experiment.c.repository == repository)
    return tuple(
        LiveExperiment._make(row) for row in connection.execute(query.order_by(live_experiment.c.started_at.desc()))
    )


def find_plots(connection: Connection, number: int) -> tuple[LivePlot, ...]:
    """Return the plots of an experiment by their paths, without the images themselves."""
    columns = [live_plot.c[name] for name in LivePlot._fields]
    query = select(*columns).where(live_plot.c.live_id == number).order_by(live_plot.c.path)
    return tuple(LivePlot(row.path, _points_of(row), *row[2:]) for row in connection.execute(query))


def _points_of(row: Row[Any]) -> tuple[Point, ...] | None:
    return None if row.points is None else tuple(Point(*one) for one in row.points)


def find_image(connection: Connection, repository: str, number: int, path: str) -> PostedImage | None:
    """Return an image of an experiment; None where there is none."""
    mine = (live_experiment.c.repository == repository) & (live_experiment.c.id == number)
    query = select(live_plot.c.media_type, live_plot.c.image).join(live_experiment)
    row = connection.execute(query.where(mine, live_plot.c.path == path, live_plot.c.image.is_not(None))).first()
    return PostedImage(*row) if row else None


def forget(connection: Connection, now: float) -> None:
    """Remove what has posted nothing for days."""
    connection.execute(delete(live_experiment).where(live_experiment.c.posted_at < now - DAYS * 86400.0))
