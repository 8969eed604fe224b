"""Files of the work tree that GTO reads, read before they are committed: annotations, settings, the policy."""

import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from gto.annotations.annotation import ReadAnnotations, find_conflicts
from gto.annotations.artifacts_yaml import read_artifacts_yaml
from gto.annotations.dvc_yaml import read_dvc_yaml
from gto.annotations.entry_reader import file_problem
from gto.core.event import Problem
from gto.exceptions import BadFile, UsageError
from gto.git.commit_files import Files
from gto.git.object_cache import Read
from gto.policy_file import FILE as POLICY_FILE
from gto.policy_file import read_policy
from gto.registry.registry import Registry
from gto.registry_config import FILE as CONFIG_FILE
from gto.registry_config import Config, read_config

_HINT = f"it reads artifacts.yaml and dvc.yaml, and at the top of the repository {CONFIG_FILE} and {POLICY_FILE}"


class _Desk(NamedTuple):
    """What a file is judged by: the files beside it, and the configuration as far as it can be read."""

    read: Read
    config: Config


def proofread(registry: Registry, paths: Iterable[str]) -> list[Problem]:
    """Return what is wrong with files of the work tree, named by paths from here.

    UsageError for a file that GTO does not read, and where there is no work tree.
    """
    top = registry.repo.top
    if top is None:
        raise UsageError("A bare repository has no files to check", "check them in a clone: `gto check --files FILE`")
    read = partial(Files(registry.repo).read, None)
    desk = _Desk(read, _config(read))
    names = [os.path.relpath(os.path.realpath(path), top).replace(os.sep, "/") for path in paths]
    return [problem for name in names for problem in _problems(desk, name)]


def _config(read: Read) -> Config:
    try:
        return read_config(read(CONFIG_FILE), CONFIG_FILE, {})
    except BadFile:
        return Config()  # a finding about that file alone


def _problems(desk: _Desk, file: str) -> Iterator[Problem]:
    name = file.rpartition("/")[2]
    is_older = name in {"artifacts.yaml", desk.config.index_file}
    if name != "dvc.yaml" and not is_older and file not in {CONFIG_FILE, POLICY_FILE}:
        raise UsageError(f"GTO does not read '{file}'", _HINT)
    try:
        data = desk.read(file)
    except BadFile as error:
        yield file_problem(error)
        return
    if data is None:
        yield Problem("file-missing", file, "there is no such file in the work tree")
    elif name == "dvc.yaml":
        yield from _of_annotations(read_dvc_yaml(data, file, desk.read), desk.config)
    elif is_older:
        yield from _of_annotations(read_artifacts_yaml(data, file), desk.config)
    else:
        yield from _of_settings(data, file, desk.config)


def _of_settings(data: bytes, file: str, config: Config) -> Iterator[Problem]:
    try:
        if file == CONFIG_FILE:
            read_config(data, file, {})
        else:
            read_policy(data, file, config.stages)
    except BadFile as error:
        yield file_problem(error)._replace(code="config-wrong")


def _of_annotations(reading: ReadAnnotations, config: Config) -> Iterator[Problem]:
    yield from reading.problems
    yield from find_conflicts(reading.annotations)
    for one in reading.annotations:
        if config.types is not None and one.type is not None and one.type not in config.types:
            reason = f"'{one.name}' is of type '{one.type}', which the configuration does not list"
            yield Problem("type-not-allowed", one.file, reason, "see `types` in .gto", one.name)
