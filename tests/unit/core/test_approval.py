from __future__ import annotations

import pytest

from gto.core import approval
from gto.core.approval import Approval, ApprovalName
from gto.core.event import Problem, TagRecord
from gto.core.names import ArtifactName
from tests.factories import START, oid, record

ID = "0123456789ab"
FORMS = [
    (f"approvals/m,v1.0.0,prod,{ID}", ApprovalName(ArtifactName("m"), "v1.0.0", "prod", ID)),
    (
        f"approvals/a=c/d,v1.0.0-rc.1+b,prod/eu,{ID}",
        ApprovalName(ArtifactName("a:c/d"), "v1.0.0-rc.1+b", "prod/eu", ID),
    ),
]
NONE = [
    f"m,v1.0.0,prod,{ID}",
    f"approvals/m,1.0.0,prod,{ID}",
    f"approvals/m,v1.0.0,,{ID}",
    f"approvals/,v1.0.0,prod,{ID}",
    f"approvals/m,v1.0.0,prod,{ID}0",
    f"approvals/m,v1.0.0,prod,{ID.upper()}",
    f"approvals/m,v1.0.0,prod,{ID[1:]}",
    f"approvals/m,v{'9' * 5000}.0.0,prod,{ID}",
    f"approvals/..=m,v1.0.0,prod,{ID}",
    f"refs/tags/approvals/m,v1.0.0,prod,{ID}",
    f"approvals/m,v1.0.0,prod,{ID}\n",
    "approvals/m@v1.0.0",
]
NAME = FORMS[0][0]


@pytest.mark.parametrize(("text", "name"), FORMS)
def test_a_name_is_read_and_written(text: str, name: ApprovalName) -> None:
    assert approval.find(text) == name
    assert str(name) == text


@pytest.mark.parametrize("text", NONE, ids=lambda text: text[:40])
def test_what_has_another_form_is_no_approval(text: str) -> None:
    assert approval.find(text) is None


def test_a_sound_tag_is_an_approval() -> None:
    found = approval.read(record(NAME, oid(2), START))
    assert isinstance(found, Approval)
    assert found[:4] == (FORMS[0][1], NAME, oid(2), START)
    assert (found.author, found.author_email) == ("Ada Lovelace", "ada@example.com")


def test_a_tag_of_another_name_is_no_business_of_approvals() -> None:
    assert approval.read(record("m@v1.0.0")) is None


@pytest.mark.parametrize(
    ("record_", "code"),
    [
        (TagRecord(NAME, oid(1), "commit"), "approval-unreadable"),
        (TagRecord(NAME, oid(1), "missing"), "approval-unreadable"),
        (TagRecord(NAME, oid(1), "corrupt"), "approval-unreadable"),
        (TagRecord(NAME, oid(1), "tag", b"nonsense"), "tag-unreadable"),
        (record(NAME)._replace(body=record(FORMS[1][0]).body), "tag-renamed"),
    ],
)
def test_what_cannot_be_read_is_a_problem_of_its_artifact(record_: TagRecord, code: str) -> None:
    found = approval.read(record_)
    assert isinstance(found, Problem)
    assert (found.code, found.subject, found.artifact) == (code, NAME, "m")
    assert found.reason
    assert found.hint
