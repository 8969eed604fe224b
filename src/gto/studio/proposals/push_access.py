"""The right to push of a token's owner: to one address, with the forge's way of saying it, or why not."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from gto.exceptions import GTOException, PushRejected, UsageError
from gto.git.acting import Person, PushCredential, as_person
from gto.git.remote import parse
from gto.studio.proposals.forge_api import ForgeRefused, client_of, said
from gto.studio.proposals.forge_client import ForgeClient, ForgeToken
from gto.studio.proposals.forge_probe import find_or_probe
from gto.studio.proposals.forge_site import ForgeSettings, find_repository, web_of

_UNKNOWN = ForgeSettings()
_SITE_RE = re.compile(r"https?://[a-z0-9._-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
_TOKEN_RE = re.compile("[!-~]+")
# What git says where a server lets nobody push with these credentials.
_NO_ENTRY = ("Authentication failed", "could not read Username", "could not read Password", "error: 401", "error: 403")
_MOVED_RE = re.compile("error: 30[1278]")
_LACKING_RE = re.compile("repository '[^']*' not found|error: 404")


@contextmanager
def pushing(address: str, person: Person, token: ForgeToken, settings: ForgeSettings = _UNKNOWN) -> Iterator[None]:
    """Have git write as a person inside, and push to a repository with their token; ForgeRefused where it may not."""
    where = find_or_probe(address, settings)
    client = client_of(where) if where else None
    try:
        credential = credential_of(address, client, token)
    except UsageError as error:
        raise ForgeRefused(error.message, error.hint) from error
    with as_person(person, credential):
        try:
            yield
        except PushRejected as error:
            raise explain_push(error, client, token) from error


def token_site(address: str, settings: ForgeSettings = _UNKNOWN) -> str:
    """Return for which site a repository wants a token, as https://host; empty where it has none."""
    where = find_repository(address, settings)
    return _origin(where.site if where else web_of(address))


def credential_of(address: str, client: ForgeClient | None, token: ForgeToken | None) -> PushCredential | None:
    """Return with what, and to which address, the owner of a token pushes to a repository; None without a token."""
    if token is None:
        return None
    site = client.repo.site if client else web_of(address)
    check_token(token)
    if not site or _origin(token.site) != _origin(site):
        where = _origin(site) or address
        raise UsageError(f"The token is for '{token.site}', and the repository is on '{where}'", f"give one of {where}")
    if client is not None:
        return PushCredential(client.repo.push_url, *client.login(token))
    if not address.startswith(("https://", "http://")):
        raise UsageError(f"Nobody says which forge '{site}' is", "an administrator can: HOST=KIND; a token is for HTTP")
    return PushCredential(parse(address).url, token.name or "token", token.token)


def check_token(token: ForgeToken) -> None:
    """Raise UsageError for what can be no token."""
    if not _TOKEN_RE.fullmatch(token.token) or not token.name.isprintable():
        raise UsageError("This is no token: it is empty, or holds blanks or characters that none has", "copy it anew")


def parse_site(text: str) -> str:
    """Return the site of a forge, whose address somebody gives, as https://host; UsageError where it is none."""
    site = _origin(text if "://" in text else f"https://{text}")
    if not _SITE_RE.fullmatch(site):
        raise UsageError(f"'{text}' is no address of a forge", "it looks like https://github.com")
    return site


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL, in one spelling."""
    start, _, rest = url.strip().lower().partition("://")
    host = rest.partition("/")[0]
    return f"{start}://{host.removesuffix(':443' if start == 'https' else ':80')}" if host else ""


def explain_push(error: PushRejected, client: ForgeClient | None, token: ForgeToken | None) -> GTOException:
    """Say in plain words why a branch could not be pushed."""
    if token is None:
        return error
    name = client.name if client else token.site
    told = [line.removeprefix("remote: ") for line in error.stderr.splitlines() if line.startswith("remote: ")]
    why = f": {said(' '.join(told))}" if told else ""
    wants = f": {client.scope}" if client else ""
    if any(words in error.stderr for words in _NO_ENTRY):
        return ForgeRefused(f"{name} lets nobody push with this token{why}", f"give a token that may write{wants}")
    if _LACKING_RE.search(error.stderr):
        hint = f"may its owner see the repository? Else give a token that may write{wants}"
        return ForgeRefused(f"{name} shows no such repository to this token{why}", hint)
    if _MOVED_RE.search(error.stderr):
        hint = "mend the address in the catalogue: no token is sent where an answer leads"
        return ForgeRefused(f"{name} says that the repository was moved", hint)
    return error
