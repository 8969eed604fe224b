from __future__ import annotations

import pytest

from gto.core import tag, wording
from gto.core.tag import Kind


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        ("m@v1.0.0", "Registering artifact m version v1.0.0"),
        ("m@v1.0.0!", "Deregistering artifact m version v1.0.0"),
        ("m#prod#1", "Assigning stage prod to artifact m version v2.0.0"),
        ("m#prod!#1", "Unassigning stage 'prod' to artifact 'm' version 'v2.0.0'"),
        ("m@deprecated", "Deprecating artifact 'm'"),
        ("m@created", "Creating artifact 'm'"),
    ],
)
def test_a_tag_that_was_given_no_message_has_that_of_gto_1(ref: str, text: str) -> None:
    assert wording.default_message(tag.parse(ref), "v2.0.0") == text


@pytest.mark.parametrize(
    ("ref", "effect"),
    [
        ("nn@v0.0.1", "registers version"),
        ("nn@v0.0.1!", "deregisters version"),
        ("nn#prod#1", "assigns stage to version 'v0.0.1'"),
        ("nn#prod!#2", "unassigns stage from version 'v0.0.1'"),
        ("nn@deprecated", "deprecates artifact"),
        ("nn@created", "creates artifact"),
    ],
)
def test_a_created_tag_is_said_to_the_letter(ref: str, effect: str) -> None:
    assert wording.created(tag.parse(ref).kind, ref, "v0.0.1") == f"Created git tag '{ref}' that {effect}"


def test_a_deleted_tag_is_said_to_the_letter() -> None:
    assert wording.deleted("nn@v0.0.1") == "Deleted git tag 'nn@v0.0.1'"


def test_the_way_to_push_quotes_what_a_shell_would_read() -> None:
    head = "To push the changes upstream, run:"
    assert wording.how_to_push("nn@v0.0.1") == (head, "    git push origin nn@v0.0.1")
    assert wording.how_to_push("nn@v0.0.1", delete=True) == (head, "    git push --delete origin nn@v0.0.1")
    assert wording.how_to_push("nn#prod!#2")[1] == "    git push origin 'nn#prod!#2'"
    assert wording.how_to_push("a=nn@v0.0.1")[1] == "    git push origin a=nn@v0.0.1"


def test_a_push_is_told_without_quotes() -> None:
    assert wording.pushed("nn#prod#1") == (
        "Running `git push origin nn#prod#1`",
        "Successfully pushed git tag nn#prod#1 on remote.",
    )
    assert wording.pushed("nn@v0.0.1", delete=True) == (
        "Running `git push --delete origin nn@v0.0.1`",
        "Successfully deleted git tag nn@v0.0.1 on remote.",
    )


def test_what_happened_is_said_in_a_sentence_for_every_kind() -> None:
    said = [wording.happened(kind, "rf", "v1.2.4", "production") for kind in Kind]
    assert said == [
        'Artifact "rf" was created',
        'Artifact "rf" was deprecated',
        'Version "v1.2.4" of artifact "rf" was registered',
        'Version "v1.2.4" of artifact "rf" was deregistered',
        'Stage "production" was assigned to version "v1.2.4" of artifact "rf"',
        'Stage "production" was unassigned from version "v1.2.4" of artifact "rf"',
    ]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("better", "better\n\nVia: Studio"),
        ("better\n", "better\n\nVia: Studio"),
        ("Fix: the seed", "Fix: the seed\n\nVia: Studio"),  # a subject is no trailer
        ("better\n\nit is: so\n- as said", "better\n\nit is: so\n- as said\n\nVia: Studio"),
        ("bye\n-----BEGIN PGP SIGNATURE-----", "bye\n -----BEGIN PGP SIGNATURE-----\n\nVia: Studio"),
        ("better\n\nReviewed-by: Ada\nRefs: 12", "better\n\nReviewed-by: Ada\nRefs: 12\nVia: Studio"),
    ],
)
def test_a_line_is_put_among_the_trailers_of_a_message(message: str, said: str) -> None:
    assert wording.with_trailer(message, "Via: Studio") == said
