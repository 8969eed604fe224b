"""What a catalogue says of stores: which the repositories of a group may read in a team's Studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.catalog.entry import parse_name
from gto.core.allowed_stores import OPTIONS, AllowedStores, StoreLocation, parse_location
from gto.exceptions import BadFile, GTOException, UsageError
from gto.yamldoc.document import kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gto.yamldoc.document import Document

STORES = "stores"
EVERY_GROUP = "*"
"""Stands for all repositories, those of no group too."""

StoreLists = dict[str, tuple[StoreLocation, ...]]
"""Stores by group."""

_KEYS = ("url", *OPTIONS)
_FORM = "write it as `- s3://bucket/prefix`, or `- {url: s3://bucket, endpointurl: https://host}`"


def read_lists(document: Document) -> StoreLists | None:
    """Return the stores of each group; None where the catalogue says nothing of stores. BadFile where it is wrong."""
    value = document.value if isinstance(document.value, dict) else {}
    if STORES not in value:
        return None
    try:
        return _read(value[STORES])
    except GTOException as error:
        raise BadFile(document.file, error.message, document.line(STORES), error.hint) from None


def _read(value: object) -> StoreLists:
    groups = {} if value is None else value
    if not isinstance(groups, dict):
        raise UsageError(f"'{STORES}' must be a mapping of groups, not {kind(groups)}", "begin each with `group:`")
    found: StoreLists = {}
    for group, stores in groups.items():
        if not isinstance(group, str):
            raise UsageError(f"a group of '{STORES}' must be text, not {kind(group)}", "write it in quotes")
        if group != EVERY_GROUP:
            parse_name(group, "name of a group")
        if not isinstance(stores, list | None):
            raise UsageError(f"'{STORES}' of '{group}' must be a list, not {kind(stores)}", _FORM)
        found[group] = tuple(_read_store(one, group) for one in stores or ())
    return found


def _read_store(value: object, group: str) -> StoreLocation:
    told = {"url": value} if isinstance(value, str) else value
    if not isinstance(told, dict) or "url" not in told or not all(isinstance(one, str) for one in told.values()):
        raise UsageError(f"a store of '{group}' must be a URL, a path, or a mapping with `url`", _FORM)
    unknown = [str(key) for key in told if key not in _KEYS]
    if unknown:
        raise UsageError(f"unknown key '{unknown[0]}' in a store of '{group}'", f"the keys are {', '.join(_KEYS)}")
    try:
        return parse_location(told["url"], told)
    except UsageError as error:
        raise UsageError(f"the store '{told['url']}' of '{group}': {error.message}", error.hint) from None


def allowed_for(lists: Mapping[str, Sequence[StoreLocation]], groups: tuple[str, ...]) -> AllowedStores:
    """Return the stores that a repository of these groups may read."""
    return AllowedStores(groups, tuple(one for group in (*groups, EVERY_GROUP) for one in lists.get(group, ())))
