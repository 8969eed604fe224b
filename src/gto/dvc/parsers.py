"""How the texts of files become values: anew each time, or by what was kept of equal ones."""

from typing import TYPE_CHECKING

from gto.git.object_cache import ParsedBlobs

if TYPE_CHECKING:  # YAML and the readers of parameters are imported where there is a file of them
    from gto.yamldoc.document import Document


class Parsers:
    """Parses files; what it returns may be shared, and nobody changes it."""

    def __init__(self, parsed: ParsedBlobs | None = None) -> None:
        """`parsed` is what is kept."""
        self._parsed = parsed or ParsedBlobs()
        self.recall = self._parsed.recall
        self.remember = self._parsed.remember

    def yaml(self, data: bytes, file: str) -> "Document":
        """Return a YAML document, or raise BadFile."""
        from gto.yamldoc.document import load

        return self._parsed.make("yaml", data, file, _nothing, lambda _: load(data, file, self._parsed.parts))

    def values(self, data: bytes, file: str) -> object:
        """Return what stands in a file of parameters or metrics, or raise BadFile."""
        from gto.dvc.params_file import parse_value

        return self._parsed.make("values", data, file, _nothing, lambda _: parse_value(data, file))


def _nothing(_: str) -> None:
    return
