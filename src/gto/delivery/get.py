"""An artifact's files, brought to disk or listed."""

import hashlib
import json
import os
import sys
from typing import NamedTuple

from gto.core.names import POLICY_FILE
from gto.delivery.locate import locate
from gto.dvc.dvc_config import RepositoryTrust
from gto.exceptions import UnsafePath, UsageError
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget, resolve
from gto.storage.download import Downloaded, Progress, download
from gto.storage.location import Content, Located


class GetOptions(NamedTuple):
    """How files are brought."""

    out: str | None = None
    """The name that the file or directory gets; where it ends with `/`, the directory that it is put into."""
    force: bool = False
    """Whether other files that are there are overwritten."""
    jobs: int | None = None
    """How many files are fetched at a time; None where storage decides."""
    progress: Progress | None = None


class Delivered(NamedTuple):
    """What was brought."""

    chosen: AnnotatedTarget
    located: Located
    path: str
    """Where it is on disk."""
    downloaded: Downloaded

    def as_dict(self) -> dict[str, object]:
        """Return what happened as `--json` prints it; `kept` are the files that were there already."""
        kept = [path or self.located.name for path in self.downloaded.kept]
        return {**about(self.chosen), "target": self.path, "files": files(self.located), "kept": kept}

    def notes(self) -> tuple[str, ...]:
        """Return what is worth knowing beside the answer."""
        notes = list(self.downloaded.notes)
        kept = len(self.downloaded.kept)
        if kept:
            notes.append(f"{kept} of {len(self.located.contents)} file(s) were there already, with the same content")
        unknown = sum(one.digest is None for one in self.located.contents)
        if unknown:
            notes.append(f"nobody promised what is in {unknown} file(s): the path is a URL, and no hash was noted")
        return tuple(notes)


def find(
    registry: Registry, selector: str, rev: str | None = None, trust: RepositoryTrust | None = None
) -> tuple[AnnotatedTarget, Located]:
    """Return what a selector or a revision leads to, and where its files are."""
    chosen = resolve(registry, selector, rev)
    return chosen, locate(registry, chosen.commit, chosen.path, trust)


def get(registry: Registry, chosen: AnnotatedTarget, located: Located, manner: GetOptions) -> Delivered:
    """Bring files to disk, and return where they are."""
    check_system()
    if manner.jobs is not None and manner.jobs < 1:
        raise UsageError("--jobs must be at least 1", "leave it out to have GTO choose")
    target = target_of(located, manner.out)
    if not (registry.repo.is_own or manner.force or target == manner.out):
        _check_strangers_name(located, target)
    downloaded = download(
        located.contents,
        target,
        is_directory=located.is_directory,
        jobs=manner.jobs,
        force=manner.force,
        progress=manner.progress,
        repo=registry.repo,
    )
    return Delivered(chosen, located, target, downloaded)


def check_system() -> None:
    """Refuse a system on which files are not brought."""
    if sys.platform == "win32":
        raise UsageError("GTO brings no files on Windows", "run it in WSL, the Windows Subsystem for Linux")


def has_policy_here(registry: Registry) -> bool:
    """Tell, without a process, whether the work tree has a policy, which may ask for signatures of files."""
    top = registry.repo.top
    return top is not None and os.path.lexists(os.path.join(top, POLICY_FILE))


def _check_strangers_name(located: Located, target: str) -> None:
    """Refuse a name of a stranger that hides, or that would add to a directory of the user's."""
    hint = "name it with -o, or use --force"
    if located.name.startswith("."):
        raise UnsafePath(target, "begins with a dot, and a repository given by a URL chose that name", hint)
    if located.is_directory and os.path.isdir(target) and os.listdir(target):
        missing = [one.path for one in located.contents if not os.path.lexists(os.path.join(target, one.path))]
        if missing:
            raise UnsafePath(target, f"is a directory that is there, and '{missing[0]}' would be added to it", hint)


def target_of(located: Located, out: str | None) -> str:
    """Return the path that a file or directory gets.

    A file is put into a directory that is there; a directory becomes what `out` names, so that a second run finds it.
    """
    if out is None:
        return located.name
    if out.endswith(("/", os.sep)) or (not located.is_directory and os.path.isdir(out)):
        return os.path.join(out, located.name)
    return out


def about(chosen: AnnotatedTarget) -> dict[str, object]:
    """Return of which artifact, version and commit files are."""
    return {"artifact": chosen.name, "version": chosen.version, "commit_hexsha": chosen.commit, "path": chosen.path}


def files(located: Located) -> list[dict[str, object]]:
    """Return the files with what is known of them."""
    return [
        {"path": one.path or located.name, "size": one.size, "hash": hash_of(one), "executable": one.is_executable}
        for one in located.contents
    ]


def hash_of(content: Content) -> str | None:
    """Return the hash that a file must have, as `md5:...`; None where nobody promised one."""
    return None if content.digest is None else f"{content.digest.algorithm}:{content.digest.value}"


def files_digest(located: Located) -> str:
    """Return one digest over files: paths, sizes and the hashes that were promised."""
    told = sorted((one.path, one.size, hash_of(one)) for one in located.contents)
    return f"sha256:{hashlib.sha256(json.dumps([located.is_directory, told]).encode()).hexdigest()}"


def top(located: Located) -> list[dict[str, object]]:
    """Return the files at the top, and the directories there with the size of all that is in them."""
    groups: dict[str, list[Content]] = {}
    for content in located.contents:
        groups.setdefault(content.path.split("/", 1)[0], []).append(content)
    found: list[dict[str, object]] = []
    for name, contents in groups.items():
        if any("/" in one.path for one in contents):
            sizes = [one.size for one in contents]
            total = None if None in sizes else sum(size or 0 for size in sizes)
            found.append({"path": f"{name}/", "size": total, "hash": None, "executable": False})
        else:
            found += files(located._replace(contents=tuple(contents)))
    return found
