"""How to get a version from somewhere: a shell, Python, DVC, curl, a Dockerfile."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.core.snapshot import VersionState
from gto.studio.index.lookup import FoundRepository


class Snippet(NamedTuple):
    """How to get the version from somewhere."""

    name: str
    code: str

    @property
    def anchor(self) -> str:
        """What its link leads to."""
        return f"use-{re.sub('[^a-z]', '', self.name.lower())}"


def snippets(
    repo: FoundRepository, name: str, version: VersionState, lineage: Mapping[str, object] | None
) -> Iterator[Snippet]:
    """Yield the ways that work: those of DVC and curl for what DVC keeps, a Dockerfile for what a URL names."""
    if version.is_registered:
        selector, rev = f"{name}@{version.name}", ""
        tag = version.registrations[-1].ref
    else:
        selector, rev, tag = name, version.commit, version.commit
    words = [selector, "-r", repo.address, *(["--rev", rev] if rev else [])]
    asked = shlex.join(words)
    yield Snippet("gto", f"gto get {asked}")
    more = f", rev={rev!r}" if rev else ""
    yield Snippet("Python", f"import gto.api\n\ngto.api.get({repo.address!r}, {selector!r}{more})")
    home = lineage.get("kept_in") if lineage else None
    path = str(lineage.get("path")) if lineage else ""
    if home in {"dvc", "git"}:
        yield Snippet("DVC", shlex.join(["dvc", "get", "--rev", tag, repo.address, path]))
    if home == "dvc":
        yield Snippet("curl", f"gto url --sign {asked} | xargs -n 1 curl -fLO")
    if repo.is_remote:
        yield Snippet("Docker", f"FROM python:3.12\nRUN pip install gto && gto get {asked} -o /model")
