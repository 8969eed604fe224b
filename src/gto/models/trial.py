"""The process in the fresh environment: it loads the model, calls it, and says whether the outputs are the same."""

import json
import pickle
import sys
from typing import Any

from gto.models.outputs import same_output
from gto.models.writers import loader_of


def main(given: str) -> None:
    """Print what went wrong as JSON; an empty object where nothing did."""
    try:
        with open(given, "rb") as file:
            trial: dict[str, Any] = pickle.load(file)  # noqa: S301  what the parent wrote
        print(json.dumps(_try(trial)))  # noqa: T201  the answer to the parent
    except ModuleNotFoundError as error:
        missing = (error.name or str(error)).partition(".")[0]
        hint = f"add the package of '{missing}' to the requirements"
        print(json.dumps({"error": f"the package '{missing}' is needed, and not among the requirements", "hint": hint}))  # noqa: T201  as above


def _try(trial: dict[str, Any]) -> dict[str, str]:
    loader = loader_of(trial["file_format"], trial["framework"])
    if loader is None:
        return {"error": f"nothing loads {trial['file_format']} files"}
    model = loader.load(trial["path"], trial["file_format"], trusted=True)
    for method, expected in trial["outputs"].items():
        if not same_output(getattr(model, method)(trial["sample"]), expected):
            return {"error": f"{method}() gives other outputs for the sample"}
    return {}


if __name__ == "__main__":
    main(sys.argv[1])
