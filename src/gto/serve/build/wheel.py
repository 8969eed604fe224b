"""A version as a wheel: a package with the model's files and its facts, that `load()` of its only module loads.

The same bytes each time: entries are sorted and stored as they are, as each release of zlib packs otherwise, and their
times are those at which zip's begin.
"""

import base64
import hashlib
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.delivery.file_identity import identity_of_path
from gto.exceptions import TargetTaken
from gto.inspect.side_car import SideCar, side_car_path
from gto.serve.build.build_source import BuildSource
from gto.storage.whole_directory import workshop
from gto.version import __version__

_LARGE = 100 << 20  # bytes: the limit of PyPI for a file
_MODE = 0o100644 << 16
_ZIP64 = 1 << 31
_PRE_RE = re.compile(r"(alpha|a|beta|b|rc|c|pre|preview|dev)[.-]?([0-9]*)", re.IGNORECASE)
_MODULE = '''\
"""The model {label}: `load()` returns it."""

import os

artifact = {artifact!r}
version = {version!r}
commit = {commit!r}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model", {name!r})


def load(*, trusted=False):
    """Return the model; where loading its file runs code, `trusted` must say that you trust whoever wrote it."""
    import gto

    return gto.load(path, trusted=trusted)
'''


class BuiltWheel(NamedTuple):
    """What was built."""

    target: str
    """The file."""
    module: str
    """What is imported."""
    package: str
    """What is installed, `churn-model==1.2.0`."""
    sha256: str
    requirements: Sequence[str]
    notes: Sequence[str]


class _Entry(NamedTuple):
    """A file of the archive: its text, or where its bytes are."""

    name: str
    data: bytes = b""
    path: str = ""

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes."""
        if not self.path:
            yield self.data
            return
        with open(self.path, "rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk


def build_wheel(source: BuildSource, out: str, *, force: bool = False) -> BuiltWheel:
    """Bring the files of a version, and write the wheel into the directory `out`; it is there whole or not at all."""
    requirements = [f"gto>={__version__}", *sorted(source.requirements())]
    module, version = module_of(source.chosen.name), python_version(source.version, source.chosen.commit)
    target = os.path.join(os.path.abspath(out), f"{module}-{version}-py3-none-any.whl")
    with workshop(target) as place:
        path = source.bring(os.path.join(place, "model"))
        entries = [*_package(source, module, path), *_about(source, module, version, requirements)]
        made = os.path.join(place, "wheel")
        sha256 = _write(made, entries, f"{module}-{version}.dist-info")
        size = os.path.getsize(made)
        if os.path.lexists(target) and not force and _hash(target) != sha256:
            raise TargetTaken([os.path.relpath(target)])
        os.replace(made, target)
    package = f"{module.replace('_', '-')}=={version}"
    path = os.path.join(out, os.path.basename(target))
    return BuiltWheel(path, module, package, sha256, requirements, _notes(source, size))


def _notes(source: BuildSource, size: int) -> list[str]:
    found = []
    if source.would_run:
        found.append(f"loading this model runs code, so that it wants load(trusted=True): {source.would_run}")
    if size > _LARGE:
        found.append(f"it has {size >> 20} MB, and many indexes take no more than {_LARGE >> 20}; see `gto build oci`")
    return found


def module_of(name: str) -> str:
    """Return the name of the module, and of the distribution, of an artifact: `team/churn` gives `team_churn_model`."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    stem = stem if stem.endswith("_model") else f"{stem}_model"
    return f"m_{stem}" if stem[0].isdigit() else stem


def python_version(version: str, commit: str) -> str:
    """Return a version as PEP 440 has it: `v1.2.0-rc.1+b5` gives `1.2.0rc1+b5`, a revision `0.dev0+g` and its commit.

    A pre-release with another word stands before all others of its release: `v1.2.0-try.3` gives `1.2.0.dev0+try.3`.
    """
    from packaging.version import Version

    if not version:
        return f"0.dev0+g{commit[:12]}"
    numbers, _, build = version.removeprefix("v").partition("+")
    numbers, _, pre = numbers.partition("-")
    known = _PRE_RE.fullmatch(pre)
    if known is not None:
        numbers += f"{'.' if known[1].lower() == 'dev' else ''}{known[1]}{known[2] or 0}"
    elif pre:
        numbers += ".dev0"
        build = f"{pre}.{build}" if build else pre
    local = re.sub(r"[^a-z0-9]+", ".", build.lower()).strip(".")
    return str(Version(numbers + (f"+{local}" if local else "")))


def _package(source: BuildSource, module: str, path: str) -> Iterator[_Entry]:
    """Yield the module, the files of the model, and the file of its facts."""
    chosen, name = source.chosen, os.path.basename(path)
    told = {"label": source.label, "artifact": chosen.name, "version": source.version, "commit": chosen.commit}
    yield _Entry(f"{module}/__init__.py", _MODULE.format(**told, name=name).encode())
    for relative, place in files_of(path):
        yield _Entry(f"{module}/model/{relative}", path=place)
    facts = SideCar(identity_of_path(path)._replace(path=name), source.facts).text()
    yield _Entry(f"{module}/model/{side_car_path(name)}", facts.encode())


def files_of(path: str) -> list[tuple[str, str]]:
    """Return the files at a path, sorted: each as it stands below the directory of the path, and where it is."""
    above = os.path.dirname(path)
    if not os.path.isdir(path):
        return [(os.path.basename(path), path)]
    found = [os.path.join(place, name) for place, _, names in os.walk(path) for name in names]
    return sorted((os.path.relpath(one, above).replace(os.sep, "/"), one) for one in found)


def _about(source: BuildSource, module: str, version: str, requirements: Sequence[str]) -> Iterator[_Entry]:
    summary = " ".join((source.chosen.annotation.description or f"The model {source.label}").split())
    lines = ["Metadata-Version: 2.1", f"Name: {module.replace('_', '-')}", f"Version: {version}", f"Summary: {summary}"]
    lines += [f"Requires-Dist: {one}" for one in requirements]
    text = f"`import {module}; {module}.load()` returns the model {source.label}, of commit {source.chosen.commit}.\n"
    info = f"{module}-{version}.dist-info"
    yield _Entry(f"{info}/METADATA", ("\n".join([*lines, "", text])).encode())
    wheel = f"Wheel-Version: 1.0\nGenerator: gto {__version__}\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    yield _Entry(f"{info}/WHEEL", wheel.encode())


def _write(path: str, entries: Sequence[_Entry], info: str) -> str:
    """Write the archive, its RECORD last, and return the hash of its bytes."""
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for one in entries:
            made, size = hashlib.sha256(), os.path.getsize(one.path) if one.path else len(one.data)
            with archive.open(_header(one.name), "w", force_zip64=size > _ZIP64) as file:
                for chunk in one.chunks():
                    made.update(chunk)
                    file.write(chunk)
            digest = base64.urlsafe_b64encode(made.digest()).decode().rstrip("=")
            record.append(f"{_quoted(one.name)},sha256={digest},{size}\n")
        archive.writestr(_header(f"{info}/RECORD"), "".join([*sorted(record), f"{info}/RECORD,,\n"]))
    return _hash(path)


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(name: str) -> zipfile.ZipInfo:
    header = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    header.external_attr, header.create_system = _MODE, 3
    return header


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""')) if set(name) & {",", '"'} else name
