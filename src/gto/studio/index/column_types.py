"""The types of columns that must mean the same in SQLite and in PostgreSQL."""

from sqlalchemy import BigInteger
from sqlalchemy import Integer as SqliteInteger
from sqlalchemy import Text as AnyText
from sqlalchemy.dialects.postgresql import TEXT

Text = AnyText().with_variant(TEXT(collation="C"), "postgresql")
"""Text in the order of its bytes, as SQLite sorts."""

Integer = BigInteger().with_variant(SqliteInteger(), "sqlite")
"""64 bits, which SQLite's have by themselves."""
