"""Whether a model says the same: by its outputs, and, in the process of a fresh environment, after loading it."""

import json
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gto.exceptions import ExtraMissing
from gto.models.writers import loader_of


def main(given: str) -> None:
    """Print what went wrong as JSON; an empty object where nothing did."""
    answer(_try, given)


def answer(tried: Callable[[str], Mapping[str, object]], given: str) -> None:
    """Print what a trial says as JSON, to the process that started this one; a package that is missing is named."""
    try:
        print(json.dumps(tried(given)))  # noqa: T201  the answer to the parent
    except (ModuleNotFoundError, ExtraMissing) as error:
        missing = error.package if isinstance(error, ExtraMissing) else (error.name or str(error)).partition(".")[0]
        hint = f"add the package of '{missing}' to the requirements"
        print(json.dumps({"error": f"the package '{missing}' is needed, and not among the requirements", "hint": hint}))  # noqa: T201  as above


def _try(given: str) -> dict[str, str]:
    with open(given, "rb") as file:
        trial: dict[str, Any] = pickle.load(file)  # noqa: S301  what the parent wrote
    loader = loader_of(trial["file_format"], trial["framework"])
    if loader is None:
        return {"error": f"nothing loads {trial['file_format']} files"}
    model = loader.load(trial["path"], trial["file_format"], trusted=True)
    method = first_difference(model, trial["sample"], trial["outputs"], trial["tolerance"])
    return {"error": f"{method}() gives other outputs for the sample"} if method else {}


def first_difference(model: Any, sample: Any, outputs: Mapping[str, Any], tolerance: float) -> str:  # noqa: ANN401  of any library
    """Return the first method that gives other outputs for the sample than these; empty where all give the same."""
    for method, expected in outputs.items():
        if not same_output(getattr(model, method)(sample), expected, tolerance):
            return method
    return ""


def same_output(one: Any, other: Any, tolerance: float = 0.0) -> bool:  # noqa: ANN401  whatever a model gives
    """Tell whether two outputs are equal, missing numbers (NaN) to each other too.

    With a tolerance numbers may be so far off, relative and absolute, and of another precision.
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_output(one[key], other[key], tolerance) for key in one)
    if _is_list(one) and _is_list(other):
        return len(one) == len(other) and all(same_output(*pair, tolerance) for pair in zip(one, other, strict=True))
    if hasattr(one, "equals"):  # pandas
        return bool(one.equals(other))
    if hasattr(one, "shape") and hasattr(other, "shape"):
        return _same_array(_dense(one), _dense(other), tolerance)
    return type(one) is type(other) and bool(one == other or (one != one and other != other))  # noqa: PLR0124  NaN is not itself


def _is_list(data: object) -> bool:
    return isinstance(data, Sequence) and not isinstance(data, str | bytes)


def _same_array(one: Any, other: Any, tolerance: float) -> bool:  # noqa: ANN401  NumPy's
    if one.shape != other.shape or not (tolerance or one.dtype == other.dtype):
        return False
    same = (one == other) | ((one != one) & (other != other))  # noqa: PLR0124  as above
    if tolerance and one.dtype.kind == "f":
        same |= abs(one - other) <= tolerance * (1 + abs(one))
    return bool(same.all())


def _dense(data: Any) -> Any:  # noqa: ANN401  scipy's, torch's, NumPy's
    if hasattr(data, "toarray"):
        return data.toarray()
    return data.detach().cpu().numpy() if hasattr(data, "detach") else data


if __name__ == "__main__":
    main(sys.argv[1])
