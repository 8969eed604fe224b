"""The tables of webhooks, received and sent: a team's Studio has them among its own."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from gto.studio.index.dialects import Integer, Text
from gto.studio.lasting.lasting_tables import metadata

received = Table(  # deliveries of forges
    "received",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("delivery", Text, nullable=False),  # as the forge numbers them
    Column("repository", Text, nullable=False),  # empty where it is none of the catalogue's
    Column("event", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("status", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("kind", "repository", "delivery"),
    Index("received_repository", "repository", "at"),
)

target = Table(  # who is told of events
    "target",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", LargeBinary, nullable=False),  # encrypted: those of chat systems are secrets
    Column("host", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_before", LargeBinary),  # the one before, by which is signed too until `secret_until`
    Column("secret_until", Float),
    Column("template", Text, nullable=False),  # `cloudevents`, or the kind of a chat system
    Column("filters", JSON, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("allows_private", Boolean, nullable=False),
    Column("person_id", ForeignKey("person.id", ondelete="SET NULL")),
    Column("created_at", Float, nullable=False),
)

outbox = Table(  # an event on its way to a target
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target_id", ForeignKey("target.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", Text, nullable=False),  # as the receiver sees it, the same each time: the id of the tag object
    Column("repository", Text, nullable=False),
    Column("artifact", Text, nullable=False),  # empty for a test
    Column("kind", Text, nullable=False),
    Column("body", JSON, nullable=False),  # what is told
    Column("is_ready", Boolean, nullable=False),  # false until facts and the policy's verdict are known
    Column("created_at", Float, nullable=False),
    Column("not_before", Float, nullable=False),
    Column("until", Float, nullable=False),  # when it is given up
    Column("tries", Integer, nullable=False, default=0),
    Column("state", Text, nullable=False),  # `waiting`, `delivered`, `failed`
    Column("reason", Text, nullable=False),  # why it waits, or failed
    UniqueConstraint("target_id", "repository", "event_id"),
    Index("outbox_due", "state", "target_id", "not_before"),
    Index("outbox_age", "created_at"),
)

attempt = Table(  # each try to deliver
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("outbox_id", ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False),
    Column("at", Float, nullable=False),
    Column("status", Integer),  # of the answer; null where none came
    Column("seconds", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("attempt_outbox", "outbox_id"),
)
