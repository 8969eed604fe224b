"""Files that are the same each time they are written: without dates, addresses, and the order of a hash table."""

import io
import json
import os
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that ZIP knows


def write_members(path: str, members: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> None:
    """Write an archive whose members stand in the order given, and bear no date."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, _DATE)
            member.compress_type = packing
            archive.writestr(member, data)


def skops_members(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive of skops without what differs each time: addresses, by which it names objects.

    They are counted in the order of the schema.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    ids: dict[int, int] = {}
    names: dict[str, str] = {}
    schema = _renumbered(json.loads(members.pop("schema.json")), ids, names)
    return {**{new: members[old] for old, new in names.items()}, "schema.json": json.dumps(schema, indent=2).encode()}


def keras_members(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive of Keras without the date, and with the addresses that it has in it counted."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    metadata.pop("date_saved", None)
    ids: dict[int, int] = {}
    config = json.loads(members["config.json"], object_hook=lambda node: _with_counted(node, "shared_object_id", ids))
    return {**members, "metadata.json": json.dumps(metadata).encode(), "config.json": json.dumps(config).encode()}


def _with_counted(node: dict[str, Any], key: str, ids: dict[int, int]) -> dict[str, Any]:
    return {**node, key: ids.setdefault(node[key], len(ids))} if key in node else node


def _renumbered(node: Any, ids: dict[int, int], names: dict[str, str]) -> Any:  # noqa: ANN401  JSON
    if isinstance(node, Mapping):
        if "__id__" in node:
            ids.setdefault(node["__id__"], len(ids))
        return {key: _value(key, value, ids, names) for key, value in node.items()}
    return [_renumbered(one, ids, names) for one in node] if isinstance(node, list) else node


def _value(key: str, value: Any, ids: dict[int, int], names: dict[str, str]) -> Any:  # noqa: ANN401  JSON
    if key == "__id__":
        return ids[value]
    if key == "file" and isinstance(value, str):
        return names.setdefault(value, f"{len(names)}.{value.rpartition('.')[2]}")
    return _renumbered(value, ids, names)


def sort_header(path: str) -> None:
    """Write the header with its keys in order: the library writes those of the metadata as they come."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header: Mapping[str, Any] = json.loads(file.read(length))
        text = json.dumps(_sorted(header), separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (length - len(text))
        if len(text) != length:
            raise ValueError("the header of safetensors cannot be written anew")
    with open(path, "r+b") as file:
        file.seek(8)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sorted(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return the header with the metadata in order; the tensors stand in the order of their bytes already."""
    metadata = header.get("__metadata__")
    return {**header, **({"__metadata__": dict(sorted(metadata.items()))} if metadata else {})}
