"""What programs have written by a protocol: as Studio's own pages write it."""

from fastapi import HTTPException

from gto.core.names import RESERVED_STAGES
from gto.exceptions import GTOException, UsageError
from gto.studio.actions.action import ASSIGN, OfferedAction
from gto.studio.actions.perform import WrittenTags
from gto.studio.actions.wish import ActionRequest, Wish, command_instead
from gto.studio.context import StudioContext
from gto.studio.pages.action_page import carry_out
from gto.studio.pages.errors import refusal_status
from gto.studio.visitor import Role
from gto.studio.write_access import WriteRefused

_REFUSED = 403
_RESERVED = frozenset(map(str.casefold, RESERVED_STAGES))


def check_role(studio: StudioContext, repo: str, role: Role) -> None:
    """Raise 403 where the visitor has a lower role: without a repository in the path the route could not tell."""
    if not studio.may(role, repo):
        raise HTTPException(403, f"This is for a {role} of '{repo}', and your role is another.")


def write_tags(studio: StudioContext, repo: str, action: OfferedAction, wish: Wish, role: Role) -> WrittenTags:
    """Write it, and read it into the index; a refusal says which command does it elsewhere.

    A stage whose name means the latest version is not written: no client of a protocol would ever get at it.
    """
    check_role(studio, repo, role)
    if action.word == ASSIGN.word and wish.stage.casefold() in _RESERVED:
        raise UsageError(f"'{wish.stage}' is reserved: it means the latest version", "name the stage otherwise")
    place = studio.place(repo)
    wish = wish._replace(push=place.is_remote or (studio.team is None and studio.settings.push), made_for=None)
    asked = ActionRequest(action, place, wish, access=studio.write_access(repo))
    try:
        return carry_out(studio, asked, {})
    except GTOException as error:
        if refusal_status(error) != _REFUSED:
            raise
        line = command_instead(asked, error).replace("\\\n  ", "")
        raise WriteRefused(error.message, f"{error.hint or 'type the command'}: `{line}`") from error
