"""The addresses of Studio's pages, and which page of a long list one asks for."""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

_DIGITS = 7  # of a page's number


_LINK_RE = re.compile(r'(?<= )(href|src|action|formaction)="/(?!/)')


def below(prefix: str, page: str) -> str:
    """Return a page whose links begin with a path: that under which a proxy shows Studio; empty for the root."""
    return _LINK_RE.sub(rf'\1="{prefix}/', page) if prefix else page


def artifact_url(repo: str, name: str, page: str = "") -> str:
    """Return the address of an artifact's page, or of one of the pages below it."""
    return f"/m/{quote(repo)}/{quote(name, errors='replace')}" + (f"/-/{page}" if page else "")


def repository_url(repo: str, page: str) -> str:
    """Return the address of one of a repository's pages."""
    return f"/r/{quote(repo)}/{page}"


def sides_url(repo: str, name: str, page: str, sides: Sequence[str], **query: object) -> str:
    """Return the address of a page with sides: versions of an artifact, commits without a name, models without both."""
    path = artifact_url(repo, name, page) if name else repository_url(repo, page) if repo else f"/{page}"
    key = "v" if name else "c" if repo else "m"
    return url(path, **{key: list(sides), **query})


def url(path: str, /, **query: object) -> str:
    """Return an address with a query, without the values that are empty."""
    pairs = [(key, value) for key, given in query.items() for value in _each(given) if value not in {"", None, False}]
    return path + (f"?{urlencode(pairs, errors='replace')}" if pairs else "")


def own_path(decoded: str) -> str:
    """Return a path of this Studio as it stands in an address: one that begins with `//host` would be another site's.

    A path may hold what browsers leave out of an address or read as `/`: tabs, ends of lines, backslashes.
    """
    return "/" + quote(decoded.lstrip("/\\"), errors="replace")


def _each(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else ["1" if value is True else value]


def read_number(given: QueryParams) -> int:
    """Return the number of the page that an address asks for, from 1; 1 where it says none."""
    text = given.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 1


def count_pages(total: int, size: int) -> int:
    """Return how many pages there are, each of so many; at least one."""
    return max(1, -(-total // size))
