"""What a person does with `huggingface_hub`, newest or old; prints what came of it as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import huggingface_hub  # type: ignore[import-not-found]  # in that environment
from huggingface_hub import HfApi, hf_hub_download, snapshot_download, utils

if TYPE_CHECKING:
    from collections.abc import Callable


def files(place: str) -> dict[str, str]:
    """The files of a directory, and their MD5."""
    found = {}
    for one in Path(place).rglob("*"):
        if one.is_file() and not {".cache", ".huggingface"} & set(one.parts):
            found[str(one.relative_to(place))] = digest(one)
    return found


def digest(path: Path) -> str:
    """The MD5 of a file."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def error(work: Callable[[], object]) -> str:
    """The class of what is raised."""
    try:
        work()
    except Exception as raised:  # noqa: BLE001  each release has classes of its own
        return type(raised).__name__
    return ""


def main(place: str) -> dict[str, object]:
    """Do it."""
    api = HfApi()
    info = api.model_info("team/plain", revision="prod")
    version = os.environ["TAG"]
    before = api.create_tag("team/plain", tag=version, revision=os.environ["NEW"], tag_message="by the Hub's client")
    api.create_tag("team/plain", tag="staging", revision=version)
    again = error(lambda: api.create_tag("team/plain", tag="staging", revision=version))
    api.create_tag("team/plain", tag="staging", revision=version, exist_ok=True)
    refs = api.list_repo_refs("team/plain")
    tree = {one.path: getattr(one, "size", None) for one in api.list_repo_tree("team/data", recursive=True)}
    return {
        "version": huggingface_hub.__version__,
        "who": api.whoami()["name"],
        "info": [info.id, info.sha, sorted(one.rfilename for one in info.siblings or ())],
        "tree": tree,
        "paths": [one.path for one in api.get_paths_info("team/data", ["a.csv", "no"], repo_type="dataset")],
        "there": [
            api.file_exists("team/data", "a.csv"),
            api.file_exists("team/data", "no"),
            api.repo_exists("team/no"),
        ],
        "tagged": [before, again, sorted(one.name for one in refs.branches), sorted(one.name for one in refs.tags)],
        "commits": [one.title for one in api.list_repo_commits("team/plain")],
        "models": sorted(one.id for one in api.list_models(search="plain")),
        "datasets": sorted(one.id for one in api.list_datasets(author="team")),
        "snapshot": files(snapshot_download("team/plain", revision="prod", cache_dir=f"{place}/cache")),
        "cached": files(snapshot_download("team/data", cache_dir=f"{place}/cache", repo_type="dataset")),
        "local": files(snapshot_download("team/data", local_dir=f"{place}/local")),
        "stage": files(snapshot_download("team/plain", revision="eu/prod", local_dir=f"{place}/stage")),
        "one": digest(Path(hf_hub_download("team/single", "model.bin", cache_dir=f"{place}/cache"))),
        "errors": [
            error(lambda: hf_hub_download("team/plain", "none", cache_dir=f"{place}/cache")),
            error(lambda: snapshot_download("team/plain", revision="none", cache_dir=f"{place}/cache")),
            error(lambda: snapshot_download("team/none", cache_dir=f"{place}/cache")),
        ],
    }


if __name__ == "__main__":
    utils.disable_progress_bars()
    sys.stdout.write(json.dumps(main(sys.argv[1])))
