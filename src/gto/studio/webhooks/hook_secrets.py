"""The secrets of the webhooks that come in: one a repository, and the one before it for a day."""

import secrets
import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.team_tables import repository_setting

OVERLAP = 86400.0
"""Seconds that the secret before counts too, so that nothing is lost while the forge is told the new one."""
_BYTES = 32


class KnownSecrets(NamedTuple):
    """What is known of a repository's secrets, without them."""

    has_secret: bool
    until: float | None
    """Until when the one before counts; None where there is none."""


def make(connection: Connection, box: SecretsBox, repository: str) -> str:
    """Make a secret, and return it: nobody is shown it again. The one before counts for a day."""
    made = secrets.token_urlsafe(_BYTES)
    row = _row(connection, repository)
    values: dict[str, object] = {"hook_secret": box.encrypt(made)}
    if row is None:
        about = {"repository": repository, "write_mode": "off", "forge": ""}
        connection.execute(insert(repository_setting).values({**about, **values}))
        return made
    if row.hook_secret is not None:
        values |= {"hook_secret_before": row.hook_secret, "hook_secret_until": time.time() + OVERLAP}
    connection.execute(update(repository_setting).where(repository_setting.c.repository == repository).values(values))
    return made


def remove(connection: Connection, repository: str) -> None:
    """Have no secret count, so that no webhook is taken."""
    none = dict.fromkeys(("hook_secret", "hook_secret_before", "hook_secret_until"))
    connection.execute(update(repository_setting).where(repository_setting.c.repository == repository).values(none))


def read(connection: Connection, box: SecretsBox, repository: str) -> tuple[str, ...]:
    """Return the secrets that count now.

    Where there is none, one that nobody knows: whoever asks cannot tell by the answer, or by how long it takes, what
    there is.
    """
    row = _row(connection, repository)
    kept = [] if row is None else [row.hook_secret, row.hook_secret_before if _counts(row) else None]
    found = tuple(box.decrypt(one) for one in kept if one is not None)
    return found or (box.sign("no webhook", repository),)


def known(connection: Connection, repository: str) -> KnownSecrets:
    """Return what is known of a repository's secrets."""
    row = _row(connection, repository)
    if row is None:
        return KnownSecrets(has_secret=False, until=None)
    return KnownSecrets(row.hook_secret is not None, row.hook_secret_until if _counts(row) else None)


def _row(connection: Connection, repository: str) -> Row[Any] | None:
    same = repository_setting.c.repository == repository
    return connection.execute(select(repository_setting).where(same)).first()


def _counts(row: Row[Any]) -> bool:
    return row.hook_secret_before is not None and (row.hook_secret_until or 0.0) > time.time()
