"""Values checked by the JSON Schemas that GTO records: `type`, `properties`, `required` and `items`."""

from collections.abc import Mapping
from typing import Any

from gto.exceptions import WrongData

_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def check(value: Any, schema: Any, place: str = "") -> None:  # noqa: ANN401  whatever JSON holds
    """Raise WrongData for the first value that is not as the schema says; other words of a schema are not judged.

    What is no schema, as a side-car may have it, asks for nothing.
    """
    words: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    where = f"the value at '{place}'" if place else "the value"
    wanted = words.get("type")
    names = [one for one in (wanted if isinstance(wanted, list) else [wanted]) if isinstance(one, str)]
    if names and not any(type(value) in _TYPES.get(name, ()) for name in names):
        raise WrongData(f"{where} is of another type than the model takes: {' or '.join(names)}")
    if type(value) is dict:
        _check_object(value, words, place, where)
    if type(value) is list and "items" in words:
        for number, one in enumerate(value):
            check(one, words["items"], f"{place}[{number}]")


def _check_object(value: Mapping[str, Any], schema: Mapping[str, Any], place: str, where: str) -> None:
    required, known = schema.get("required"), schema.get("properties")
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    missing = [name for name in names if name not in value]
    if missing:
        raise WrongData(f"{where} lacks '{missing[0]}'")
    if not isinstance(known, Mapping) or not known:
        return
    for name, one in value.items():
        if name not in known:
            raise WrongData(f"{where} has '{name[:100]}', which the model does not take")
        check(one, known[name], f"{place}.{name}".lstrip("."))
