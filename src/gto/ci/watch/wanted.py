"""Which events a watcher hands on: by artifact, by kind, by stage."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from gto.core.tag import TagName


class Wanted(NamedTuple):
    """Filters, of which each must take an event; one that is empty takes all."""

    artifacts: tuple[str, ...] = ()
    """Names, in which `*` stands for anything."""
    kinds: tuple[str, ...] = ()
    """As `registration`."""
    stages: tuple[str, ...] = ()
    """An event without a stage is in none of them."""

    def takes(self, tag: TagName) -> bool:
        """Tell whether the event of a tag is to be handed on."""
        return (
            (not self.artifacts or any(fnmatchcase(tag.artifact, one) for one in self.artifacts))
            and (not self.kinds or tag.kind.noun in self.kinds)
            and (not self.stages or tag.stage in self.stages)
        )
