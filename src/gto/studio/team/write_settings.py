"""How Studio writes to the repositories of a team, as their admins chose, and the tokens that people keep for that."""

import time
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from gto.catalog.repositories import CatalogRepository
from gto.exceptions import UsageError
from gto.git.acting import Person
from gto.studio.proposals.forge_client import ForgeToken
from gto.studio.proposals.forge_site import ForgeSettings, find_repository, parse_host, web_of
from gto.studio.team.secrets_box import SecretsBox
from gto.studio.team.team_tables import forge_token, repository_setting
from gto.studio.visitor import Visitor
from gto.studio.write_access import WriteAccess, WriteMode

_LONGEST_SECRET, _LONGEST_NAME = 4000, 200


class RepositorySettings(NamedTuple):
    """What an admin says of a repository."""

    mode: WriteMode = WriteMode.OFF
    forge: str = ""
    """The kind of its forge, or `KIND,SITE`; empty for what its address tells."""
    unknown_mode: str = ""
    """A mode that this release does not know, which a later one kept: nothing is written then."""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"write_mode": self.mode.value, "forge": self.forge}


class KeptToken(NamedTuple):
    """What one may see again of a token for a forge."""

    site: str
    user_name: str
    created_at: float
    used_at: float | None


def settings_of(connection: Connection, place: CatalogRepository) -> RepositorySettings:
    """Return what an admin says of a repository; nothing is written to one of which nobody said anything.

    One that the catalogue has at another address by now is another one, whatever its name.
    """
    columns = select(repository_setting.c.write_mode, repository_setting.c.forge)
    same = (repository_setting.c.repository == place.name) & (repository_setting.c.address == place.address)
    row = connection.execute(columns.where(same)).first()
    if row is None:
        return RepositorySettings()
    if row.write_mode not in {one.value for one in WriteMode}:
        return RepositorySettings(WriteMode.OFF, row.forge, row.write_mode)
    return RepositorySettings(WriteMode(row.write_mode), row.forge)


def keep_settings(connection: Connection, place: CatalogRepository, wanted: RepositorySettings) -> None:
    """Keep what an admin says; UsageError where it cannot be of this repository."""
    forge = forge_settings(place, wanted.forge)
    if wanted.mode is WriteMode.OWN:
        _check_own(place, forge)
    values = {"write_mode": wanted.mode.value, "forge": wanted.forge, "address": place.address}
    mine = repository_setting.c.repository == place.name
    if not connection.execute(update(repository_setting).where(mine).values(values)).rowcount:
        connection.execute(insert(repository_setting).values(repository=place.name, **values))


def _check_own(place: CatalogRepository, forge: ForgeSettings) -> None:
    if not place.is_remote:
        hint = "list it by its URL to push as who asks; `server` writes into the directory"
        raise UsageError(f"'{place.name}' is a directory of this server: nobody pushes there with a token", hint)
    access = WriteAccess(WriteMode.OWN, None, place.address, is_remote=True, forge=forge)
    if not access.site:
        raise UsageError(f"'{place.address}' is no address that a token opens", "list it by https:// or SSH")
    is_http = place.address.startswith(("https://", "http://"))
    if not is_http and find_repository(place.address, forge) is None:
        raise UsageError(f"Nobody says which forge '{access.site}' is", "choose its kind: a token is for HTTP")


def forge_settings(place: CatalogRepository, forge: str) -> ForgeSettings:
    """Return how a repository's forge is found and asked."""
    if not forge:
        return ForgeSettings()
    host = web_of(place.address).partition("://")[2] if place.is_remote else ""
    if not host:
        raise UsageError(f"'{place.name}' is on no forge", "leave the kind to its address")
    return ForgeSettings(dict([parse_host(f"{host}={forge}")]))


def access_of(connection: Connection, visitor: Visitor, place: CatalogRepository) -> WriteAccess:
    """Return how a repository is written to for a visitor."""
    found = settings_of(connection, place)
    mode, forge = found.mode, found.forge
    try:
        settings = forge_settings(place, forge)
        if mode is WriteMode.OWN:
            _check_own(place, settings)
    except UsageError:  # the catalogue has another address by now
        mode, settings = WriteMode.OFF, ForgeSettings()
    person = Person(visitor.full_name, visitor.email)
    access = WriteAccess(mode, person, place.address, place.is_remote, forge=settings)
    if mode is WriteMode.OFF or visitor.id is None:
        return access
    return access._replace(has_token=_exists(connection, visitor.id, access.site))


def _exists(connection: Connection, person_id: int, site: str) -> bool:
    mine = (forge_token.c.person_id == person_id) & (forge_token.c.host == site)
    return bool(site) and connection.execute(select(forge_token.c.host).where(mine)).first() is not None


def kept_tokens(connection: Connection, person_id: int) -> list[KeptToken]:
    """Return the tokens that a person keeps, by site."""
    wanted = [forge_token.c[one] for one in ("host", "user_name", "created_at", "used_at")]
    query = select(*wanted).where(forge_token.c.person_id == person_id).order_by(forge_token.c.host)
    return [KeptToken(*row) for row in connection.execute(query)]


def keep_token(connection: Connection, box: SecretsBox, person_id: int, given: ForgeToken) -> None:
    """Keep a person's token for a forge, in place of the one that there was."""
    if len(given.token) > _LONGEST_SECRET or len(given.name) > _LONGEST_NAME:
        raise UsageError("This is no token: it is too long", "copy it anew")
    remove_token(connection, person_id, given.site)
    values = {"person_id": person_id, "host": given.site, "user_name": given.name, "created_at": time.time()}
    connection.execute(insert(forge_token).values(values | {"secret": box.encrypt(given.token)}))


def remove_token(connection: Connection, person_id: int, site: str) -> bool:
    """Remove a person's token for a forge; false where there is none."""
    mine = (forge_token.c.person_id == person_id) & (forge_token.c.host == site)
    return connection.execute(delete(forge_token).where(mine)).rowcount > 0


def use_token(connection: Connection, box: SecretsBox, person_id: int, site: str) -> ForgeToken | None:
    """Return a person's token for a forge, and note that it is used; None where there is none."""
    mine = (forge_token.c.person_id == person_id) & (forge_token.c.host == site)
    row = connection.execute(select(forge_token.c.secret, forge_token.c.user_name).where(mine)).first()
    if row is None:
        return None
    connection.execute(update(forge_token).where(mine).values(used_at=time.time()))
    return ForgeToken(site, box.decrypt(bytes(row.secret)), row.user_name)
