"""The tables of a team: what Git cannot hold, and so what a backup must. Migrations make them, and change them."""

from sqlalchemy import (
    JSON,
    Boolean,
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
from gto.studio.lasting import lasting_tables
from gto.studio.live import live_tables  # noqa: F401 - its tables are among those of `metadata`
from gto.studio.webhooks import webhook_tables  # noqa: F401 - and so are these

metadata = lasting_tables.metadata
"""Of all tables of a team's database."""

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # what they log in with
    Column("full_name", Text, nullable=False),  # the tagger of what they write, with the address
    Column("email", Text, nullable=False),
    Column("password", Text),  # Argon2's encoded hash; null for who logs in elsewhere
    Column("issuer", Text),  # who vouches for them by OpenID Connect, and what it calls them
    Column("subject", Text),
    Column("claimed", JSON, nullable=False, default=list),  # the groups that the issuer named at the last login
    Column("is_active", Boolean, nullable=False, default=True),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float),
    UniqueConstraint("issuer", "subject"),
)

role_grant = Table(  # a role in a group of repositories, to a person or to all of a group of the issuer's
    "role_grant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE")),
    Column("claim", Text),  # the name of the issuer's group
    Column("repositories", Text, nullable=False),  # a group of the catalogue, `*` for all
    Column("role", Text, nullable=False),
    UniqueConstraint("person_id", "claim", "repositories"),
)

session = Table(
    "session",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the cookie
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index("session_person", "person_id"),
)

invitation = Table(  # a link that serves once: it makes a person, or lets one choose a new password
    "invitation",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE")),  # null for a new one
    Column("name", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("roles", JSON, nullable=False),  # by group of repositories
    Column("created_by", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)

token = Table(  # of a program that asks in a person's name
    "token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),  # its first characters, by which one knows it again
    Column("digest", Text, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("used_at", Float),
    Index("token_person", "person_id"),
)

login_failure = Table(  # counted by name and by address
    "login_failure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("login_failure_subject", "subject", "at"),
)

login_attempt = Table(  # by OpenID Connect, between leaving for the provider and coming back
    "login_attempt",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("body", JSON, nullable=False),
    Column("expires_at", Float, nullable=False),
)

device_login = Table(  # a program without a browser that waits for somebody to let it in
    "device_login",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of what the program proves itself by
    Column("code", Text, nullable=False, unique=True),  # what a person types, signed with the server's secret
    Column("client", Text, nullable=False),  # what the program calls itself
    Column("token_name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("days", Float),  # how long its token lasts; null for until it is taken back
    Column("address", Text, nullable=False),
    Column("network", Text, nullable=False),  # by which is counted how many wait
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE")),  # who let it in
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("device_login_network", "network"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("person", Text, nullable=False),  # the name, which stays when the person goes; empty for the server itself
    Column("action", Text, nullable=False),
    Column("repository", Text, nullable=False),
    Column("subject", Text, nullable=False),  # what it was done to
    Column("detail", JSON, nullable=False),
    Column("address", Text, nullable=False),
    Column("by", Text, nullable=False),  # `session`, `token NAME`, `proxy`, `command line`
    Index("audit_at", "at"),
    Index("audit_repository", "repository", "at"),
)

repository_setting = Table(  # what an admin says of a repository
    "repository_setting",
    metadata,
    Column("repository", Text, primary_key=True),
    Column("write_mode", Text, nullable=False),
    Column("forge", Text, nullable=False),  # which kind its server is; empty for what its address tells
    Column("address", Text),  # where it was when its mode was chosen: at another one it is another repository
    Column("hook_secret", LargeBinary),  # of its webhooks, encrypted
    Column("hook_secret_before", LargeBinary),  # the one before, which counts until `hook_secret_until`
    Column("hook_secret_until", Float),
)

forge_token = Table(  # with which Studio pushes as a person
    "forge_token",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("host", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # encrypted
    Column("created_at", Float, nullable=False),
    Column("used_at", Float),
    PrimaryKeyConstraint("person_id", "host"),
)

due = Table(  # repositories that are to be read
    "due",
    metadata,
    Column("repository", Text, primary_key=True),
    Column("not_before", Float, nullable=False),
    Column("asked", Integer, nullable=False, default=0),  # how often it was asked for
    Column("again", Boolean, nullable=False, default=False),  # what could not be reached is to be tried once more
    Column("done", Integer, nullable=False, default=0),  # the number that the last finished reading began with
    Column("tries", Integer, nullable=False, default=0),  # failures in a row
    Column("worker", Text),  # who reads it now
    Column("facts_done", Integer),
    Column("facts_wanted", Integer),
    Index("due_time", "not_before"),
)

announced = Table(  # the events that webhooks were told, so that an index made anew tells none again
    "announced",
    metadata,
    Column("repository", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("oid", Text, nullable=False),
    PrimaryKeyConstraint("repository", "ref", "oid"),
)

announced_repository = Table(  # what was there when a repository was first read is no news
    "announced_repository",
    metadata,
    Column("repository", Text, primary_key=True),
    Column("address", Text, nullable=False),  # another one under the same name is another repository
    Column("since", Float, nullable=False),
)

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE")),
    Column("is_shared", Boolean, nullable=False),
    Column("page", Text, nullable=False),  # the path of the page
    Column("repository", Text, nullable=False),  # empty for pages of all repositories
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Index("saved_view_page", "page"),
)

hidden_commit = Table(  # those that a team does not want to see among experiments
    "hidden_commit",
    metadata,
    Column("repository", Text, nullable=False),
    Column("oid", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("repository", "oid"),
)

watched = Table(  # artifacts whose events a person follows
    "watched",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("repository", Text, nullable=False),
    Column("artifact", Text, nullable=False),
    PrimaryKeyConstraint("person_id", "repository", "artifact"),
)

answered = Table(  # the answers to requests with an idempotency key
    "answered",
    metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("request", Text, nullable=False),  # digest of method, path and body
    Column("status", Integer),  # null while it is being answered
    Column("body", LargeBinary),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("person_id", "key"),
)
