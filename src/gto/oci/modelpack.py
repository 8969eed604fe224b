"""A version as the CNCF's ModelPack has it: one raw layer a file, so that a blob is the file itself.

Source: https://github.com/modelpack/model-spec, its `config-schema.json` and its annotations.
"""

import posixpath
from collections.abc import Mapping, Sequence

from gto.oci.artifact import (
    BlobPlan,
    Descriptor,
    PackedFile,
    PlannedArtifact,
    VersionAbout,
    canonical,
    check_files,
    plan_artifact,
)

ARTIFACT = "application/vnd.cncf.model.manifest.v1+json"
CONFIG = "application/vnd.cncf.model.config.v1+json"
_LAYER = "application/vnd.cncf.model.{kind}.v1.raw"
_FILE_PATH = "org.cncf.model.filepath"
_FILE_METADATA = "org.cncf.model.file.metadata+json"
_TITLE = "org.opencontainers.image.title"  # by which oras names the file that it writes
_EPOCH = "1970-01-01T00:00:00Z"
_REGULAR = 48  # the character 0, as tar marks a file

_CODE = frozenset(("py", "ipynb", "sh", "r", "jl", "java", "js", "ts", "c", "cc", "cpp", "cu", "h", "rs", "go", "lua"))
_CONFIGS = frozenset(("json", "yaml", "yml", "toml", "ini", "cfg", "conf", "xml", "txt", "proto", "vocab", "jinja"))
_DATA = frozenset(("csv", "tsv", "parquet", "arrow", "feather", "jsonl", "ndjson"))
_DOCS = frozenset(("md", "rst", "pdf", "html", "adoc", "tex", "png", "jpg", "jpeg", "svg", "gif"))
_DOC_NAMES = frozenset(("readme", "license", "licence", "notice", "copying", "authors", "changelog"))


def plan_modelpack(files: Sequence[PackedFile], digests: Mapping[str, str], about: VersionAbout) -> PlannedArtifact:
    """Return the artifact of a version's files; `digests` has the hexadecimal SHA-256 of each by its path."""
    check_files(files)
    ordered = sorted(files, key=lambda one: one.path)
    alone = len(ordered) == 1
    layers = [(_descriptor(one, digests[one.path], about, alone=alone), BlobPlan((one,))) for one in ordered]
    config = canonical(_config(about, [layer.digest for layer, _ in layers]))
    return plan_artifact((CONFIG, config), layers, about.annotations(), ARTIFACT)


def _descriptor(file: PackedFile, sha256: str, about: VersionAbout, *, alone: bool) -> Descriptor:
    metadata = {
        "name": posixpath.basename(file.path),
        "mode": file.mode,
        "uid": 0,
        "gid": 0,
        "size": file.size,
        "mtime": _EPOCH,
        "typeflag": _REGULAR,
    }
    annotations = {
        _FILE_PATH: file.path,
        _TITLE: file.path,
        _FILE_METADATA: canonical(metadata).decode(),
    }
    kind = "dataset" if about.is_data else "weight" if alone else kind_of_file(file.path)
    return Descriptor(_LAYER.format(kind=kind), f"sha256:{sha256}", file.size, annotations)


def kind_of_file(path: str) -> str:
    """Return what a file of a model is, by its name: what nothing else is known of are weights."""
    stem, _, ending = posixpath.basename(path).lower().rpartition(".")
    if (stem or ending) in _DOC_NAMES or ending in _DOCS:
        return "doc"
    kinds = (("code", _CODE), ("weight.config", _CONFIGS), ("dataset", _DATA))
    return next((kind for kind, endings in kinds if ending in endings), "weight")


def _config(about: VersionAbout, digests: Sequence[str]) -> dict[str, object]:
    """Return the configuration; its schema allows no other keys."""
    known: dict[str, object] = {
        "name": about.name,
        "version": about.version,
        "revision": about.commit,
        "createdAt": about.created,
        "authors": list(about.authors),
        "description": about.description,
        "licenses": list(about.licenses),
    }
    technical = {
        "format": about.format,
        "paramSize": about.param_size,
        "precision": about.precision,
        "quantization": about.quantization,
        "architecture": about.architecture,
    }
    return {
        "descriptor": {key: value for key, value in known.items() if value},
        "config": {key: value for key, value in technical.items() if value},
        "modelfs": {"type": "layers", "diffIds": list(digests)},
    }
