"""The tables of what lasts in every Studio: in a file for one person, beside the others of a team in its database."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from gto.studio.index.dialects import Integer, Text

metadata = MetaData()
"""Times are seconds since 1970. Repositories are named, not numbered: the index, which numbers them, is disposable."""

stored_object = Table(  # what is known of bytes beside the hash by which they are kept
    "stored_object",
    metadata,
    Column("key", Text, nullable=False),  # `md5:...`, `sha256:...` or `git:...`
    # Whose store said so, or for which all bytes were read here; empty for all.
    Column("repository", Text, nullable=False),
    Column("size", Integer),
    Column("sha256", Text),
    Column("git", Text),  # the id of such a blob, by SHA-1
    Column("md5", Text),
    PrimaryKeyConstraint("key", "repository"),
)

model_number = Table(  # MLflow numbers versions: a number is given once, and stays
    "model_number",
    metadata,
    Column("repository", Text, nullable=False),
    Column("artifact", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("repository", "artifact", "version"),
    UniqueConstraint("repository", "artifact", "number"),
)

oci_manifest = Table(  # whoever pulled it by its digest gets these bytes, from whatever release
    "oci_manifest",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("repository", Text, nullable=False),
    Column("artifact", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("commit", Text, nullable=False),
    Column("shape", Text, nullable=False),  # `modelpack` or `modelcar`
    Column("digest", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", Float, nullable=False),
    UniqueConstraint("repository", "artifact", "version", "commit", "shape"),
)

oci_blob = Table(  # what a manifest leads to
    "oci_blob",
    metadata,
    Column("manifest_id", ForeignKey("oci_manifest.id", ondelete="CASCADE"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("plan", LargeBinary, nullable=False),  # texts and paths of files, which together are its bytes
    PrimaryKeyConstraint("manifest_id", "digest"),
    Index("oci_blob_digest", "digest"),
)

deployment = Table(  # what was found on each target last, by who can reach it
    "deployment",
    metadata,
    Column("repository", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),  # of platform
    Column("artifact", Text, nullable=False),  # empty where nothing runs
    Column("version", Text, nullable=False),
    Column("commit", Text, nullable=False),
    Column("is_ready", Boolean, nullable=False),
    Column("is_in_sync", Boolean, nullable=False),  # whether its files and settings were those that Git has
    Column("detail", Text, nullable=False),
    Column("unreachable", Text, nullable=False),  # why it could not be asked; empty where it could
    Column("seen_at", Float, nullable=False),
    Column("seen_by", Text, nullable=False),
    PrimaryKeyConstraint("repository", "target"),
)

LASTING_FOR_ONE = (stored_object, model_number, oci_manifest, oci_blob, deployment)
"""The tables that a Studio of one person has, too, in a file of their own."""
