"""Which output of a DVC project is at a path, or below it: its files are read no further than a question needs."""

import posixpath
from collections.abc import Callable, Iterator
from itertools import chain

from gto.dvc.checkout import Checkout
from gto.dvc.dvc_file import read_dvc_file
from gto.dvc.output import Doubt, Output, Reading
from gto.dvc.project_root import CONFIG, DVC_DIRECTORY, project_root
from gto.exceptions import BadFile, CannotLocate

_LOCK, _STAGES, _PARAMS = "dvc.lock", "dvc.yaml", "params.yaml"


def files_by_root(checkout: Checkout) -> dict[str, list[str]]:
    """Return the files of DVC's that tell of outputs, by the root of their project."""
    roots: dict[str, str | None] = {}
    found: dict[str, list[str]] = {}
    for path in checkout.tree.entries:
        if not (_tells_of_outputs(path) and checkout.has(path)):
            continue
        directory = posixpath.dirname(path)
        if directory not in roots:
            roots[directory] = project_root(checkout.tree, directory)
        root = roots[directory]
        if root is not None:
            found.setdefault(root, []).append(path)
    return found


def _tells_of_outputs(path: str) -> bool:
    is_one = path.endswith(".dvc") or posixpath.basename(path) == _LOCK
    return is_one and DVC_DIRECTORY not in path.split("/")


class OutputFinder:
    """One DVC project; `root` is its directory, empty for that of the repository."""

    def __init__(self, checkout: Checkout, root: str, files_of: Callable[[str], list[str]]) -> None:
        """`files_of` returns the files of DVC's of the project at a root."""
        self._checkout = checkout
        self.root = root
        self._files_of = files_of
        self._read: dict[str, Reading] = {}

    def holding(self, path: str) -> Output | None:
        """Return the output that is at a path, or has it in it; None where there is none."""
        for output in chain(self._outputs(self._likely(path)), self._all_outputs()):
            if path == output.path or path.startswith(f"{output.path}/"):
                return output
        names = set(path.split("/"))
        self._refuse_doubts(path, lambda doubt: doubt.path is None or posixpath.basename(doubt.path) in names)
        return None

    def below(self, directory: str) -> list[Output]:
        """Return the outputs in a directory."""
        start = f"{directory}/" if directory else ""
        found = [output for output in self._all_outputs() if output.path.startswith(start)]
        self._refuse_doubts(directory, lambda _: True)
        return found

    def _refuse_doubts(self, path: str, concerns: Callable[[Doubt], bool]) -> None:
        """Raise CannotLocate where an output that could not be placed may be what is looked for."""
        for reading in self._read.values():
            for doubt in reading.doubts:
                if concerns(doubt):
                    what = f"'{doubt.path}' of {doubt.file}" if doubt.path else f"an output of {doubt.file}"
                    raise CannotLocate(f"{what} may be '{path}', or in it; {doubt.reason}")

    def _likely(self, path: str) -> list[str]:
        """Return the files of DVC's that usually tell of a path: beside it, and beside each directory above it."""
        found: list[str] = []
        while path and path != self.root:
            above = path.rpartition("/")[0]
            found += [f"{path}.dvc", posixpath.join(above, _LOCK)]
            path = above
        return [file for file in found if self._is_ours(file)]

    def _is_ours(self, path: str) -> bool:
        is_one = _tells_of_outputs(path) and self._checkout.has(path)
        return is_one and project_root(self._checkout.tree, posixpath.dirname(path)) == self.root

    def _all_outputs(self) -> Iterator[Output]:
        yield from self._outputs(self._files_of(self.root))

    def _outputs(self, files: list[str]) -> Iterator[Output]:
        self._fetch([file for file in files if file not in self._read])
        for file in files:
            yield from self._reading(file).outputs

    def _fetch(self, files: list[str]) -> None:
        wanted = [path for file in files for path in _with_its_own(file)]
        if wanted:  # the configuration is asked for next
            wanted.append(posixpath.join(self.root, DVC_DIRECTORY, CONFIG))
        self._checkout.fetch(wanted)

    def _reading(self, file: str) -> Reading:
        if file not in self._read:
            try:
                self._read[file] = self._parse(file)
            except BadFile as error:
                path = None if file.endswith(_LOCK) else posixpath.basename(file).removesuffix(".dvc")
                self._read[file] = Reading(doubts=(Doubt(path, file, error.message),))
        return self._read[file]

    def _parse(self, file: str) -> Reading:
        data = self._checkout.load(file)
        if data is None:
            return Reading()
        if not file.endswith(_LOCK):
            return Reading(read_dvc_file(data, file))
        from gto.dvc.lock_file import read_outputs  # its readers of parameters take three milliseconds to import
        from gto.dvc.pipeline import PipelineFile

        stages = posixpath.join(posixpath.dirname(file), _STAGES)
        text = self._checkout.load(stages)
        if text is None:
            return read_outputs(data, file, None)
        return read_outputs(data, file, PipelineFile.parse(text, stages, self._checkout.load, self._checkout.parsers))


def _with_its_own(file: str) -> list[str]:
    if not file.endswith(_LOCK):
        return [file]
    directory = posixpath.dirname(file)
    return [posixpath.join(directory, name) for name in (_LOCK, _STAGES, _PARAMS)]
