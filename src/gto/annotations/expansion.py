"""The members that `foreach` and `matrix` of a `dvc.yaml` give a stage: their keys, and the variables of each."""

from collections.abc import Iterator
from itertools import product

from gto.annotations.interpolation import Unresolved, to_text
from gto.annotations.variables import Variables


def foreach_members(data: object) -> Iterator[tuple[str, Variables]]:
    """Yield the key of each member, and the variables `item` and, for those of a mapping, `key`."""
    match data:
        case dict():
            for key, item in data.items():
                word = to_text(key)
                yield word, {"item": item, "key": word}
        case list():
            is_nested = any(isinstance(item, dict | list) for item in data)
            for place, item in enumerate(data):
                yield str(place) if is_nested else to_text(item), {"item": item}
        case _:
            raise Unresolved("'foreach' takes a list or a mapping")


def matrix_members(data: object) -> Iterator[tuple[str, Variables]]:
    """Yield the key of each combination, and the variables `item` and `key`."""
    if not isinstance(data, dict) or not all(isinstance(values, list) for values in data.values()):
        raise Unresolved("'matrix' takes a mapping of lists")
    axes = {to_text(name): list(enumerate(values)) for name, values in data.items()}
    for chosen in product(*axes.values()):
        words = [
            f"{axis}{place}" if isinstance(value, dict | list) else to_text(value)
            for axis, (place, value) in zip(axes, chosen, strict=True)
        ]
        item = {axis: value for axis, (_, value) in zip(axes, chosen, strict=True)}
        key = "-".join(words)
        yield key, {"item": item, "key": key}
