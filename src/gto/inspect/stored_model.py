"""A model where it is kept: on this machine, in Git, behind Git LFS, in a store; only what is needed is fetched."""

from gto.exceptions import UsageError
from gto.git.repo import Repo
from gto.inspect.facts import ModelFacts
from gto.inspect.reading import HERE, REMOTE, InputFile, read_model
from gto.storage.fetcher import is_here
from gto.storage.location import GitBlob, Located
from gto.storage.ranged import RangedFiles

_MOST_FILES = 10_000


def inspect_located(located: Located, repo: Repo | None = None) -> ModelFacts:
    """Return what the files of an artifact say of the model in them; `repo` has those that are blobs.

    Of files in ranges nobody can check a hash: the facts are of what the store answered.
    """
    if len(located.contents) > _MOST_FILES:
        raise UsageError(f"'{located.name}' holds more than {_MOST_FILES:,} files", "name the directory of one model")
    with RangedFiles(located.contents, repo) as files:
        inputs = []
        for content in located.contents:
            file = files.open(content)
            inputs.append(InputFile(content.path or located.name, file.size(), file.read))
        limits = (
            HERE if all(is_here(one) or isinstance(one.sources[0], GitBlob) for one in located.contents) else REMOTE
        )
        return read_model(located.name, inputs, limits, is_directory=located.is_directory)
