"""A model's files read in a process of their own, with limits on time, memory and bytes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

from gto.exceptions import UsageError
from gto.git.repo import Repo
from gto.inspect.facts import ModelFacts
from gto.inspect.model_file import ReadAt
from gto.storage.fetcher import is_here
from gto.storage.location import GitBlob, Located
from gto.storage.ranged import RangedFile, RangedFiles


class Limits(NamedTuple):
    """What the reading of one model may take."""

    seconds: int = 10
    """Of CPU."""
    memory: int = 1 << 29
    """Bytes of address space."""
    read: int = 1 << 40
    """Bytes that are read from where the files are; of remote files `REMOTE` sets less."""
    unpacked: int = 1 << 28
    """Bytes that come of unpacking."""


HERE = Limits()
REMOTE = HERE._replace(read=1 << 24)


class InputFile(NamedTuple):
    """A file that can be read at any place."""

    path: str
    """Relative to the model, with `/`."""
    size: int
    read_at: ReadAt


def read_model(
    name: str, files: Sequence[InputFile], limits: Limits = HERE, *, is_directory: bool = False
) -> ModelFacts:
    """Return what files say of the model in them, as far as the limits reach; `notes` say what was not read, and why.

    What reading the bytes raises is raised.
    """
    job = {
        "name": name,
        "files": [(one.path, one.size) for one in files],
        "is_directory": is_directory,
        **limits._asdict(),
    }
    with tempfile.TemporaryFile() as errors, _start(errors) as child:
        try:
            found = _converse(child, job, files)
        finally:
            child.kill()
        if found is not None:
            return ModelFacts.from_dict(found)
        child.wait()
        return ModelFacts(notes=[_cause(child.returncode, errors)])


def _start(errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-m", "gto.inspect.child"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603  our own module, and no argument of a stranger's


def _converse(
    child: "subprocess.Popen[bytes]", job: dict[str, Any], files: Sequence[InputFile]
) -> dict[str, Any] | None:
    """Answer the child's reads until it tells the facts; None where it ends without."""
    asked, told = child.stdin, child.stdout
    if asked is None or told is None:
        raise AssertionError("Popen was asked for two pipes")
    try:
        asked.write(json.dumps(job).encode() + b"\n")
        asked.flush()
        for line in told:
            message: dict[str, Any] = json.loads(line)
            if "facts" in message:
                facts: dict[str, Any] = message["facts"]
                return facts
            number, start, count = message["read"]
            data = files[number].read_at(start, count)
            asked.write(b"%d\n" % len(data) + data)
            asked.flush()
    except BrokenPipeError:
        return None
    return None


def _cause(code: int, errors: IO[bytes]) -> str:
    errors.seek(0)
    last = errors.read().decode(errors="replace").strip().rsplit("\n", 1)[-1]
    return (
        f"the process that read it ended with {code}: {last[:200]}"
        if last
        else f"the process that read it ended with {code}"
    )


_MOST_FILES = 10_000


def inspect_located(located: Located, repo: Repo | None = None) -> ModelFacts:
    """Return what the files of an artifact say of the model in them; `repo` has those that are blobs.

    Of files in ranges nobody can check a hash: the facts are of what the store answered.
    """
    with RangedFiles(located.contents, repo) as files:
        return inspect_opened(located, [files.open(one) for one in located.contents])


def inspect_opened(located: Located, files: Sequence[RangedFile]) -> ModelFacts:
    """Do as inspect_located(), of files that are opened, in the order of the contents."""
    if len(files) > _MOST_FILES:
        raise UsageError(f"'{located.name}' holds more than {_MOST_FILES:,} files", "name the directory of one model")
    contents = located.contents
    inputs = [
        InputFile(one.path or located.name, file.size(), file.read) for one, file in zip(contents, files, strict=True)
    ]
    is_near = all(is_here(one) or isinstance(one.sources[0], GitBlob) for one in contents)
    return read_model(located.name, inputs, HERE if is_near else REMOTE, is_directory=located.is_directory)
