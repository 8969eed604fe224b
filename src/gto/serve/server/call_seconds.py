"""How long the calls of a model's method take, whatever else the machine does meanwhile."""

from __future__ import annotations

from collections import deque

_CALLS = 20
_SHORT = 0.01  # seconds that a call may take while nothing else is answered: threads that take turns cost more


class CallSeconds:
    """The last calls of a method.

    What the processor did for a call is the same under any load. How long the call waited (for a device, a network,
    threads of its own) is known of one that ran alone; of several that took turns it is estimated.
    """

    def __init__(self) -> None:
        self._is_warm = False
        self._busy: deque[float] = deque(maxlen=_CALLS)
        self._waited: deque[float] = deque(maxlen=_CALLS)
        self._waited_in_turns: deque[float] = deque(maxlen=_CALLS)

    @property
    def is_short(self) -> bool:
        """Whether the next call may keep all else waiting."""
        waited = self._waited or self._waited_in_turns
        return bool(waited) and max(self._busy) + min(waited) < _SHORT

    def note(self, seconds: float, busy: float, running: int) -> None:
        """Note a call: its seconds, those that its thread had the processor, and how many calls ran, it included.

        The first is not noted: it imports and allocates what the others find.
        """
        if self._is_warm:
            self._busy.append(busy)
            kept = self._waited if running == 1 else self._waited_in_turns
            kept.append(max(0.0, seconds - running * busy))
        self._is_warm = True
