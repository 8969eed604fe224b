"""A router whose routes are asked one after the other only where a path begins as one of theirs."""

from functools import cached_property
from typing import NamedTuple

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class _Beginnings(NamedTuple):
    whole: frozenset[str]
    """Paths without a parameter."""
    parts: tuple[str, ...]
    """Of all others, what stands before the first one."""


class PageRouter(APIRouter):
    """The routes of one module.

    There are hundreds, and to ask them all takes longer than a small answer. It is included without a prefix: its own
    counts. A FastAPI that copies the routes of a router into that of the app knows nothing of this, and asks each.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether one of the routes answers a request."""
        path, known = str(scope["path"]), self._beginnings
        if path in known.whole or path.startswith(known.parts):
            return super().matches(scope)
        return Match.NONE, {}

    @cached_property
    def _beginnings(self) -> _Beginnings:
        paths = {str(getattr(route, "path", "{")) for route in self.routes}  # that of a router in this one is any
        parts = {path.partition("{")[0] for path in paths if "{" in path}
        return _Beginnings(frozenset(path for path in paths if "{" not in path), tuple(sorted(parts)))
