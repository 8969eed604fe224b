"""What a command that writes says when it is done."""

from gto.cli import render
from gto.registry.write.verbs import Outcome


def show(outcome: Outcome, *, as_json: bool) -> None:
    """Print what was written; the notes go to stderr."""
    if as_json:
        events = [event.dict_state({"priority", "addition"}) for event in outcome.events]
        render.as_json({"events": events, "deleted": list(outcome.deleted), "pushed": outcome.pushed})
    else:
        render.lines(outcome.lines())
    for text in outcome.notes:
        render.note(f"note: {text}")
