"""Forms that change something: read, and refused without the token of the session that they were made for."""

from collections.abc import Mapping

from fastapi import HTTPException, Request
from starlette.datastructures import FormData

from gto.studio.context import context_of, cookie_of

_MOST_FIELDS = 200
_LONGEST_PATH = 8000  # characters: it may be kept while somebody logs in


async def read_index_form(request: Request) -> FormData:
    """Return the fields of a form that changes nothing but the index; 403 where its token is not of the session."""
    form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    if not context_of(request).sessions.is_form_of(cookie_of(request), str(form.get("form_token", ""))):
        raise HTTPException(403, "This form is too old, or is not of this Studio: load its page again.")
    return form


async def read_form(request: Request) -> FormData:
    """Return the fields of a form that writes; 403 where this Studio only reads, too."""
    form = await read_index_form(request)
    if context_of(request).settings.read_only:
        raise HTTPException(403, "This Studio was started with --read-only: it writes nothing.")
    return form


def back(form: Mapping[str, object], usual: str) -> str:
    """Return the address on this Studio that a form leads back to."""
    path = str(form.get("back") or form.get("next") or "")
    is_ours = (
        len(path) <= _LONGEST_PATH and path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    )
    return path if is_ours and path.isprintable() else usual
