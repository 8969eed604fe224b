from __future__ import annotations

import pytest

from gto.core import tag
from gto.core.names import ArtifactName
from gto.core.tag import Action, Kind, TagName
from gto.exceptions import InvalidTagName

M = ArtifactName("m")
FORMS = [
    ("m@v1.0.0", TagName(Kind.REGISTRATION, M, "v1.0.0")),
    ("m@v1.0.0#3", TagName(Kind.REGISTRATION, M, "v1.0.0", None, 3)),
    ("m@v1.0.0!", TagName(Kind.DEREGISTRATION, M, "v1.0.0")),
    ("m@v1.0.0!#3", TagName(Kind.DEREGISTRATION, M, "v1.0.0", None, 3)),
    ("m@v1.0.0-rc.1+b.2", TagName(Kind.REGISTRATION, M, "v1.0.0-rc.1+b.2")),
    ("m#prod", TagName(Kind.ASSIGNMENT, M, None, "prod")),
    ("m#prod#1", TagName(Kind.ASSIGNMENT, M, None, "prod", 1)),
    ("m#prod/eu#1", TagName(Kind.ASSIGNMENT, M, None, "prod/eu", 1)),
    ("m#prod!", TagName(Kind.UNASSIGNMENT, M, None, "prod")),
    ("m#prod!#1", TagName(Kind.UNASSIGNMENT, M, None, "prod", 1)),
    ("m#1", TagName(Kind.ASSIGNMENT, M, None, "1")),
    ("m#1#2", TagName(Kind.ASSIGNMENT, M, None, "1", 2)),
    ("m@deprecated", TagName(Kind.DEPRECATION, M)),
    ("m@deprecated#2", TagName(Kind.DEPRECATION, M, None, None, 2)),
    ("m@created", TagName(Kind.CREATION, M)),
    ("m@created#2", TagName(Kind.CREATION, M, None, None, 2)),
    ("a/b=c/d@v1.0.0", TagName(Kind.REGISTRATION, ArtifactName("a/b:c/d"), "v1.0.0")),
    ("x.y=m#prod#0", TagName(Kind.ASSIGNMENT, ArtifactName("x.y:m"), None, "prod", 0)),
]
NONE = [
    "",
    "m",
    "m@",
    "m#",
    "@v1.0.0",
    "#prod",
    "m@v1.0",
    "m@1.0.0",
    "m@latest",
    "m@v1.0.0#",
    "m@v1.0.0#a",
    "m@v1.0.0#-1",
    "m@v1.0.0#\uff11",
    "m@!v1.0.0",
    "m@v1.0.0!!",
    "m@deprecated!",
    "m#prod#1#2",
    "m#prod#!",
    "m:n@v1.0.0",
    "a=b=c@v1.0.0",
    "m@v1.0.0\n",
    "m@v1.0.0@v1.0.0",
    "-m@v1.0.0",
    "m-@v1.0.0",
    "m#-prod",
    "mä@v1.0.0",
    "refs/tags/m @v1.0.0",
]


@pytest.mark.parametrize(("text", "name"), FORMS)
def test_every_form_of_the_grammar_is_read_and_written(text: str, name: TagName) -> None:
    assert tag.find(text) == name
    assert tag.parse(text) == name
    assert str(name) == text


@pytest.mark.parametrize("text", NONE)
def test_a_name_outside_the_grammar_is_no_event(text: str) -> None:
    assert tag.find(text) is None
    with pytest.raises(InvalidTagName) as refused:
        tag.parse(text)
    assert refused.value.message == f"Cannot parse tag name '{text}'"
    assert refused.value.hint == "an event looks like 'name@v1.0.0' or 'name#stage#1'"
    assert refused.value.tag == text


def test_a_counter_has_eighteen_digits_at_most() -> None:
    name = tag.parse("m#prod#" + "9" * 18)
    assert name.counter == tag.MOST_COUNTER
    assert tag.find("m#prod#" + "9" * 19) is None
    assert tag.find("m#prod#" + "9" * 5000) is None


def test_zeros_before_a_counter_are_read_as_the_same_number() -> None:
    assert tag.parse("m#prod#007").counter == 7


def test_a_version_of_five_thousand_digits_is_no_event() -> None:
    assert tag.find(f"m@v{'9' * 5000}.0.0") is None


@pytest.mark.parametrize("text", ["a" * 100_000, "a=" * 50_000, "m@v1.0.0-" + "1." * 50_000, "m#" + "-" * 100_000])
def test_a_name_of_a_hundred_thousand_characters_is_answered(text: str) -> None:
    assert tag.find(text) is None


def test_the_kinds_are_ordered_as_gto_1_orders_events_of_one_second() -> None:
    assert [kind.noun for kind in sorted(Kind)] == [
        "creation",
        "deprecation",
        "registration",
        "deregistration",
        "assignment",
        "unassignment",
    ]
    assert [int(kind) for kind in Kind] == [1, 2, 3, 4, 5, 6]


def test_a_kind_says_what_its_tags_do() -> None:
    assert {kind: kind.action for kind in Kind} == {
        Kind.CREATION: Action.CREATE,
        Kind.DEPRECATION: Action.DEPRECATE,
        Kind.REGISTRATION: Action.REGISTER,
        Kind.DEREGISTRATION: Action.DEREGISTER,
        Kind.ASSIGNMENT: Action.ASSIGN,
        Kind.UNASSIGNMENT: Action.UNASSIGN,
    }
    assert {kind for kind in Kind if kind.is_addition} == {Kind.CREATION, Kind.REGISTRATION, Kind.ASSIGNMENT}
    assert {kind for kind in Kind if kind.of_version} == {Kind.REGISTRATION, Kind.DEREGISTRATION}
    assert {kind for kind in Kind if kind.of_stage} == {Kind.ASSIGNMENT, Kind.UNASSIGNMENT}


def test_the_parts_of_a_name_are_those_that_it_has() -> None:
    assert tag.parts(tag.parse("a=m#prod!#0")) == {
        "name": "a:m",
        "stage": "prod",
        "action": Action.UNASSIGN,
        "counter": 0,
    }
    assert tag.parts(tag.parse("m@v1.0.0")) == {"name": "m", "version": "v1.0.0", "action": Action.REGISTER}
