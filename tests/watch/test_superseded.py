"""Which dead letters are delivered again: those that no later event overtook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core.event import read
from gto.core.snapshot import fold
from gto.registry.registry import Registry
from gto.watch.journal import HandledTag, Mark
from gto.watch.superseded import overtaken, stale, still_to_deliver
from tests.factories import Tags, records
from tests.objects import write_object

if TYPE_CHECKING:
    from tests.repo import Repo

TAKEN = "version 'v2.0.0' is in stage 'prod' by now"


@pytest.mark.parametrize(
    ("first", "later", "why"),
    [
        ("m#prod#1 1", [], ""),
        ("m#prod#1 1", ["m#dev#2 2"], ""),
        ("m#prod#1 1", ["m#prod#2 2"], TAKEN),
        ("m#prod#1 1", ["m#prod#2 2", "m#prod#3 1"], ""),
        ("m#prod#1 1", ["m#prod!#2 1"], "no version is in stage 'prod' by now"),
        ("m#prod#1 1", ["m@v1.0.0! 1"], "no version is in stage 'prod' by now"),
        ("m#prod!#1 1", [], ""),
        ("m#prod!#1 1", ["m#prod#2 2"], TAKEN),
        ("m#prod!#1 1", ["m#prod#2 2", "m#prod!#3 2"], ""),
        ("m@v3.0.0 3", [], ""),
        ("m@v3.0.0 3", ["m@v3.0.0! 3"], "version 'v3.0.0' is deregistered by now"),
        ("m@v1.0.0! 1", [], ""),
        ("m@v1.0.0! 1", ["m@v1.0.0#2 1"], "version 'v1.0.0' is registered by now"),
        ("m@deprecated 1", [], ""),
        ("m@deprecated 1", ["m@v3.0.0 3"], "artifact 'm' is not deprecated by now"),
    ],
)
def test_an_event_is_overtaken_where_later_ones_say_otherwise(first: str, later: list[str], why: str) -> None:
    state = Tags(records("m@v1.0.0 1", "m@v2.0.0 2", first, *later)).state()
    event = next(one for one in state.events if one.ref == first.partition(" ")[0])
    assert overtaken(state, event) == why


def test_a_version_that_left_a_stage_which_another_held_all_the_while_is_told() -> None:
    state = Tags(records("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1", "m#prod#2 2", "m#prod!#3 1")).state()
    assert overtaken(state, next(one for one in state.events if one.ref == "m#prod!#3")) == ""


def test_letters_come_in_the_order_of_their_events_and_one_that_cannot_be_read_stays() -> None:
    tags = Tags(records("m@v1.0.0 1", "m#prod#1 1", "m#dev#2 1"))
    oids = {event.ref: event.oid for event in tags.events}
    made = {ref: HandledTag(Mark.DEAD, oids.get(ref, "ab"), ref) for ref in ("m#dev#2", "m#prod#1", "n@v1.0.0")}
    found = still_to_deliver(made.values(), tags.snapshot(), {**oids, "n@v1.0.0": "ab"})
    assert [one.ref for one in found.events] == ["m#prod#1", "m#dev#2"]
    assert (found.over, found.notes) == ([], [])


def test_a_signature_that_is_only_wrapped_anew_and_an_event_that_was_overtaken_are_no_news(repo: Repo) -> None:
    sealed = b"-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n"
    events = Tags(records("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 1", "m#prod#2 2", "m#dev#3 1"))
    known = {event.ref: write_object(repo, "tag", event.body + sealed % b"abcd") for event in events.events}
    wrapped = [one._replace(body=one.body + sealed % b"ab\ncd") for one in events.records]
    found = fold(item for one in wrapped if (item := read(one)) is not None)
    registry = Registry.open(repo.path)
    again = {ref: [oid] for ref, oid in known.items()}
    assert set(stale(registry, found, again).values()) == {"it was handled before, and only its signature is another"}
    other = write_object(repo, "tag", events.events[0].body)
    assert stale(registry, found, {"m#prod#1": [other], "m#prod#2": [other], "m#dev#3": ["0" * 39 + "1"]}) == {
        "m#prod#1": TAKEN
    }
    assert stale(registry, found, {}) == {}
