"""The annotation of one artifact."""

from typing import NamedTuple

from gto.core.event import Problem
from gto.core.names import ArtifactName


class Annotation(NamedTuple):
    """What one file of one commit says about one artifact."""

    name: ArtifactName
    """With the directory of its `dvc.yaml` before it: `models/eu:churn`; the root has none."""
    file: str
    """The annotating file's path in the repository: `models/eu/dvc.yaml`."""
    type: str | None = None
    path: str | None = None
    """From `dvc.yaml`: relative to the repository's root, unless it is a URL or absolute; else as written."""
    labels: tuple[str, ...] = ()
    description: str = ""
    custom: object = None
    """Whatever JSON can hold."""
    virtual: bool = True
    """False where the writer vouched that `path` is in the commit."""

    def as_dict(self) -> dict[str, object]:
        """Return the fields that are set, under the keys and in the order of `gto describe`."""
        unset: dict[str, object] = {
            "type": None,
            "path": None,
            "virtual": True,
            "labels": [],
            "description": "",
            "custom": None,
        }
        fields = self.as_enrichment()
        return {key: fields[key] for key, value in unset.items() if fields[key] != value}

    def model_dump(self, exclude_defaults: bool = False) -> dict[str, object]:  # noqa: FBT001, FBT002  published by 1.10
        """Return all fields that GTO 1.10 has, or those that are set."""
        return self.as_dict() if exclude_defaults else self.as_enrichment()

    def as_enrichment(self) -> dict[str, object]:
        """Return all fields, as GTO 1.10 prints them inside `enrichments`."""
        return {
            "type": self.type,
            "path": self.path,
            "virtual": self.virtual,
            "labels": list(self.labels),
            "description": self.description,
            "custom": self.custom,
        }


class Reading(NamedTuple):
    """What a file gave: its annotations in the order of the file, beside what was set aside."""

    annotations: tuple[Annotation, ...] = ()
    problems: tuple[Problem, ...] = ()

    def find(self, name: str) -> Annotation | None:
        """Return the annotation of an artifact; None where there is none."""
        return next((one for one in self.annotations if one.name == name), None)
