"""What a pickle would import, and what its reading leaves in doubt."""

from collections.abc import Iterable
from typing import Final

from gto.inspect.model_file import UnreadableModel
from gto.inspect.opcodes.values import Global

ARRAY_WRAPPER: Final = Global("joblib.numpy_pickle", "NumpyArrayWrapper")

_MOST_NAMES = 20_000
_MOST_DOUBTS = 50


class Imports:
    """Names in the order in which they were met; shared by all readings of a file."""

    def __init__(self) -> None:
        """Begin with none."""
        self._names: dict[Global, None] = {}
        self._doubts: dict[str, None] = {}

    def add(self, name: Global) -> None:
        """Note that a name would be imported."""
        self._names[name] = None
        if len(self._names) > _MOST_NAMES:
            raise UnreadableModel(f"it imports more than {_MOST_NAMES:,} names")

    def doubt(self, reason: str) -> None:
        """Note why the imports do not say all that loading could do."""
        if len(self._doubts) < _MOST_DOUBTS:
            self._doubts[reason] = None

    def names(self) -> Iterable[Global]:
        """Return what would be imported."""
        return self._names.keys()

    def doubts(self) -> list[str]:
        """Return why the imports do not say all."""
        return list(self._doubts)
