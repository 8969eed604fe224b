"""Environments that are made while the versions that are there answer on."""

from collections.abc import Callable, Sequence
from threading import Lock, Thread

from gto.exceptions import GTOException, ModelNotReady
from gto.serve.server.package_environment import (
    PythonEnvironment,
    installed_packages,
    known_environment,
    new_environment,
    strangers,
)

Found = PythonEnvironment | GTOException | OSError


class EnvironmentMaker:
    """Finds environments, and makes them in threads: to install large frameworks takes minutes."""

    def __init__(self, ready: Callable[[], None], *, may_make: bool = True, trusted: bool = False) -> None:
        """`ready` is called when one was made, or could not be; `trusted` says that any package may be installed."""
        self._ready = ready
        self._may_make = may_make
        self._trusted = trusted
        self._found: dict[tuple[str, ...], Found | None] = {}
        self._lock = Lock()

    def find(self, requirements: Sequence[str]) -> Found | None:
        """Return an environment with what is required, or once why there is none; None while it is being made."""
        known = known_environment(requirements)
        if known is not None:
            return known
        if not self._may_make:
            return ModelNotReady(f"it was recorded with {', '.join(requirements)}, and this environment has others")
        try:
            strange = [] if self._trusted else strangers(requirements, installed_packages())
        except GTOException as error:
            return error
        if strange:
            wants = f"it wants {', '.join(strange)}, of which nothing is known here"
            return ModelNotReady(f"{wants}; install it where `gto serve` runs, or let --trusted do so")
        wanted = tuple(requirements)
        with self._lock:
            if wanted in self._found:
                found = self._found[wanted]
                if found is not None:
                    del self._found[wanted]
                return found
            self._found[wanted] = None
        Thread(target=self._make, args=(wanted,), daemon=True).start()
        return None

    def _make(self, wanted: tuple[str, ...]) -> None:
        found: Found
        try:
            found = new_environment(wanted)
        except (GTOException, OSError) as error:
            found = error
        with self._lock:
            self._found[wanted] = found
        self._ready()
