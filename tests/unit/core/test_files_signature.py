from __future__ import annotations

import pytest

from gto.core import beside, files_signature
from gto.core.event import Problem, TagRecord
from gto.core.files_signature import FilesSignature, FilesSignatureName
from gto.core.names import ArtifactName
from tests.factories import START, oid, record

ID = "0123456789ab"
NAME = f"signatures/a=c/d,v1.0.0-rc.1+b,{ID}"
NONE = [
    f"approvals/m,v1.0.0,prod,{ID}",
    f"signatures/m,v1.0.0,prod,{ID}",
    f"signatures/m,1.0.0,{ID}",
    f"signatures/,v1.0.0,{ID}",
    f"signatures/m,v1.0.0,{ID}0",
    f"signatures/..=m,v1.0.0,{ID}",
    f"signatures/m,v{'9' * 5000}.0.0,{ID}",
    f"signatures/m,v1.0.0,{ID}\n",
]


def test_a_name_is_read_and_written() -> None:
    name = FilesSignatureName(ArtifactName("a:c/d"), "v1.0.0-rc.1+b", ID)
    assert files_signature.find(NAME) == beside.find(NAME) == name
    assert (str(name), name.stage, beside.noun(name)) == (NAME, None, "signature of files")


@pytest.mark.parametrize("text", NONE)
def test_what_is_not_of_the_form_is_none(text: str) -> None:
    assert files_signature.find(text) is None


def test_the_bundle_is_the_message_without_the_signature_of_the_tag() -> None:
    made = record(NAME, oid(2), START)
    head = made.body.partition(b"\n\n")[0]
    signed = b'\n\n{"a": 1}\n-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n'
    found = files_signature.read(made._replace(body=head + signed))
    assert isinstance(found, FilesSignature)
    assert (found.bundle, found.commit) == (b'{"a": 1}', oid(2))


def test_a_lightweight_tag_is_a_problem() -> None:
    found = beside.read(TagRecord(NAME, oid(1), "commit"))
    assert isinstance(found, Problem)
    assert found.code == "files-signature-unreadable"
