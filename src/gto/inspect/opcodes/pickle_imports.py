"""What a pickle would import, and what its reading leaves in doubt."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Final

from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.calls import doubts_of_call
from gto.inspect.opcodes.known import read_called, read_known
from gto.inspect.opcodes.records import Global

ARRAY_WRAPPER: Final = Global("joblib.numpy_pickle", "NumpyArrayWrapper")

_IMPORTERS: Final = {
    Global("__builtin__", "__import__"),
    Global("builtins", "__import__"),
    Global("cloudpickle.cloudpickle", "subimport"),
    Global("importlib", "import_module"),
}
_MOST_NAMES = 20_000
_MOST_TOLD = 500
_MOST_DOUBTS = 50
_TEXT = 200


class Imports:
    """Names in the order in which they were met; shared by all readings of a file."""

    def __init__(self, within: str = "") -> None:
        """Begin with none; names of modules that begin with `within` stand in the file, and import nothing."""
        self._within = within
        self.names: dict[Global, None] = {}
        self._modules: dict[str, None] = {}
        self._doubts: dict[str, None] = {}

    def add(self, name: Global) -> None:
        """Note that a name would be imported."""
        if self._within and name.module.partition(".")[0] == self._within:
            return
        self.names[name] = None
        if len(self.names) > _MOST_NAMES:
            raise UnreadableModel(f"it imports more than {_MOST_NAMES:,} names")

    def called(self, maker: object, args: object, kwargs: object = None) -> None:
        """Note the module that a call would import, where it is known to import one, and what is odd about the call."""
        if type(maker) is not Global:
            return
        match args:
            case (str(module), *_) if maker in _IMPORTERS:
                self._modules[module] = None
            case _:
                pass
        has_arguments = args != () or kwargs is not None
        if has_arguments and maker in self._known and maker not in self._called:
            self.doubt(f"{maker} is called with arguments, which models do not do")
        for reason in doubts_of_call(maker, args):
            self.doubt(reason)

    def doubt(self, reason: str) -> None:
        """Note why the imports do not say all that loading could do."""
        if len(self._doubts) < _MOST_DOUBTS:
            self._doubts[reason] = None

    @property
    def has_doubts(self) -> bool:
        """Whether the imports do not say all that loading could do."""
        return bool(self._doubts)

    def is_known(self, name: Global) -> bool:
        """Return whether a name is on GTO's list."""
        return name in self._known

    @cached_property
    def _known(self) -> frozenset[Global]:
        return read_known()

    @cached_property
    def _called(self) -> frozenset[Global]:
        return read_called()

    @contextmanager
    def telling(self, facts: ModelFacts) -> Iterator[None]:
        """Fill in names and verdict when all is read, or when the reading ends before."""
        is_whole = False
        try:
            yield
            is_whole = True
        finally:
            self._tell(facts, is_whole=is_whole)

    def _tell(self, facts: ModelFacts, *, is_whole: bool) -> None:
        """Fill in what would be imported, and the verdict: `pickle` where all was read and all names are listed."""
        unlisted = [*(str(one) for one in self.names if one not in self._known), *self._modules]
        facts.imports = _told([*map(str, self.names), *self._modules], facts)
        facts.unlisted = _told(unlisted, facts)
        facts.notes += [f"its imports do not say all that loading runs: {one}" for one in self._doubts]
        is_known = is_whole and not unlisted and not self._doubts
        facts.code_on_load = CodeOnLoad.PICKLE if is_known else CodeOnLoad.UNKNOWN


def _told(names: Iterable[str], facts: ModelFacts) -> list[str]:
    every = sorted({_printable(one) for one in names})
    if len(every) > _MOST_TOLD:
        facts.notes.append(f"it imports {len(every):,} names; the first {_MOST_TOLD:,} are told")
    return every[:_MOST_TOLD]


def _printable(name: str) -> str:
    """Return a name that a terminal and a JSON document can show: a stranger may have put anything into it."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name[:_TEXT])
