"""The tags of one artifact's events, read from a remote without files, trees or history; a clone stays as it is."""

import os
from tempfile import TemporaryDirectory

from gto.core import names
from gto.core.event import Event, Problem
from gto.exceptions import RemoteFailed
from gto.git.command import Git
from gto.git.mirror import OFFLINE, reach
from gto.git.remote import Remote
from gto.git.repo import Repo
from gto.git.safe_config import FETCH
from gto.git.tag_reader import read_artifact

_SHA256 = 64  # hexadecimal digits


def read_remote_events(remote: Remote, clone: Repo, artifact: str) -> tuple[dict[str, str], list[Event | Problem]]:
    """Return the tags of one artifact as the remote has them, names to object ids, and what they say.

    They are fetched into a bare repository for the time. With each comes the commit that it is on, but nothing of its
    files or of its past. RemoteFailed where the remote does not answer.
    """
    start = f"refs/tags/{names.to_tag(artifact)}"
    with TemporaryDirectory(prefix="gto-") as place:
        directory = os.path.join(place, "events.git")
        length = 256 if len(clone.rev or "") == _SHA256 else 1
        clone.git.run(["init", "--quiet", "--bare", "--template=", f"--object-format=sha{length}", directory])
        specs = [f"+{start}{mark}*:{start}{mark}*" for mark in "@#"]
        args = [*FETCH, "--quiet", "--depth=1", "--", "origin", *specs]
        _, status, err = Git(directory, reach(remote, "tree:0"), clone.git.seconds).talk(args)
        if status != 0 and err.strip():  # with nothing to fetch, git ends with 1 and says nothing
            raise RemoteFailed(remote.url, args, status, err)
        return read_artifact(Git(directory, OFFLINE, clone.git.seconds), artifact)
