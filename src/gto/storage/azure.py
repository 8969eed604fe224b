"""DVC's options of an Azure or Google Cloud Storage remote, as obstore takes them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from gto.exceptions import RemoteUnreachable
from gto.storage import urls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from obstore.store import AzureAccessKey, AzureConfig, AzureSASToken

    from gto.storage.location import StoreAddress

    Provider = Callable[[], AzureAccessKey | AzureSASToken]
    from collections.abc import Callable

    from obstore.store import GCSConfig, GCSCredential


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


def azure_config(where: StoreAddress) -> tuple[AzureConfig, Provider | None]:
    """Return obstore's settings, and what hands it a key or a signature; None where it needs neither.

    The remote's own options count before its connection string, and both before all that the environment has.
    """
    own = _with_connection(where.options, where.url)
    env = _with_connection(_of_environment(), where.url) if where.trusted else {}
    found: AzureConfig = {}
    if name := own.get("account_name") or env.get("account_name"):
        found["account_name"] = name
    else:
        hint = "`dvc remote modify NAME account_name ...`, or set AZURE_STORAGE_ACCOUNT"
        raise RemoteUnreachable(urls.shown(where.url), "nothing names the storage account", hint)
    if not _ACCOUNT_RE.fullmatch(name):
        hint = "see the remote's account_name: it is letters and digits"
        raise RemoteUnreachable(urls.shown(where.url), f"no storage account is called '{name}'", hint)
    is_own = bool(own.get("connection_string") or own.get("account_name"))
    found["endpoint"] = own.get("endpoint") or ("" if is_own else env.get("endpoint")) or f"https://{name}.{_DOMAIN}"
    if where.is_anonymous:
        found["skip_signature"] = True
        return found, None
    credentials = own if any(own.get(option) for option in _CREDENTIALS) else env
    return found | _of_program(own, env, credentials), _provider(credentials)


_DOMAIN = "blob.core.windows.net"
_CREDENTIALS = ("account_key", "sas_token", "client_secret")


def _of_environment() -> dict[str, str]:
    return {
        option: next((os.environ[name] for name in names if os.environ.get(name)), "")
        for option, names in _VARIABLES.items()
    }


def _with_connection(options: Mapping[str, str], url: str) -> dict[str, str]:
    """Return options, and beside them what their connection string says."""
    text = parse_connection(options.get("connection_string", ""), url)
    found = dict(options)
    for option, name in _NAMES.items():
        if not found.get(option) and text.get(name):
            found[option] = text[name]
    if suffix := text.get("EndpointSuffix"):
        usual = f"{text.get('DefaultEndpointsProtocol', 'https')}://{found.get('account_name', '')}.blob.{suffix}"
        found.setdefault("endpoint", usual)
    return found


_NAMES = {
    "account_name": "AccountName",
    "account_key": "AccountKey",
    "sas_token": "SharedAccessSignature",
    "endpoint": "BlobEndpoint",
}
"""What options are called in a connection string."""


def _of_program(own: Mapping[str, str], env: Mapping[str, str], credentials: Mapping[str, str]) -> AzureConfig:
    """Return the settings of a registered program that asks for tokens, where that is what counts."""
    if credentials.get("account_key") or credentials.get("sas_token") or not credentials.get("client_secret"):
        return {}
    return {
        "tenant_id": own.get("tenant_id") or env.get("tenant_id", ""),
        "client_id": own.get("client_id") or env.get("client_id", ""),
        "client_secret": credentials["client_secret"],
    }


def _provider(credentials: Mapping[str, str]) -> Provider | None:
    """Return what hands a key or a signature to obstore; as settings, those of the environment would come with them."""
    if key := credentials.get("account_key"):
        return lambda: {"access_key": key, "expires_at": None}
    if token := credentials.get("sas_token"):
        return lambda: {"sas_token": token.removeprefix("?"), "expires_at": None}
    return None


def parse_connection(text: str, url: str) -> Mapping[str, str]:
    """Take a connection string apart: `Name=value` pairs, separated by `;`."""
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        name, equals, value = part.partition("=")
        if not equals:
            hint = "it looks like DefaultEndpointsProtocol=https;AccountName=...;AccountKey=..."
            raise RemoteUnreachable(urls.shown(url), "its connection string cannot be read", hint)
        found[name.strip()] = value.strip()
    if urls.is_true(found.get("UseDevelopmentStorage")):
        found = {**_EMULATOR, **found}
    return found


def gs_config(where: StoreAddress) -> tuple[GCSConfig, Callable[[], GCSCredential] | None]:
    """Return obstore's settings, and what hands it tokens that it cannot get itself.

    What is not among them it takes from the environment and from gcloud's files.
    """
    found: GCSConfig = {}
    if endpoint := where.options.get("endpointurl"):
        found["base_url"] = endpoint
    if where.is_anonymous:
        found["skip_signature"] = True
        return found, _nothing  # or obstore would read the file of credentials that the environment names
    path = where.options.get("credentialpath") or os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    if not path:
        return found, None
    from gto.storage.gs_federation import federated

    place = os.path.expanduser(path)
    if provider := federated(place, where.url):
        return found, provider
    if where.options.get("credentialpath"):
        found["application_credentials"] = place
    return found, None


def _nothing() -> GCSCredential:
    return {"token": "", "expires_at": None}
