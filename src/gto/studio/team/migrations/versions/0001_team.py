"""The first tables of a team.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_text = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
_integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "announced",
        sa.Column("repository", _text, nullable=False),
        sa.Column("ref", _text, nullable=False),
        sa.Column("oid", _text, nullable=False),
        sa.PrimaryKeyConstraint("repository", "ref", "oid"),
    )
    op.create_table(
        "announced_repository",
        sa.Column("repository", _text, nullable=False),
        sa.Column("address", _text, nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("repository"),
    )
    op.create_table(
        "audit",
        sa.Column("id", _integer, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("person", _text, nullable=False),
        sa.Column("action", _text, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("subject", _text, nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("address", _text, nullable=False),
        sa.Column("by", _text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_at", "audit", ["at"], unique=False)
    op.create_index("audit_repository", "audit", ["repository", "at"], unique=False)
    op.create_table(
        "deployment",
        sa.Column("repository", _text, nullable=False),
        sa.Column("target", _text, nullable=False),
        sa.Column("kind", _text, nullable=False),
        sa.Column("artifact", _text, nullable=False),
        sa.Column("version", _text, nullable=False),
        sa.Column("commit", _text, nullable=False),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("is_in_sync", sa.Boolean(), nullable=False),
        sa.Column("detail", _text, nullable=False),
        sa.Column("unreachable", _text, nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("seen_by", _text, nullable=False),
        sa.PrimaryKeyConstraint("repository", "target"),
    )
    op.create_table(
        "due",
        sa.Column("repository", _text, nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("asked", _integer, nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("done", _integer, nullable=False),
        sa.Column("tries", _integer, nullable=False),
        sa.Column("worker", _text, nullable=True),
        sa.Column("facts_done", _integer, nullable=True),
        sa.Column("facts_wanted", _integer, nullable=True),
        sa.PrimaryKeyConstraint("repository"),
    )
    op.create_index("due_time", "due", ["not_before"], unique=False)
    op.create_table(
        "hidden_commit",
        sa.Column("repository", _text, nullable=False),
        sa.Column("oid", _text, nullable=False),
        sa.Column("person", _text, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "oid"),
    )
    op.create_table(
        "login_attempt",
        sa.Column("digest", _text, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "login_failure",
        sa.Column("id", _integer, nullable=False),
        sa.Column("subject", _text, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("login_failure_subject", "login_failure", ["subject", "at"], unique=False)
    op.create_table(
        "model_number",
        sa.Column("repository", _text, nullable=False),
        sa.Column("artifact", _text, nullable=False),
        sa.Column("version", _text, nullable=False),
        sa.Column("number", _integer, nullable=False),
        sa.PrimaryKeyConstraint("repository", "artifact", "version"),
        sa.UniqueConstraint("repository", "artifact", "number"),
    )
    op.create_table(
        "oci_manifest",
        sa.Column("id", _integer, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("artifact", _text, nullable=False),
        sa.Column("version", _text, nullable=False),
        sa.Column("commit", _text, nullable=False),
        sa.Column("shape", _text, nullable=False),
        sa.Column("digest", _text, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("repository", "artifact", "version", "commit", "shape"),
    )
    op.create_table(
        "person",
        sa.Column("id", _integer, nullable=False),
        sa.Column("name", _text, nullable=False),
        sa.Column("full_name", _text, nullable=False),
        sa.Column("email", _text, nullable=False),
        sa.Column("password", _text, nullable=True),
        sa.Column("issuer", _text, nullable=True),
        sa.Column("subject", _text, nullable=True),
        sa.Column("claimed", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issuer", "subject"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "received",
        sa.Column("id", _integer, nullable=False),
        sa.Column("kind", _text, nullable=False),
        sa.Column("delivery", _text, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("event", _text, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("status", _integer, nullable=False),
        sa.Column("reason", _text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "repository", "delivery"),
    )
    op.create_index("received_repository", "received", ["repository", "at"], unique=False)
    op.create_table(
        "repository_setting",
        sa.Column("repository", _text, nullable=False),
        sa.Column("write_mode", _text, nullable=False),
        sa.Column("forge", _text, nullable=False),
        sa.Column("address", _text, nullable=True),
        sa.Column("hook_secret", sa.LargeBinary(), nullable=True),
        sa.Column("hook_secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("hook_secret_until", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("repository"),
    )
    op.create_table(
        "stored_object",
        sa.Column("key", _text, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("size", _integer, nullable=True),
        sa.Column("sha256", _text, nullable=True),
        sa.Column("git", _text, nullable=True),
        sa.Column("md5", _text, nullable=True),
        sa.PrimaryKeyConstraint("key", "repository"),
    )
    op.create_table(
        "answered",
        sa.Column("person_id", _integer, nullable=False),
        sa.Column("key", _text, nullable=False),
        sa.Column("request", _text, nullable=False),
        sa.Column("status", _integer, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "key"),
    )
    op.create_table(
        "device_login",
        sa.Column("digest", _text, nullable=False),
        sa.Column("code", _text, nullable=False),
        sa.Column("client", _text, nullable=False),
        sa.Column("token_name", _text, nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("days", sa.Float(), nullable=True),
        sa.Column("address", _text, nullable=False),
        sa.Column("network", _text, nullable=False),
        sa.Column("person_id", _integer, nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("device_login_network", "device_login", ["network"], unique=False)
    op.create_table(
        "forge_token",
        sa.Column("person_id", _integer, nullable=False),
        sa.Column("host", _text, nullable=False),
        sa.Column("user_name", _text, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "host"),
    )
    op.create_table(
        "invitation",
        sa.Column("digest", _text, nullable=False),
        sa.Column("person_id", _integer, nullable=True),
        sa.Column("name", _text, nullable=False),
        sa.Column("full_name", _text, nullable=False),
        sa.Column("email", _text, nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("created_by", _text, nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "live_experiment",
        sa.Column("id", _integer, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("baseline", _text, nullable=False),
        sa.Column("name", _text, nullable=False),
        sa.Column("client", _text, nullable=False),
        sa.Column("message", _text, nullable=False),
        sa.Column("project", _text, nullable=False),
        sa.Column("person_id", _integer, nullable=False),
        sa.Column("person", _text, nullable=False),
        sa.Column("email", _text, nullable=False),
        sa.Column("step", _integer, nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("revision", _text, nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("posted_at", sa.Float(), nullable=False),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("repository", "person_id", "baseline", "name"),
    )
    op.create_index("live_experiment_age", "live_experiment", ["posted_at"], unique=False)
    op.create_table(
        "oci_blob",
        sa.Column("manifest_id", _integer, nullable=False),
        sa.Column("digest", _text, nullable=False),
        sa.Column("size", _integer, nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["manifest_id"], ["oci_manifest.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("manifest_id", "digest"),
    )
    op.create_index("oci_blob_digest", "oci_blob", ["digest"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", _integer, nullable=False),
        sa.Column("person_id", _integer, nullable=True),
        sa.Column("claim", _text, nullable=True),
        sa.Column("repositories", _text, nullable=False),
        sa.Column("role", _text, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "claim", "repositories"),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", _integer, nullable=False),
        sa.Column("person_id", _integer, nullable=True),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("page", _text, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("name", _text, nullable=False),
        sa.Column("query", _text, nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("saved_view_page", "saved_view", ["page"], unique=False)
    op.create_table(
        "session",
        sa.Column("digest", _text, nullable=False),
        sa.Column("person_id", _integer, nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.Column("address", _text, nullable=False),
        sa.Column("agent", _text, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("session_person", "session", ["person_id"], unique=False)
    op.create_table(
        "target",
        sa.Column("id", _integer, nullable=False),
        sa.Column("name", _text, nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("host", _text, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_before", sa.LargeBinary(), nullable=True),
        sa.Column("secret_until", sa.Float(), nullable=True),
        sa.Column("template", _text, nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("allows_private", sa.Boolean(), nullable=False),
        sa.Column("person_id", _integer, nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "token",
        sa.Column("id", _integer, nullable=False),
        sa.Column("person_id", _integer, nullable=False),
        sa.Column("name", _text, nullable=False),
        sa.Column("prefix", _text, nullable=False),
        sa.Column("digest", _text, nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("used_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("token_person", "token", ["person_id"], unique=False)
    op.create_table(
        "watched",
        sa.Column("person_id", _integer, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("artifact", _text, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "repository", "artifact"),
    )
    op.create_table(
        "live_plot",
        sa.Column("live_id", _integer, nullable=False),
        sa.Column("path", _text, nullable=False),
        sa.Column("points", sa.JSON(), nullable=True),
        sa.Column("every", _integer, nullable=False),
        sa.Column("since", _integer, nullable=False),
        sa.Column("media_type", _text, nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=True),
        sa.Column("size", _integer, nullable=False),
        sa.Column("step", _integer, nullable=True),
        sa.ForeignKeyConstraint(["live_id"], ["live_experiment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("live_id", "path"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _integer, nullable=False),
        sa.Column("target_id", _integer, nullable=False),
        sa.Column("event_id", _text, nullable=False),
        sa.Column("repository", _text, nullable=False),
        sa.Column("artifact", _text, nullable=False),
        sa.Column("kind", _text, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("tries", _integer, nullable=False),
        sa.Column("state", _text, nullable=False),
        sa.Column("reason", _text, nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("target_id", "repository", "event_id"),
    )
    op.create_index("outbox_age", "outbox", ["created_at"], unique=False)
    op.create_index("outbox_due", "outbox", ["state", "target_id", "not_before"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", _integer, nullable=False),
        sa.Column("outbox_id", _integer, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("status", _integer, nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("reason", _text, nullable=False),
        sa.Column("answer", _text, nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attempt_outbox", "attempt", ["outbox_id"], unique=False)


def downgrade() -> None:
    """A release goes back by a backup."""
    raise NotImplementedError
