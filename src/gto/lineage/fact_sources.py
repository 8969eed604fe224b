"""The facts of models that no side-car tells, read from the file of a single version where that may be one."""

from collections.abc import Callable
from typing import NamedTuple

from gto.annotations.model_facts import KnownModel
from gto.core.event import Problem
from gto.dvc.checkout import UNREADABLE
from gto.dvc.output_contents import DataReach
from gto.dvc.project import Tracked
from gto.exceptions import GTOException
from gto.inspect.facts import ModelFacts
from gto.lineage.collect import CollectedFacts

FileReader = Callable[[str, Tracked], ModelFacts | None]
"""Returns what the file says that is kept somewhere in a commit; None for no model, and for one that is not at hand."""

_MODEL = "model"
_ENDS = (
    ".bst", ".cbm", ".ckpt", ".gguf", ".h5", ".joblib", ".keras", ".onnx", ".pickle", ".pkl", ".pt", ".pt2", ".pth",
    ".safetensors", ".skops", ".ubj",
)  # fmt: skip
_OF_DIRECTORIES = (".bin", "mlmodel", "saved_model.pb")
"""How the files end that make a directory one of Hugging Face's, MLflow's or TensorFlow's."""


class FactSources(NamedTuple):
    """Where is looked for what the commit itself does not hold."""

    data: DataReach | None = None
    """For metrics, parameters and plots; None for DVC's cache on this machine alone."""
    model: FileReader | None = None
    """For the model; None where its side-car alone tells of it."""


def with_file_facts(known: CollectedFacts, read: FileReader | None) -> CollectedFacts:
    """Return the same with what the model's file says, where no side-car tells of what may be a model."""
    lineage = known.lineage
    if read is None or known.model is not None or lineage is None or not _may_be_model(known, lineage.datum.path):
        return known
    try:
        facts = read(known.point.commit, lineage.tracked)
    except GTOException as error:
        problem = Problem(UNREADABLE, lineage.datum.path, error.message, error.hint or "")
        return known._replace(problems=(*known.problems, problem))
    return known if facts is None else known._replace(model=KnownModel(facts))


def _may_be_model(known: CollectedFacts, path: str) -> bool:
    if known.files and known.files != (path,):  # a directory in Git
        return any(file.lower().endswith((*_ENDS, *_OF_DIRECTORIES)) for file in known.files)
    return (known.annotation is not None and known.annotation.type == _MODEL) or path.lower().endswith(_ENDS)
