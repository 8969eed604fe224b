"""What a command that changes the registry says when it is done."""

from gto.cli import render
from gto.registry.write.edit_target import Saved
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


def show_saved(saved: Saved, *, as_json: bool) -> None:
    """Print what became of an annotation's file."""
    if as_json:
        render.as_json({"file": saved.file, "committed": saved.committed, "pushed": saved.pushed})
    else:
        render.lines(saved.lines())
