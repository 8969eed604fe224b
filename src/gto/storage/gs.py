"""DVC's options of a Google Cloud Storage remote, as obstore takes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from obstore.store import GCSConfig, GCSCredential

    from gto.storage.location import StoreAddress


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
