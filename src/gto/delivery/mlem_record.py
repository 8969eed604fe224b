"""What MLEM recorded beside a model, for the side-car that takes its place."""

import os
from collections.abc import Mapping

from gto.delivery.locate import locate_address
from gto.dvc.dir_listing import hash_of as hash_of_listing
from gto.inspect.facts import Json, Method, ModelFacts
from gto.inspect.formats import mlem
from gto.inspect.reading import inspect_located
from gto.inspect.side_car import FileIdentity
from gto.storage.location import StoreAddress

_SUFFIX = ".mlem"


def recorded_by_mlem(path: str, identity: FileIdentity, read: ModelFacts) -> ModelFacts | None:
    """Return methods and requirements in the `.mlem` file beside a model, `PATH.mlem` or the same without its suffix.

    What was `read` from the model's own file counts before it. A note says where the `.mlem` file is of other bytes:
    the model may have been saved anew since, and its data be the same.
    """
    for place in dict.fromkeys((path + _SUFFIX, os.path.splitext(path)[0] + _SUFFIX)):
        if os.path.isfile(place):
            found = inspect_located(locate_address(StoreAddress(os.path.abspath(place), trusted=True)))
            if found.format == mlem.FORMAT:
                return _taken(found, os.path.basename(place), identity, read.methods)
    return None


def _taken(found: ModelFacts, name: str, identity: FileIdentity, known: Mapping[str, Method]) -> ModelFacts:
    methods = {
        key: Method(*(mine or its for mine, its in zip(known.get(key, Method()), method, strict=True)))
        for key, method in found.methods.items()
        if method != Method()
    }
    notes = [f"{name}: {note}" for note in found.notes if note != mlem.NO_VERDICT]
    if not _is_of(found.details.get("artifacts"), identity):
        notes.append(f"methods and requirements are those of {name}, which is of another version of the file")
    return ModelFacts(methods=methods, requirements=found.requirements, notes=notes)


def _is_of(artifacts: Json, identity: FileIdentity) -> bool:
    """Tell whether one of the files has the hash, or all of them together the hash of the directory."""
    listed = [one for one in artifacts if isinstance(one, dict)] if isinstance(artifacts, list) else []
    known = {str(one["uri"]).partition("/")[2]: str(one["hash"]) for one in listed}
    hashes = {*known.values(), hash_of_listing(list(known.items()))}
    return bool(identity.md5) and identity.md5 in hashes
