"""What is wrong with the names, datatypes, shapes and lengths of a request's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.exceptions import WrongData

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from gto.inspect.facts import Tensor
    from gto.serve.runtime.infer_request import GivenTensor

_MOST_NAMED = 10


def wrong_names(given: Collection[str], wanted: Mapping[str, object], what: str, where: str = "") -> WrongData:
    """Return what to say where names are missing, or not those that the model takes."""
    missing = [name for name in wanted if name not in given]
    names = list(wanted)
    rest = len(names) - _MOST_NAMED
    takes = "the model takes " + ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    if missing:
        return WrongData(f"the {what} '{missing[0]}' is missing{where}", takes)
    extra = next(name for name in given if name not in wanted)
    return WrongData(f"the model does not take the {what} '{extra[:100]}'{where}", takes)


def check_datatype(one: GivenTensor, tensor: Tensor, what: str) -> None:
    """Raise WrongData where an input is declared as another datatype."""
    if one.datatype != tensor.datatype:
        said = f"the {what} '{one.name}' is declared as {one.datatype}, and the model takes {tensor.datatype}"
        raise WrongData(said)


def check_shape(shape: Sequence[int], tensor: Tensor) -> None:
    """Raise WrongData where the shape is none that the tensor allows, or there are no rows."""
    wanted = tensor.shape
    if len(shape) != len(wanted) or any(want not in {-1, have} for have, want in zip(shape, wanted, strict=True)):
        said = f"the input '{tensor.name}' has the shape {list(shape)}, and the model takes {list(wanted)}"
        raise WrongData(said, "-1: any length")
    if shape:
        check_rows(shape[0])


def check_rows(count: int) -> None:
    """Raise WrongData where there are no rows."""
    if not count:
        raise WrongData("the request holds no rows")


def check_list(rows: object) -> None:
    """Raise WrongData where rows are no list, or an empty one."""
    if type(rows) is not list:
        raise WrongData("the rows are no list", 'as in {"rows": [{...}, {...}]}, or the list alone')
    check_rows(len(rows))


def check_widths(rows: list[Any], width: int) -> None:
    """Raise WrongData where a row is no list with a value for each column."""
    for place, row in enumerate(rows):
        if type(row) is not list or len(row) != width:
            raise WrongData(f"row {place + 1} is no list of {width} values, one for each column")


def wrong_lengths(given: Mapping[str, GivenTensor]) -> WrongData:
    """Return what to say where columns are not of one length."""
    first, *others = given.values()
    other = next(one for one in others if one.shape[0] != first.shape[0])
    said = f"the column '{other.name}' has {other.shape[0]} rows, and '{first.name}' has {first.shape[0]}"
    return WrongData(said)
