from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from gto.core import approval, beside, names, tag
from gto.core.approval import ApprovalName
from gto.core.event import TagRecord
from gto.core.files_signature import FilesSignatureName
from tests.factories import oid
from tests.properties.strategies import artifact_names, plain_names, versions

approval_names = st.builds(
    ApprovalName,
    artifact_names.filter(names.is_artifact),
    versions,
    plain_names,
    st.text("0123456789abcdef", min_size=12, max_size=12),
)


signature_names = st.builds(
    FilesSignatureName,
    artifact_names.filter(names.is_artifact),
    versions,
    st.text("0123456789abcdef", min_size=12, max_size=12),
)


@given(signature_names)
def test_the_name_of_a_signature_of_files_reads_as_it_was_written_and_is_no_event(name: FilesSignatureName) -> None:
    assert beside.find(str(name)) == name
    assert tag.find(str(name)) is None


@given(approval_names)
def test_the_name_of_an_approval_reads_as_it_was_written_and_is_no_event(name: ApprovalName) -> None:
    assert approval.find(str(name)) == name
    assert tag.find(str(name)) is None


@given(st.text(), st.sampled_from(["tag", "commit", "missing"]), st.binary(max_size=200))
def test_no_tag_makes_the_reader_of_approvals_raise(text: str, type_: str, body: bytes) -> None:
    for name in (text, f"{approval.PREFIX}{text}", f"approvals/m,v1.0.0,prod,{text}"):
        assert approval.read(TagRecord(name, oid(1), type_, body)) is None or approval.find(name) is not None
    for name in (text, f"signatures/{text}", f"signatures/m,v1.0.0,{text}"):
        assert beside.read(TagRecord(name, oid(1), type_, body)) is None or beside.find(name) is not None


@given(approval_names, approval_names)
def test_different_approvals_have_different_names(one: ApprovalName, other: ApprovalName) -> None:
    assume(one != other)
    assert str(one) != str(other)
