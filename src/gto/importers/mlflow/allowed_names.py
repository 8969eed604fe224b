"""What models, stages and directories of MLflow's are called here: the same names in, the same names out."""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

from gto.core.names import is_plain

RESERVED = frozenset({"latest", "main", "head"})
"""Words that clients take for the highest version, and so no names of stages."""

_OTHER_RE = re.compile(r"[^a-zA-Z0-9_/-]+")
_LONGEST = 100  # characters


def allowed_name(text: str) -> str | None:
    """Return the name nearest to a text that GTO allows; None where nothing of it is left."""
    if is_plain(text):
        return text
    name = re.sub(r"/{2,}", "/", _OTHER_RE.sub("-", text))[:_LONGEST]
    name = re.sub(r"^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$", "", name)
    return name if is_plain(name) else None


def name_models(models: Iterable[str], known: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the artifact of each model: chosen by the user, known from an import before, or made of its name.

    Where two would be called the same, or their directories would, the one whose name GTO does not allow as it is
    gets a digest of it at its end.
    """
    named = {model: chosen.get(model) or known.get(model) for model in models}
    given = {model: name for model, name in named.items() if name}
    taken = {folder_of(name) for name in (*given.values(), *known.values())}
    left = sorted(
        (model for model in named if model not in given), key=lambda model: (allowed_name(model) != model, model)
    )
    for model in left:
        name = allowed_name(model) or "model"
        if folder_of(name) in taken or allowed_name(model) is None:
            name = f"{name}-{sha256(model.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
        taken.add(folder_of(name))
        given[model] = name
    return given


def folder_of(artifact: str) -> str:
    """Return the name of an artifact's directory: one for each, none in another's."""
    return artifact.replace("/", "__").replace(":", "__")
