"""Whether two outputs of a model are the same, whatever they are."""

from collections.abc import Mapping, Sequence
from typing import Any


def same_output(one: Any, other: Any) -> bool:  # noqa: ANN401  whatever a model gives
    """Tell whether two outputs are equal to the last bit; missing numbers (NaN) are equal to each other."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same_output(one[key], other[key]) for key in one)
    if isinstance(one, Sequence) and not isinstance(one, str | bytes):
        return len(one) == len(other) and all(map(same_output, one, other))
    if hasattr(one, "equals"):  # pandas
        return bool(one.equals(other))
    if hasattr(one, "shape"):
        return _same_array(_dense(one), _dense(other))
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124  NaN alone is not itself


def _same_array(one: Any, other: Any) -> bool:  # noqa: ANN401  NumPy's
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    same = (one == other) | ((one != one) & (other != other))  # noqa: PLR0124  as above
    return bool(same.all())


def _dense(data: Any) -> Any:  # noqa: ANN401  scipy's, torch's, NumPy's
    if hasattr(data, "toarray"):
        return data.toarray()
    return data.detach().cpu().numpy() if hasattr(data, "detach") else data
