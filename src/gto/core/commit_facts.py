"""The facts of a commit that tables and JSON show."""

from datetime import datetime
from typing import NamedTuple


class Commit(NamedTuple):
    """A commit: who wrote it, when, and what about."""

    oid: str
    author: str
    author_email: str
    committer: str
    committer_email: str
    created_at: datetime
    """The committer's time."""
    message: str
