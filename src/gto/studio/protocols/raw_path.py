"""The parts of a path as the client wrote them: `%2F` within one is no end of it."""

from urllib.parse import unquote

from starlette.types import Scope


def raw_segments(scope: Scope) -> tuple[str, ...]:
    """Return what stands between the slashes of a request's path, each decoded: `/a/eu%2Fprod` -> `a`, `eu/prod`.

    The path is below the one under which a proxy shows this Studio.
    """
    raw = scope.get("raw_path") or str(scope["path"]).encode("utf-8", "surrogateescape")
    return tuple(unquote(one, errors="replace") for one in raw.decode("latin-1").lstrip("/").split("/"))
