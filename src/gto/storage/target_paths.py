"""Where on disk files go: paths that stay in the target, and nothing that would surprise who asked for them."""

import errno
import os
import re
import stat
from collections.abc import Iterable

from gto.exceptions import TargetUnwritable, UnsafePath

TEMPORARY = ".gto-"
"""How the names of all files begin that are there only while a download runs, or was stopped."""

_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS})
"""What some file systems of networks answer."""
_CONTROL_RE = re.compile(r"[\x00-\x1f\x7f]")
_DEVICE_RE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)
_GIT_RE = re.compile(r"\.git|git~[0-9]+", re.IGNORECASE)
_UNSEEN_RE = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")  # a name is the same without, on HFS+
_LONGEST = 4096  # as Linux has it; looking at each directory above a longer one would take long
_OF_WINDOWS_RE = re.compile(r'[<>:"|?*]|[. ]$')


def check_path(path: str) -> None:
    """Refuse a path below the target that would leave it, or that a system of others cannot hold.

    `<>:"|?*` and a dot or blank at the end are refused only on Windows: files of Unix bear such names.
    """
    parts = path.split("/")
    if not path or path.startswith("/") or re.match(r"[A-Za-z]:[\\/]", path):
        raise UnsafePath(path, "is absolute, or empty")
    if len(path) > _LONGEST or not _is_encodable(path):
        shown = path[:40].encode("unicode_escape").decode()
        raise UnsafePath(f"{shown}...", "is longer than a path may be, or no text")
    for part in parts:
        if part in {"", ".", ".."}:
            raise UnsafePath(path, "leaves the target, or has an empty part")
        if _CONTROL_RE.search(part) or "\\" in part:
            raise UnsafePath(path.encode("unicode_escape").decode(), "holds a control character or a backslash")
        if _DEVICE_RE.fullmatch(part) or (os.name == "nt" and _OF_WINDOWS_RE.search(part)):
            raise UnsafePath(path, f"has a part that Windows reserves, '{part}'")
        if _is_git(part):
            raise UnsafePath(
                path.encode("unicode_escape").decode(), "would write into a Git repository's own directory"
            )
        if part.startswith(TEMPORARY) and part.endswith(".part"):
            raise UnsafePath(path, "has a name of GTO's own temporary files")


def _is_encodable(path: str) -> bool:
    try:
        return bool(os.fsencode(path))
    except UnicodeEncodeError:
        return False


def _is_git(name: str) -> bool:
    return bool(_GIT_RE.fullmatch(_UNSEEN_RE.sub("", name).rstrip(". ")))


def check_name(target: str) -> None:
    """Refuse a target that is a Git repository's own directory: the name may come from an artifact's path."""
    if _is_git(os.path.basename(target)):
        raise UnsafePath(target, "would write into a Git repository's own directory", "choose another name with --out")


def check_paths(paths: Iterable[str]) -> None:
    """Refuse paths that check_path() refuses, and those that cannot be there at the same time."""
    seen: set[str] = set()
    for path in paths:
        check_path(path)
        if path in seen:
            raise UnsafePath(path, "is there twice")
        seen.add(path)
    for path in seen:
        above = path
        while above := above.rpartition("/")[0]:
            if above in seen:
                raise UnsafePath(path, f"lies in '{above}', which is a file")


def check_parents(top: str, path: str) -> None:
    """Refuse a path below a directory that is there, where a link or a file stands in its way."""
    at = top
    for part in path.split("/")[:-1]:
        at = os.path.join(at, part)
        try:
            mode = os.lstat(at).st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(mode):
            raise UnsafePath(
                path, f"goes through '{at}', which is a link" if stat.S_ISLNK(mode) else f"lies in a file, '{at}'"
            )


def make_directory(path: str) -> None:
    """Make a directory with its parents, unless it is there."""
    try:
        os.makedirs(path or ".", exist_ok=True)
    except OSError as error:
        raise TargetUnwritable(path, error.strerror or str(error)) from error


def sync_directory(path: str) -> None:
    """Have the names in a directory survive a power cut, where the system can."""
    if os.name != "posix":
        return
    try:
        handle = os.open(path or ".", os.O_RDONLY)
    except PermissionError:  # files may be made in it, and it may not be read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise TargetUnwritable(path, error.strerror or str(error)) from error
    finally:
        os.close(handle)
