"""Whether a store, or an object of it, is one of those that a repository may read."""

import os
from collections.abc import Mapping

from gto.core.allowed_stores import OPTIONS, AllowedStores, check_key, parse_location
from gto.exceptions import StoreNotAllowed, UsageError
from gto.storage import urls


def check_allowed(allowed: AllowedStores | None, url: str, options: Mapping[str, str] = {}, key: str = "") -> None:
    """Raise StoreNotAllowed where a store, or an object of it, is none of those that are allowed; None allows all.

    Paths of this machine are judged where they lead: a link says nothing of what is behind it.
    """
    if allowed is None:
        return
    decisive = {name: value for name in OPTIONS if (value := options.get(name))}
    try:
        check_key(key)
        found = parse_location(url, options)
    except UsageError as error:
        raise StoreNotAllowed(urls.shown(url), allowed.groups, decisive, error.message) from error
    if found.scheme:
        is_allowed = allowed.holds(found)
    else:
        place = os.path.realpath(os.path.join(found.path, *filter(None, key.split("/"))))
        roots = [os.path.realpath(one.path) for one in allowed.locations if not one.scheme]
        is_allowed = any(place == root or place.startswith(os.path.join(root, "")) for root in roots)
    if not is_allowed:
        raise StoreNotAllowed(urls.shown(url), allowed.groups, decisive)
