from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gto.core.event import LATEST, NULL_OID, Event, Problem, TagRecord, looks_old, moment, parse_zone, read
from gto.core.tag import Kind
from tests.factories import START, body, event, lightweight, oid, record

AGAIN = "make the tag again with gto, or delete it"


def raw(name: str, text: bytes, *, type_: str = "tag", peeled: str = "") -> TagRecord:
    return TagRecord(name, oid(15), type_, text, peeled)


def problem(one: TagRecord) -> Problem:
    found = read(one)
    assert isinstance(found, Problem)
    return found


def happening(one: TagRecord) -> Event:
    found = read(one)
    assert isinstance(found, Event)
    return found


def test_an_annotated_tag_on_a_commit_is_an_event() -> None:
    found = happening(record("a=m#prod#3", oid(2), START, zone="+0130"))
    assert (found.kind, found.artifact, found.tag.stage, found.tag.counter) == (Kind.ASSIGNMENT, "a:m", "prod", 3)
    assert (found.ref, found.commit, found.time) == ("a=m#prod#3", oid(2), START)
    assert found.key == (START, 3, Kind.ASSIGNMENT, "a=m#prod#3")
    assert found.created_at == datetime(2022, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=1.5)))
    assert (found.author, found.author_email, found.message) == ("Ada Lovelace", "ada@example.com", "a tag")


def test_no_counter_counts_as_zero_among_events_of_one_second() -> None:
    assert event("m@v1.0.0").key == (START, 0, Kind.REGISTRATION, "m@v1.0.0")


def test_tags_of_other_programs_are_no_business_of_gto() -> None:
    assert read(record("v1.0.0")) is None
    assert read(lightweight("v1.0.0")) is None
    assert read(lightweight("m@!v1.0.0")) is None
    assert read(raw("release", b"", type_="missing")) is None


def test_a_lightweight_tag_is_set_aside_with_the_way_out() -> None:
    found = problem(lightweight("m@v0.0.1"))
    assert found == Problem(
        "tag-lightweight",
        "m@v0.0.1",
        "a lightweight tag is no event",
        "`git tag -d 'm@v0.0.1'`, then `gto fetch`; write the event with gto only if no remote has it",
        "m",
    )


@pytest.mark.parametrize("type_", ["missing", "corrupt"])
def test_an_object_that_git_cannot_read_is_set_aside(type_: str) -> None:
    found = problem(raw("m@v0.0.1", b"", type_=type_))
    assert found.code == f"tag-{type_}"
    assert found.reason == f"git cannot read the tag object {oid(15)}: it is {type_}"
    assert found.hint.startswith("`gto doctor --fix` fetches it again")


def test_a_creation_is_set_aside() -> None:
    found = problem(record("m@created#1"))
    assert (found.code, found.artifact) == ("tag-creation", "m")
    assert found.reason == "GTO has no event 'created'; the tag is ignored"


@pytest.mark.parametrize("name", ["nn#prod-1", "nn@!v1.0.0"])
def test_the_forms_of_gto_0_are_known(name: str) -> None:
    expected = {"nn#prod-1": ("nn", "prod"), "nn@!v1.0.0": ("nn", "")}
    assert looks_old(name) == expected[name]


def test_a_tag_of_gto_0_that_no_reader_understands_is_set_aside() -> None:
    found = problem(record("nn@!v1.0.0"))
    assert (found.code, found.reason) == ("tag-of-gto-0", "the tag is in the form of GTO 0.x")
    assert "write the event again with gto" in found.hint


def test_what_is_not_of_gto_0_does_not_look_so() -> None:
    assert looks_old("nn#prod") is None


def test_a_body_that_is_not_in_gits_form_is_set_aside() -> None:
    found = problem(raw("m@v0.0.1", b"no tag at all"))
    assert (found.code, found.reason, found.hint) == ("tag-unreadable", "the tag object is not in git's form", AGAIN)


@pytest.mark.parametrize("target", ["tree", "blob"])
def test_a_tag_on_something_else_than_a_commit_is_set_aside(target: str) -> None:
    text = body("m@v0.0.1").replace(b"type commit", b"type " + target.encode())
    found = problem(raw("m@v0.0.1", text))
    assert (found.code, found.reason) == ("tag-not-on-commit", f"the tag is on a {target}, not on a commit")


def test_a_nested_tag_counts_for_the_commit_at_the_end_of_the_chain() -> None:
    text = body("m@v0.0.1", oid(14)).replace(b"type commit", b"type tag")
    assert happening(raw("m@v0.0.1", text, peeled=f"commit {oid(3)}")).commit == oid(3)
    assert problem(raw("m@v0.0.1", text, peeled=f"tree {oid(3)}")).reason == "the tag is on a tree, not on a commit"
    assert problem(raw("m@v0.0.1", text, peeled="missing -")).code == "tag-not-on-commit"
    assert problem(raw("m@v0.0.1", text)).reason == "the tag is on a tag, not on a commit"


def test_a_tag_object_under_another_name_is_set_aside_and_says_its_own() -> None:
    found = problem(raw("m@v0.0.2", body("m@v0.0.1")))
    assert (found.code, found.subject) == ("tag-renamed", "m@v0.0.2")
    assert found.reason == "the tag object calls itself 'm@v0.0.1'"
    assert found.hint == f"a tag object serves only under its own name: {AGAIN}"


def test_a_label_that_is_no_utf_8_is_shown_as_far_as_it_can_be() -> None:
    text = body("m@v0.0.1").replace(b"tag m@v0.0.1", b"tag m\xff")
    assert problem(raw("m@v0.0.1", text)).reason == "the tag object calls itself 'm�'"


@pytest.mark.parametrize(
    "tagger",
    [
        b"",
        b"tagger Ada\n",
        b"tagger Ada <a@b> soon +0000\n",
        b"tagger Ada <a@b> 1 UTC\n",
        b"tagger Ada <a@b> " + b"9" * 5000 + b" +0000\n",
    ],
)
def test_a_tag_without_a_sound_tagger_is_set_aside(tagger: bytes) -> None:
    line = next(line for line in body("m@v0.0.1").splitlines(keepends=True) if line.startswith(b"tagger"))
    found = problem(raw("m@v0.0.1", body("m@v0.0.1").replace(line, tagger)))
    assert (found.code, found.reason) == ("tag-without-tagger", "the tag has no tagger, or a broken one")


def test_a_year_over_9999_or_before_1970_is_set_aside() -> None:
    assert happening(record("m@v0.0.1", time=LATEST)).created_at == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    found = problem(record("m@v0.0.1", time=LATEST + 1))
    assert (found.code, found.reason) == (
        "tag-bad-date",
        "the tag's time, 253402300800, is no date before the year 10000",
    )
    assert problem(record("m@v0.0.1", time=-1)).code == "tag-bad-date"


def test_a_zone_that_leads_out_of_the_years_gives_utc() -> None:
    found = happening(record("m@v0.0.1", time=LATEST, zone="+1400")).created_at
    assert (found, found.utcoffset()) == (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), timedelta(0))
    assert moment(0, timedelta(hours=-12)).year == 1969


@pytest.mark.parametrize(
    ("text", "hours"),
    [(b"+0130", 1.5), (b"-0130", -1.5), (b"+0000", 0), (b"-0000", 0), (b"+2359", 23 + 59 / 60), (b"+0090", 1.5)],
)
def test_a_zone_is_hours_and_minutes(text: bytes, hours: float) -> None:
    assert parse_zone(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", [b"", b"+1", b"+01:30", b"0130", b"+013", b"+01300", b"+2400", b"-9999", b"UTC"])
def test_a_broken_zone_counts_as_utc(text: bytes) -> None:
    assert parse_zone(text) == timedelta(0)


@pytest.mark.parametrize("zone", ["+1", "+9999", "-130", "+013000"])
def test_a_tag_with_a_broken_zone_keeps_its_time_and_its_author(zone: str) -> None:
    found = happening(record("m@v0.0.1", zone=zone))
    assert found.created_at == datetime(2022, 1, 1, tzinfo=UTC)
    assert (found.author, found.author_email) == ("Ada Lovelace", "ada@example.com")


@pytest.mark.parametrize(
    ("tagger", "name", "mail"),
    [
        (b"<a@b>", "", "a@b"),
        (b"Ada <>", "Ada", ""),
        (b"Ada <x> Lovelace <a@b>", "Ada", "x"),
        (b"Ada  <a@b>", "Ada ", "a@b"),
        (b"Ada <<<a@b>", "Ada", "<<a@b"),
        (b"Ada <a@b> x>", "Ada", "a@b"),
        (b"Ada> <a@b>", "Ada>", "a@b"),
        ("Ädä <ä@b>".encode(), "Ädä", "ä@b"),
        (b"Ad\xe4 <\xff@b>", "Ad�", "�@b"),
        (b"nobody>", "", ""),
    ],
)
def test_the_tagger_is_read_however_it_is_written(tagger: bytes, name: str, mail: str) -> None:
    text = body("m@v0.0.1").replace(b"Ada Lovelace <ada@example.com>", tagger)
    found = happening(raw("m@v0.0.1", text))
    assert (found.author, found.author_email, found.time) == (name, mail, START)
    assert found.created_at == datetime(2022, 1, 1, tzinfo=UTC)


def test_a_line_of_the_message_is_never_taken_for_the_tagger() -> None:
    text = body("m@v0.0.1", message="tagger Eve <eve@example.com> 1 +0200")
    found = happening(raw("m@v0.0.1", text.replace(b"Ada Lovelace <ada@example.com>", b"Ada>")))
    assert (found.author, found.created_at) == ("", datetime(2022, 1, 1, tzinfo=UTC))


def test_a_message_that_is_no_utf_8_shows_as_far_as_it_can() -> None:
    text = body("m@v0.0.1", message="x").replace(b"x\n", b"caf\xe9\n")
    assert happening(raw("m@v0.0.1", text)).message == "caf�"


def test_an_empty_message_is_empty() -> None:
    assert happening(raw("m@v0.0.1", body("m@v0.0.1", message=""))).message == ""
    assert happening(raw("m@v0.0.1", body("m@v0.0.1").partition(b"\n\n")[0] + b"\n")).message == ""


@pytest.mark.parametrize("kind", ["PGP SIGNATURE", "SSH SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE"])
def test_a_signature_is_no_part_of_the_message(kind: str) -> None:
    signed = f"two\nlines\n-----BEGIN {kind}-----\n\nabc\n-----END {kind}-----"
    assert happening(raw("m@v0.0.1", body("m@v0.0.1", message=signed))).message == "two\nlines"


def test_a_message_that_speaks_of_signatures_stays_whole() -> None:
    said = "see -----BEGIN PGP SIGNATURE-----\nthere"
    assert happening(raw("m@v0.0.1", body("m@v0.0.1", message=said))).message == said


def test_a_sha_256_repository_has_longer_hashes() -> None:
    assert happening(raw("m@v0.0.1", body("m@v0.0.1", "a" * 64))).commit == "a" * 64


def test_a_ref_without_an_object_id_is_set_aside() -> None:
    found = problem(TagRecord("m@v0.0.1", NULL_OID, "missing"))
    assert (found.code, found.reason) == ("tag-missing", "the file of the ref holds no object id")
    assert found.hint.startswith("delete the file refs/tags/m@v0.0.1")


@pytest.mark.parametrize("name", ["m#prod#" + "9" * 19, f"m@v{'9' * 5000}.0.0", f"m@v1.0.0-{'a' * 300}!#1"])
def test_a_number_beyond_every_bound_is_set_aside(name: str) -> None:
    found = problem(record(name))
    assert (found.code, found.subject, found.artifact) == ("tag-number-too-long", name, "m")
    assert read(lightweight(name)) is None


@pytest.mark.parametrize(("zone", "bad"), [("+0000", False), ("-0130", False), ("+1", True), ("+9999", True)])
def test_a_zone_that_is_none_is_told(zone: str, bad: bool) -> None:  # noqa: FBT001  a case
    assert happening(record("m@v0.0.1", zone=zone)).has_bad_zone is bad
    assert not happening(
        raw("m@v0.0.1", body("m@v0.0.1").replace(b"Ada Lovelace <ada@example.com>", b">"))
    ).has_bad_zone
