"""What SQLite and PostgreSQL call differently: the types of columns that mean the same on both."""

import sqlalchemy
from sqlalchemy.dialects import postgresql

Text = sqlalchemy.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Compared and sorted by its bytes, as Python and SQLite do it, whatever the language of the database."""

Integer = sqlalchemy.Integer().with_variant(postgresql.BIGINT(), "postgresql")
"""Of 64 bits: seconds after 2038, bytes of large files, counters."""
