"""Which events a watcher hands on: by artifact, by kind, by stage."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from gto.core.event import Event


class Wanted(NamedTuple):
    """Filters, of which each must take an event; one that is empty takes all."""

    artifacts: tuple[str, ...] = ()
    """Names, in which `*` stands for anything."""
    kinds: tuple[str, ...] = ()
    """As `registration`."""
    stages: tuple[str, ...] = ()
    """An event without a stage is in none of them."""

    def takes(self, event: Event) -> bool:
        """Tell whether an event is to be handed on."""
        return (
            (not self.artifacts or any(fnmatchcase(event.artifact, one) for one in self.artifacts))
            and (not self.kinds or event.kind.noun in self.kinds)
            and (not self.stages or event.tag.stage in self.stages)
        )
