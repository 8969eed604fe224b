"""DVC's options of an Azure remote, as obstore takes them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from gto.exceptions import RemoteUnreachable
from gto.storage import address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obstore.store import AzureConfig

    from gto.storage.location import StoreAddress

_VARIABLES = {
    "connection_string": ("AZURE_STORAGE_CONNECTION_STRING",),
    "account_name": ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"),
    "account_key": ("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"),
    "sas_token": ("AZURE_STORAGE_SAS_TOKEN",),
    "tenant_id": ("AZURE_TENANT_ID", "AZURE_STORAGE_TENANT_ID"),
    "client_id": ("AZURE_CLIENT_ID", "AZURE_STORAGE_CLIENT_ID"),
    "client_secret": ("AZURE_CLIENT_SECRET", "AZURE_STORAGE_CLIENT_SECRET"),
}
"""DVC's options, and the variables that stand for them."""
# The name becomes a part of the host: `example.com/?` would lead elsewhere, and credentials with it.
_ACCOUNT_RE = re.compile(r"[A-Za-z0-9_-]+")
# The account of Microsoft's emulator; its key is published, and the same everywhere.
_EMULATOR = {
    "AccountName": "devstoreaccount1",
    "AccountKey": "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    "BlobEndpoint": "http://127.0.0.1:10000/devstoreaccount1",
}


def azure_config(where: StoreAddress) -> AzureConfig:
    """Return obstore's settings, of the options and, where the user's own configuration leads there, the environment.

    An option of the remote counts before a connection string, and both before the environment.
    """
    options = dict(where.options)
    if where.trusted:
        for option, variables in _VARIABLES.items():
            options.setdefault(option, next((os.environ[name] for name in variables if os.environ.get(name)), ""))
    text = parse_connection(options.get("connection_string", ""), where.url)
    found: AzureConfig = {}
    if name := where.options.get("account_name") or text.get("AccountName") or options.get("account_name"):
        found["account_name"] = name
    else:
        hint = "`dvc remote modify NAME account_name ...`, or set AZURE_STORAGE_ACCOUNT"
        raise RemoteUnreachable(address.shown(where.url), "nothing names the storage account", hint)
    if not _ACCOUNT_RE.fullmatch(name):
        hint = "see the remote's account_name: it is letters and digits"
        raise RemoteUnreachable(address.shown(where.url), f"no storage account is called '{name}'", hint)
    if endpoint := text.get("BlobEndpoint") or _endpoint(text, name):
        found["endpoint"] = endpoint
    if where.is_anonymous:
        found["skip_signature"] = True
        return found
    if key := where.options.get("account_key") or text.get("AccountKey") or options.get("account_key"):
        found["account_key"] = key
    elif token := where.options.get("sas_token") or text.get("SharedAccessSignature") or options.get("sas_token"):
        found["sas_key"] = token.removeprefix("?")
    elif options.get("client_secret"):
        found["tenant_id"] = options.get("tenant_id", "")
        found["client_id"] = options.get("client_id", "")
        found["client_secret"] = options["client_secret"]
    return found


def parse_connection(text: str, url: str) -> Mapping[str, str]:
    """Take a connection string apart: `Name=value` pairs, separated by `;`."""
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        name, equals, value = part.partition("=")
        if not equals:
            hint = "it looks like DefaultEndpointsProtocol=https;AccountName=...;AccountKey=..."
            raise RemoteUnreachable(address.shown(url), "its connection string cannot be read", hint)
        found[name.strip()] = value.strip()
    if address.is_true(found.get("UseDevelopmentStorage")):
        found = {**_EMULATOR, **found}
    return found


def _endpoint(text: Mapping[str, str], name: str) -> str:
    suffix = text.get("EndpointSuffix", "")
    return f"{text.get('DefaultEndpointsProtocol', 'https')}://{name}.blob.{suffix}" if suffix else ""
