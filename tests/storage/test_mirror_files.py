"""Files of a repository that a URL names: blobs fetched all at once, and its word on Git LFS believed only so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.git.mirror_objects import open_mirror
from gto.git.remote import parse
from gto.storage.download import download
from gto.storage.lfs_endpoint import Endpoint, find_endpoint
from gto.storage.location import Content, Digest, GitBlob

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo
    from tests.server import Server

ELSEWHERE = "http://127.0.0.1:9/lfs"


def push(repo: Repo, server: Server, files: dict[str, str]) -> str:
    """The URL of a repository that has these files."""
    server.new("models.git", "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true")
    repo.commit("files", files)
    repo.git("push", "--quiet", server.url(), "main")
    return server.url()


def test_the_blobs_of_a_directory_are_fetched_with_one_request(repo: Repo, server: Server, tmp_path: Path) -> None:
    files = {f"dir/{number}": f"{number}\n" * 100 for number in range(20)}
    opened = open_mirror(parse(push(repo, server, files)))
    oids = {name: repo.git("rev-parse", f"HEAD:{name}") for name in files}
    contents = [Content(name, None, Digest("git", oid), (GitBlob(oid),)) for name, oid in oids.items()]
    server.forget()
    download(contents, str(tmp_path / "out"), is_directory=True, repo=opened)
    assert {name: (tmp_path / "out" / name).read_text() for name in files} == files
    assert len([one for one in server.requests if one.method == "POST"]) <= 2
    server.forget()
    download([contents[0]._replace(path="")], str(tmp_path / "one"), is_directory=False, repo=opened)
    assert server.requests == []


def test_a_stranger_s_lfsconfig_leads_only_to_its_own_host(repo: Repo, server: Server) -> None:
    opened = open_mirror(parse(push(repo, server, {".lfsconfig": f"[lfs]\n\turl = {ELSEWHERE}\n"})))
    assert find_endpoint(opened, "HEAD") == Endpoint(ELSEWHERE, trusted=False)
    own = f"http://127.0.0.1:{server.port}/own"
    repo.commit("its own host", {".lfsconfig": f"[lfs]\n\turl = {own}\n"})
    repo.git("push", "--quiet", server.url(), "main")
    opened = open_mirror(parse(server.url()))
    assert find_endpoint(opened, "HEAD") == Endpoint(own, trusted=True)
    repo.git("config", "--global", "lfs.url", ELSEWHERE)
    assert find_endpoint(opened, "HEAD") == Endpoint(ELSEWHERE, trusted=True)
