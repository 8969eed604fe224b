"""The tables of experiments that run: a team's Studio has them among its own."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from gto.studio.index.dialects import Integer, Text
from gto.studio.lasting.lasting_tables import metadata

live_experiment = Table(  # that runs, or ran and is not pushed, as its posts tell
    "live_experiment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("repository", Text, nullable=False),
    Column("baseline", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("client", Text, nullable=False),  # `dvclive` or `dvc`
    Column("message", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),  # whose token posts, with full name and address
    Column("person", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("step", Integer),  # the last one
    Column("params", JSON, nullable=False),  # file, key and value of each
    Column("metrics", JSON, nullable=False),
    Column("revision", Text, nullable=False),  # the commit that it became; empty while there is none
    Column("started_at", Float, nullable=False),
    Column("posted_at", Float, nullable=False),
    Column("done_at", Float),
    UniqueConstraint("repository", "person_id", "baseline", "name"),
    Index("live_experiment_age", "posted_at"),
)

live_plot = Table(
    "live_plot",
    metadata,
    Column("live_id", ForeignKey("live_experiment.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("points", JSON),  # null for an image
    Column("every", Integer, nullable=False),  # how many points one stands for
    Column("since", Integer, nullable=False),  # how many came since the last that stays
    Column("media_type", Text, nullable=False),
    Column("image", LargeBinary),
    Column("size", Integer, nullable=False),  # bytes of the image, or of the points
    Column("step", Integer),  # at which the image was posted
    PrimaryKeyConstraint("live_id", "path"),
)
