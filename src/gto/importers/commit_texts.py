"""The texts of the files of a commit, or of none where a branch has no commit yet."""

from typing import NamedTuple

from gto.registry.registry import Registry
from gto.registry.write.edit_target import Tip


class CommitTexts(NamedTuple):
    """What files say in a commit; each empty where there is none."""

    registry: Registry
    commit: str | None

    def has(self, path: str) -> bool:
        """Tell whether a file or a directory is there."""
        return self.commit is not None and Tip(self.registry, self.commit).has(path)

    def text(self, path: str) -> str:
        """Return the text of a file; BadFile where it is none."""
        return "" if self.commit is None else Tip(self.registry, self.commit).text(path)
