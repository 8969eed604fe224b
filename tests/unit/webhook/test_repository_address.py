"""Addresses of repositories are compared by where they lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gto.webhook.repository_address import comparable

SAME = [
    ("host/a/b", ["https://host/a/b.git", "http://HOST:80/A/b/", "ssh://git@host:2222/a/b", "git@host:a/b.git"]),
    ("host/a/b", ["git://host/a/b", "git+ssh://host//a//b.git/", "https://u:p%40@host:443/a/b?x#y", "https://host./a/b"]),
    ("host:8443/a/b", ["https://host:8443/a/b.git"]),
    ("[::1]:3000/a/b", ["http://[::1]:3000/a/b"]),
    ("dev.azure.com/o/r/_git/r", ["https://o@dev.azure.com/o/_git/r", "https://o.visualstudio.com/_git/r"]),
    ("dev.azure.com/o/p/_git/r", ["git@ssh.dev.azure.com:v3/o/p/r", "https://dev.azure.com/o/p/_git/r"]),
    ("dev.azure.com/o/p", ["https://dev.azure.com/o/p"]),
    ("tfs.corp/tfs/c/p/_git/r", ["https://tfs.corp/tfs/C/P/_git/r", "ssh://tfs.corp:22/tfs/c/p/_git/r"]),
    ("git.corp/p/r", ["https://git.corp/scm/p/r.git", "https://git.corp/projects/P/repos/r/browse"]),
    ("/srv/git/a", ["/srv/git/a.git/", "file:///srv/git/a", "/srv/x/../git/a"]),
    ("", ["", "name", "host/a/b", "https://", "https://host", "https://host/", "ext::sh -c x", "git@host:"]),
]  # fmt: skip


@pytest.mark.parametrize(("form", "address"), [(form, one) for form, every in SAME for one in every])
def test_addresses_that_lead_to_one_repository_have_one_form(form: str, address: str) -> None:
    assert comparable(address) == form


@given(st.text() | st.text(alphabet="htps:/@.a[]%2fgit~", max_size=40))
def test_every_text_has_a_form(text: str) -> None:
    assert isinstance(comparable(text), str)
