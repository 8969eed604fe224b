"""How long to wait before another try."""

from typing import NamedTuple

_STEPS = 60  # beyond which a wait would be too large a number; it is the longest long before


class Backoff(NamedTuple):
    """Waits that grow with each try, and are random: those who failed together do not try again together."""

    first: float
    """Seconds before the second try, at most."""
    longest: float
    """Seconds that no wait exceeds."""
    factor: float = 2.0
    """By which each wait may be longer than the one before."""
    steady: float = 0.5
    """The part of a wait that is not left to chance."""

    def wait(self, tries: int) -> float:
        """Return how many seconds to wait after so many tries."""
        import random  # only where something failed: the import takes longer than much that does not

        most = min(self.first * self.factor ** min(tries - 1, _STEPS), self.longest)
        return random.uniform(self.steady * most, most)  # noqa: S311  no secret
