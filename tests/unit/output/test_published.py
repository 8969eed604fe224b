from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gto.core import view
from gto.core.commit_facts import Commit
from gto.core.snapshot import VersionState
from gto.core.tag import Kind
from gto.core.view import Choice, Row, VersionRow
from gto.output import published, published_artifact, published_version
from gto.output.commit_event import Enriched
from gto.output.published import Origin
from tests.factories import event, oid, tags

LINES = ("m@v1.0.0 1", "m#prod#1 1", "m#dev#2 3", "m#prod!#3 1", "m#prod#4 1", "m@v1.0.0! 1", "m@deprecated 1")
NOTHING = Enriched({}, {})
AUTHOR = {"author": "Ada Lovelace", "author_email": "ada@example.com", "message": "a tag"}


def minute(number: int) -> datetime:
    return datetime(2022, 1, 1, 0, number, tzinfo=UTC)


def commit(number: int, moment: datetime) -> Commit:
    return Commit(oid(number), "Ann", "ann@x", "Cy", "cy@x", moment, "work")


def row(name: str, *lines: str) -> VersionRow:
    found = [one for one in view.versions(tags(*lines).state(), Choice(deprecated=True)) if one.version.name == name]
    return found[0]


def bare() -> VersionRow:
    return VersionRow(VersionState(oid(7), oid(7), None), ())


def test_an_event_is_published_under_the_keys_of_gto_1() -> None:
    made = published.published(event("a=m#prod#1", 2), "v1.0.0")
    assert made.dict_state() == {
        "priority": 5,
        "addition": True,
        "artifact": "a:m",
        "created_at": minute(0),
        **AUTHOR,
        "commit_hexsha": oid(2),
        "tag": "a=m#prod#1",
        "version": "v1.0.0",
        "stage": "prod",
        "event": "assignment",
    }
    assert (made.tag, made.ref, made.kind) == ("a=m#prod#1", "a=m#prod#1", Kind.ASSIGNMENT)
    assert str(made) == 'Stage "prod" was assigned to version "v1.0.0" of artifact "a:m"'


def test_an_event_without_version_and_stage_leaves_their_keys_out() -> None:
    made = published.published(event("m@deprecated"), None).dict_state({"priority", "addition", "event"})
    assert list(made) == ["artifact", "created_at", "author", "author_email", "message", "commit_hexsha", "tag"]


def test_a_version_is_published_with_its_events_and_stages() -> None:
    found = published_version.version_line("m", row("v1.0.0", *LINES[:5]), NOTHING)
    assert list(found) == [
        "artifact",
        "commit_hexsha",
        "version",
        "enrichments",
        "registrations",
        "deregistrations",
        "stages",
        "is_active",
        "activated_at",
        "created_at",
        "author",
        "author_email",
        "message",
        "ref",
        "discovered",
    ]
    assert (found["is_active"], found["discovered"], found["ref"]) == (True, False, "m@v1.0.0")
    assert (found["activated_at"], found["created_at"]) == (minute(0), minute(0))
    assert found["registrations"] == [
        {
            "priority": 3,
            "addition": True,
            "artifact": "m",
            "created_at": minute(0),
            **AUTHOR,
            "commit_hexsha": oid(1),
            "tag": "m@v1.0.0",
            "version": "v1.0.0",
        }
    ]


def test_a_stage_of_a_version_is_published_with_its_newest_assignment() -> None:
    found = published_version.version_line("m", row("v1.0.0", *LINES[:5]), NOTHING)["stages"]
    assert isinstance(found, list)
    (stage,) = found
    assert (stage["stage"], stage["is_active"], stage["ref"]) == ("prod", True, "m#prod#4")
    assert (stage["activated_at"], stage["created_at"]) == (minute(4), minute(4))
    assert [one["tag"] for one in stage["assignments"]] == ["m#prod#1", "m#prod#4"]
    assert [one["event"] for one in stage["unassignments"]] == ["unassignment"]


def test_a_stage_that_was_taken_off_was_never_activated() -> None:
    state = tags(*LINES[:4]).state().version("v1.0.0")
    assert state is not None
    found = published_version.version_line("m", VersionRow(state, state.stages), NOTHING)["stages"]
    assert isinstance(found, list)
    assert (found[0]["is_active"], found[0]["activated_at"]) == (False, None)


def test_a_deregistered_version_keeps_the_time_at_which_it_began() -> None:
    found = published_version.version_line("m", row("v1.0.0", *LINES), NOTHING)
    assert (found["is_active"], found["activated_at"]) == (False, minute(0))


def test_a_commit_with_a_stage_comes_from_its_newest_event_and_began_with_the_older_of_event_and_commit() -> None:
    one = row(oid(3), *LINES)
    found = published_version.version_line("m", one, NOTHING)
    assert (found["discovered"], found["ref"], found["created_at"]) == (True, "m#dev#2", minute(2))
    assert found["activated_at"] == minute(2)
    earlier = Enriched({oid(3): commit(3, minute(1))}, {})
    assert published_version.version_line("m", one, earlier)["activated_at"] == minute(1)


def test_a_version_that_only_an_annotation_knows_comes_from_its_commit() -> None:
    found = published_version.version_line("m", bare(), Enriched({oid(7): commit(7, minute(9))}, {}))
    assert (found["created_at"], found["author"], found["ref"]) == (minute(9), "Ann", oid(7))
    assert published.origin(bare().version, {oid(7): commit(7, minute(9))}) == Origin(
        minute(9), "Ann", "ann@x", "work", oid(7)
    )


def test_a_version_of_which_nothing_tells_is_published_with_empty_fields() -> None:
    found = published_version.version_line("m", bare(), NOTHING)
    assert (found["created_at"], found["activated_at"], found["author"], found["message"]) == (None, None, "", "")
    assert found["ref"] == oid(7)
    assert published_version.published_version("m", bare().version, NOTHING).ref == oid(7)


def test_the_facts_of_a_commit_enrich_its_version() -> None:
    enriched = Enriched({oid(1): commit(1, minute(9))}, {oid(1): [{"source": "gto"}]})
    found = published_version.version_line("m", row("v1.0.0", *LINES), enriched)["enrichments"]
    assert found == [
        {
            "priority": 0,
            "addition": True,
            "artifact": "m",
            "created_at": minute(9),
            "author": "Ann",
            "author_email": "ann@x",
            "message": "work",
            "commit_hexsha": oid(1),
            "version": "v1.0.0",
            "enrichments": [{"source": "gto"}],
            "committer": "Cy",
            "committer_email": "cy@x",
        }
    ]


def test_a_row_of_the_registry_joins_the_versions_of_a_stage() -> None:
    line = Row("m", "v2.0.0", {"prod": ("v2.0.0", "v1.0.0"), "dev": ()}, registered=True, active=False)
    assert published.row(line, ["dev", "prod"]) == {
        "version": "v2.0.0",
        "stage": {"dev": None, "prod": "v2.0.0, v1.0.0"},
        "registered": True,
        "active": False,
    }


def test_the_state_holds_everything_of_an_artifact() -> None:
    found = published_artifact.published_artifact(tags(*LINES).state(), NOTHING).model_dump()
    assert (found["artifact"], found["creations"]) == ("m", [])
    assert isinstance(found["versions"], list)
    assert [one["version"] for one in found["versions"]] == ["v1.0.0", oid(3)]
    assert list(found["versions"][0]["stages"]) == ["prod"]
    assert isinstance(found["deprecations"], list)
    assert [one["tag"] for one in found["deprecations"]] == ["m@deprecated"]


def test_a_line_of_the_history_has_the_keys_of_gto_1() -> None:
    line = published.history_line(published.published(event("m#prod#1"), "v1.0.0"))
    assert line == {
        "timestamp": minute(0),
        "artifact": "m",
        "event": "assignment",
        "priority": 5,
        "version": "v1.0.0",
        "stage": "prod",
        "commit": oid(1),
        **AUTHOR,
        "ref": "m#prod#1",
    }


def test_the_event_of_a_tag_is_found_with_its_version() -> None:
    state = tags(*LINES).state()
    found = published.find_event(state, "m#prod#1")
    assert found is not None
    assert found.version == "v1.0.0"
    assert published.find_event(state, "m#prod#9") is None


def test_a_version_in_its_published_form_has_its_stages() -> None:
    found = published_version.published_version("m", row("v1.0.0", *LINES[:5]).version, NOTHING)
    assert (found.version, found.is_active, found.is_registered, found.ref) == ("v1.0.0", True, True, "m@v1.0.0")
    assert (found.created_at, found.author) == (minute(0), "Ada Lovelace")
    assert [(one.stage, one.version, one.is_active, one.ref) for one in found.get_vstages()] == [
        ("prod", "v1.0.0", True, "m#prod#4")
    ]
    assert list(found.stages) == ["prod"]


@pytest.mark.parametrize(("ref", "addition"), [("m@v1.0.0", True), ("m@v1.0.0!", False), ("m@deprecated", False)])
def test_an_event_adds_or_takes_back(ref: str, addition: bool) -> None:  # noqa: FBT001  a case
    assert published.published(event(ref), None).addition is addition
