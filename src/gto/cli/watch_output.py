"""What `gto watch` prints: a line for each event, as words or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gto.cli import render, write_out
from gto.output.escape import one_line

if TYPE_CHECKING:
    from gto.watch.journal import Cursor
    from gto.watch.new_events import NewEvents
    from gto.watch.outcome import Settled


def settled(one: Settled, *, as_json: bool) -> None:
    """Say how a try to hand an event on ended."""
    from gto.watch.outcome import NextStep

    words = f"{one.pending.event.kind.noun} {one.pending.event.ref}"
    if one.outcome.verdict is NextStep.AGAIN:
        render.note(f"note: {words}: {one_line(one.outcome.reason)}; it is tried again")
    elif as_json:
        _line(one.as_dict())
    elif one.outcome.verdict is NextStep.DONE:
        click.echo(f"delivered {words}")
    else:
        click.echo(f"given up  {words}: {one_line(one.outcome.reason)} ({one.tries} tries)")


def _line(value: object) -> None:
    click.echo(write_out.json_text(value), nl=False)


def plan(found: NewEvents, receiver: object, *, as_json: bool) -> None:
    """Say what would be delivered now."""
    from gto.watch.payload import tell

    if found.passed:
        render.note(f"note: {found.passed} event tag(s) were there before, and would be passed over")
    for note in found.notes:
        render.note(f"note: {one_line(note)}")
    for one in found.new:
        if as_json:
            _line(tell(one).as_dict())
        else:
            click.echo(f"would deliver {one.event.kind.noun} {one.event.ref}: {one_line(str(receiver))}")


def dead(cursor: Cursor, *, as_json: bool) -> None:
    """Print the events that were given up."""
    from gto.core import tag
    from gto.core.event import moment
    from gto.output.tables import Table
    from gto.watch.outcome import NextStep

    found = cursor.dead()
    if as_json:
        for one in found:
            name = tag.parse(one.ref)
            fields: dict[str, object] = {"result": NextStep.NEVER.value, "event": name.kind.noun, "name": name.artifact}
            fields |= {"ref": f"refs/tags/{one.ref}", "key": one.oid, "tries": one.tries, "reason": one.reason}
            _line({**fields, "time": moment(one.time).isoformat()})
    elif found:
        rows = tuple((str(moment(one.time)), one.ref, str(one.tries), one.reason) for one in found)
        render.table(Table(("time", "ref", "tries", "reason"), rows), plain=False)
    else:
        render.say("There are no dead letters")
