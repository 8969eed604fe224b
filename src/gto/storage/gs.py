"""DVC's options of a Google Cloud Storage remote, as obstore takes them."""

from __future__ import annotations

from os.path import expanduser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import GCSConfig

    from gto.storage.location import StoreAddress


def gs_config(where: StoreAddress) -> GCSConfig:
    """Return obstore's settings; what is not among them it takes from the environment and from gcloud's files."""
    found: GCSConfig = {}
    if endpoint := where.options.get("endpointurl"):
        found["base_url"] = endpoint
    if where.is_anonymous:
        found["skip_signature"] = True
    elif path := where.options.get("credentialpath"):
        found["application_credentials"] = expanduser(path)
    return found
