"""The addresses of a team's Studio, every route and method of its router, with something in the place of parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tests.studio.test_guard import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

NOWHERE = "999999"
"""What nothing is numbered by, nor called."""
FILLED = {
    "{repo}": "churn",
    "{name:path}": "churn",
    "{namespace}": "churn",
    "{slug}": "churn",
    "{revision:path}": "v0.0.1",
    "{selector:path}": "churn@latest",
    "{token}": NOWHERE,
    "{id}": NOWHERE,
    "{number}": NOWHERE,
    "{kind}": "github",
    "{host}": "github.com",
    "{signature}": NOWHERE,
    "{expires}": NOWHERE,
    "{delivery}": NOWHERE,
    "{name}": NOWHERE,
    "{person}": NOWHERE,
    "{person_id}": NOWHERE,
    "{target}": NOWHERE,
    "{target_id}": NOWHERE,
    "{token_id}": NOWHERE,
    "{message}": NOWHERE,
    "{version}": "v0.0.1",
    "{path:path}": "models/churn.txt",
    "{file:path}": "models/churn.txt",
    "{oid}": "0" * 40,
    "{commit}": "0" * 40,
    "{stage}": "prod",
}
"""What stands for the parameters of paths; a route with another one has to be told here how it is asked."""


class Address(NamedTuple):
    """A route that can be asked."""

    method: str
    route: str
    """As the router has it, and so the table of what each needs."""
    path: str


def addresses(app: FastAPI) -> Iterator[Address]:
    """Every route of an app."""
    for route in routes(app.router):
        for method in sorted(route.methods or ()):
            yield Address(method, route.path, filled(route.path))


def filled(route: str) -> str:
    """A path without parameters."""
    return re.sub(r"\{[^}]*\}", lambda found: FILLED[found[0]], route)
