"""What an adapter is told of its model: a version, a file, or a directory that was mounted with one file in it."""

import os

from gto.exceptions import NotFound
from gto.inspect.side_car import side_car_path
from gto.serve.runtime.bring_model import bring_model
from gto.serve.runtime.infer_request import GivenTensor
from gto.serve.runtime.served_model import LiveModel


def bring_from(place: str, repo: str = ".", *, trusted: bool = False) -> LiveModel:
    """Return the model of a selector, a file, or of the one file with a side-car in a directory."""
    return bring_model(model_file(place) if os.path.isdir(place) else place, repo, trusted=trusted).model


def model_file(directory: str) -> str:
    """Return the path of what has a side-car beside it in a directory; a directory that is itself a model is that."""
    if os.path.exists(side_car_path(directory)):
        return directory
    names = sorted(name for name in os.listdir(directory) if not name.startswith("."))
    found = [name for name in names if os.path.exists(side_car_path(os.path.join(directory, name)))]
    if len(found) != 1:
        if len(names) == 1:
            return os.path.join(directory, names[0])
        hint = "put a model and the file .model.yaml that GTO wrote beside it there"
        raise NotFound(f"'{directory}' holds {len(found)} models, and one was expected", hint)
    return os.path.join(directory, found[0])


def given_values(name: str, datatype: str, shape: list[int], values: list[object]) -> GivenTensor:
    """Return an input that another server read: its values as JSON has them, text that came as bytes too."""
    data = [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in values]
    return GivenTensor(name, datatype, list(shape), data)
