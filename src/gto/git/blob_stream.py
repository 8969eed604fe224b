"""Contents of blobs as they come from git, which are never whole in memory."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from gto.exceptions import ContentMissing
from gto.git.repo import Repo

_CHUNK = 1 << 20


def have_blobs(repo: Repo, oids: Sequence[str]) -> None:
    """Fetch those of the blobs that a mirror lacks, all at once; nothing is done in a repository that is no mirror."""
    if oids:
        repo.contents.bring(oids)


def stream_blobs(repo: Repo, oids: Sequence[str]) -> Generator[tuple[int, Generator[bytes, None, None]], None, None]:
    """Yield the size and the bytes of each blob, by one process of git; they are read before the next are asked for.

    A blob that is not there, or cannot be read, raises ContentMissing.
    """
    data = "".join(f"{oid}\n" for oid in oids).encode()
    with repo.git.stream(["cat-file", "--batch", "--buffer"], data) as answer:
        read = answer.out.read
        for oid in oids:
            words = answer.out.readline().split()
            if len(words) != 3 or words[1] != b"blob":  # noqa: PLR2004  object id, type, size
                raise _missing(oid)
            with closing(_body(read, int(words[2]), oid)) as body:
                yield int(words[2]), body
                for _ in body:  # what the caller left
                    pass
            read(1)


def _body(read: Callable[[int], bytes], size: int, oid: str) -> Generator[bytes, None, None]:
    while size:
        chunk = read(min(size, _CHUNK))
        if not chunk:
            raise _missing(oid)
        size -= len(chunk)
        yield chunk


def _missing(oid: str) -> ContentMissing:
    return ContentMissing(f"git:{oid}", "`git fsck` tells what is wrong with this repository; `git fetch` may bring it")
