"""What MLflow's clients may ask to write that Git keeps otherwise: why it is refused, and what to do instead."""

from gto.exceptions import UsageError

_ANNOTATE = "edit the annotation of the artifact in artifacts.yaml or dvc.yaml"
_TAKE_BACK = "`gto deprecate NAME VERSION` takes a version back, `gto deprecate NAME` an artifact"
_KEPT = "What a tag of Git says is not changed"
_WRITE_FILES = "write what is to be known of a version into files of its commit"
REFUSED = {
    "registered-models/set-tag": ("Tags of a model are kept in Git", _ANNOTATE),
    "registered-models/delete-tag": ("Tags of a model are kept in Git", _ANNOTATE),
    "registered-models/update": ("The description of a model is kept in Git", _ANNOTATE),
    "registered-models/rename": ("A model is called as its tags in Git are", "register it anew under the other name"),
    "registered-models/delete": ("Nothing is deleted from Git's history", _TAKE_BACK),
    "model-versions/set-tag": (_KEPT, _WRITE_FILES),
    "model-versions/delete-tag": (_KEPT, _WRITE_FILES),
    "model-versions/update": (_KEPT, "the description of a version is the message that it was registered with"),
    "model-versions/delete": ("Nothing is deleted from Git's history", _TAKE_BACK),
    "artifacts": ("Files of versions are kept in Git, and not written here", "commit them, and register the commit"),
}
"""By the path of MLflow's REST."""


def nothing_to_make(name: str) -> UsageError:
    """Return why a model is not made that no annotation names."""
    hint = "add it to artifacts.yaml or dvc.yaml first, and push that"
    return UsageError(f"There is nothing to make of '{name}' but an annotation", hint)


def kept_in_git(name: str) -> UsageError:
    """Return why a model is not made with a description or tags of its own."""
    return UsageError("Description and tags of a model are kept in Git", f"edit the annotation of '{name}'")
