"""Locked packages as the files of a directory, the same wherever and whenever they were unpacked."""

import os
from collections.abc import Iterator

from gto.exceptions import UsageError
from gto.models.installer import find_installer, run_program
from gto.oci.artifact import PackedFile
from gto.serve.build.locked_requirements import LockedRequirements

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_GLIBC = ("2_28", "2_27", "2_24", "2_17", "2_12", "2_5")
"""Those that wheels are made for, and the Debian of Python's own images has."""
_OF_INSTALLERS = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"})


def unpack_packages(
    lock: LockedRequirements, directory: str, architecture: str, wheels: str | None, installer: str | None
) -> None:
    """Unpack what is locked, each wheel held by its hash, for Linux on a processor, `amd64` say.

    No source distribution is built: nobody can say that it gives the same twice.
    """
    machine = _MACHINES.get(architecture)
    if machine is None:
        raise UsageError(
            f"no wheels are chosen for the processor '{architecture}'", f"known are {', '.join(_MACHINES)}"
        )
    given = f"{directory}-requirements.txt"
    with open(given, "w", encoding="utf-8") as file:
        file.write(lock.text)
    found = find_installer(f"{directory}-tools", installer)
    words = ["install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", directory]
    words += ["--python-version", lock.python, "--requirement", given]
    words += ["--find-links", wheels] if wheels else []
    if found.kind == "uv":
        words += ["--python-platform", f"{machine}-manylinux_2_28"]
    else:
        tags = [*(f"manylinux_{one}_{machine}" for one in _GLIBC), f"manylinux2014_{machine}", f"linux_{machine}"]
        words += ["--no-compile", "--implementation", "cp", *(f"--platform={one}" for one in tags)]
    run_program([*found.argv, *words])
    os.unlink(given)
    _clean(directory)


def _clean(directory: str) -> None:
    """Remove what tells of this machine: scripts with the path of a Python, notes of the installer, bytecode."""
    for place, _, names in os.walk(directory):
        is_about = place.endswith(".dist-info")
        for name in names:
            path = os.path.join(place, name)
            is_own = os.path.relpath(path, directory) in {".lock", os.path.join("bin", name)}
            if is_own or name.endswith(".pyc") or (is_about and name in _OF_INSTALLERS):
                os.unlink(path)
        if is_about:
            _sort_record(os.path.join(place, "RECORD"))


def _sort_record(path: str) -> None:
    """Leave out of a list of files what was removed, and sort it."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = sorted({line.rstrip("\r\n") for line in file if line.strip()})
    kept = [line for line in lines if not line.startswith(("../", "bin/")) and not _is_removed(line)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in kept)


def _is_removed(line: str) -> bool:
    path = line.rsplit(",", 2)[0].strip('"')
    return path.endswith(".pyc") or os.path.basename(path) in _OF_INSTALLERS


def packed_files(directory: str) -> Iterator[PackedFile]:
    """Yield the files of a directory for an image; who may run them is kept, as some wheels bring programs."""
    for place, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(place, name)
            found = os.stat(path)
            relative = os.path.relpath(path, directory).replace(os.sep, "/")
            yield PackedFile(relative, found.st_size, is_executable=bool(found.st_mode & 0o100))
