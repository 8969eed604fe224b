"""Files of a mirror's commits: found by its trees, and fetched all at once where it lacks their contents."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from gto.exceptions import MirrorDamaged
from gto.git.command import Git
from gto.git.mirror import Mirror, head_of
from gto.git.objects import GitObject, parse_tree, read_objects
from gto.git.remote import Remote
from gto.git.repo import Repo, commit_of
from gto.git.session import FileKey, Session

_LASTING_RE = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?:")


def open_mirror(
    remote: Remote,
    rev: str = "HEAD",
    *,
    offline: bool = False,
    seconds: float | None = None,
    session: Session | None = None,
) -> Repo:
    """Return the mirror of a remote repository, up to date unless `offline`, and the commit of `rev`."""
    mirror = Mirror.at(remote, offline=offline, seconds=seconds)
    mirror.use()
    commit = head_of(mirror) if rev == "HEAD" else commit_of(mirror.git, rev)
    return Repo(mirror.git, mirror.directory, None, commit, MirrorContents(mirror, session or Session()))


def with_network(repo: Repo) -> Repo:
    """Return a repository that was opened offline, and yet fetches files that its mirror lacks; an own one as it is."""
    contents = repo.contents
    if not isinstance(contents, MirrorContents):
        return repo
    return repo._replace(contents=contents._replace(mirror=contents.mirror._replace(offline=False)))


class MirrorContents(NamedTuple):
    """The contents of a mirror; what it lacks is fetched, and what is kept between two reads is the session's."""

    mirror: Mirror
    session: Session

    @property
    def address(self) -> str:
        """The URL of the remote repository, without anything secret."""
        return self.mirror.remote.url

    @property
    def is_offline(self) -> bool:
        """Whether no network is to be reached."""
        return self.mirror.offline

    @property
    def writer(self) -> Git:
        """Git that reaches the remote."""
        return self.mirror.online

    def read(self, git: Git, names: Sequence[str]) -> list[GitObject | None]:  # noqa: ARG002  the mirror has its own
        """Return what read_objects() would, and fetch the files that the mirror lacks, all at once."""
        found: dict[str, GitObject | None] = {}
        for name in names:
            kept = self.session.recall(FileKey(self.mirror.directory, name))
            if kept is not None:
                found[name] = kept[0]
        new = [name for name in dict.fromkeys(names) if name not in found]
        for name, content in zip(new, _read_anew(self, new), strict=True):
            found[name] = content
            if _LASTING_RE.match(name):  # a name such as HEAD:path may mean another file a moment later
                self.session.keep(FileKey(self.mirror.directory, name), content)
        return [found[name] for name in names]

    def bring(self, oids: Sequence[str]) -> None:
        """Fetch those of the objects that the mirror lacks, all at once."""
        lacking: list[str] = []
        for again in (False, True):
            lacking = _lacking(self.mirror.git, oids)
            if lacking and again:  # git has a file of the object, and cannot read it
                _mend(self)
            if lacking:
                self.mirror.fetch_blobs(lacking)
        if lacking and _lacking(self.mirror.git, oids):
            raise MirrorDamaged(self.address)

    def mend(self) -> bool:
        """Make it anew because it is damaged; not where that was just done, or the network is not to be reached."""
        if self.mirror.offline or not self.session.may_mend(self.mirror.directory):
            return False
        try:
            self.mirror.make_anew()
        finally:
            self.session.mended(self.mirror.directory)
        return True

    def refresh(self) -> None:
        """Bring it up to date with the remote."""
        self.mirror.update()

    def update_refs(self, lines: Sequence[str]) -> None:
        """Change refs in one transaction, while nobody fetches."""
        self.mirror.update_refs(lines)


def _lacking(git: Git, oids: Sequence[str]) -> list[str]:
    data = "".join(f"{oid}\n" for oid in dict.fromkeys(oids)).encode()
    out = git.run(["cat-file", "--batch-check=%(objectname)", "--buffer"], data=data)
    return [line.partition(" ")[0] for line in out.decode().splitlines() if line.endswith(" missing")]


def _read_anew(contents: MirrorContents, names: Sequence[str]) -> list[GitObject | None]:
    mirror = contents.mirror
    oids = _resolve(contents, names)
    wanted = list(dict.fromkeys(oid for oid in oids if oid is not None))
    found = dict(zip(wanted, read_objects(mirror.git, wanted), strict=True))
    for again in (False, True):
        lacking = [oid for oid, content in found.items() if content is None]
        if lacking and again:
            _mend(contents)  # git has a file of the object, so it does not fetch it, and cannot read it
        if lacking:
            mirror.fetch_blobs(lacking)
            found |= dict(zip(lacking, read_objects(mirror.git, lacking), strict=True))
    if None in found.values():
        raise MirrorDamaged(mirror.remote.url)
    return [found[oid] if oid is not None else None for oid in oids]


def _mend(contents: MirrorContents) -> None:
    if not contents.mend():
        raise MirrorDamaged(contents.address)


def _resolve(contents: MirrorContents, names: Sequence[str]) -> list[str | None]:
    """Return the object id of each `rev:path`, by the trees, which are there; an object id stays itself."""
    git = contents.mirror.git
    places = {name: _split(name) for name in names if ":" in name}
    roots = {f"{name.partition(':')[0]}:" for name in places if _LASTING_RE.match(name)}
    wanted = list(dict.fromkeys([*roots, *(tree for tree, _ in places.values())]))
    read = dict(zip(wanted, read_objects(git, wanted), strict=True))
    if any(read[root] is None for root in roots):  # a commit without a tree is none
        _mend(contents)
        read = dict(zip(wanted, read_objects(git, wanted), strict=True))
    trees = {tree: parse_tree(content) for tree, content in read.items()}
    return [trees[places[name][0]].get(places[name][1]) if name in places else name for name in names]


def _split(name: str) -> tuple[str, bytes]:
    rev, _, path = name.partition(":")
    directory, _, last = path.rpartition("/")
    return f"{rev}:{directory}", last.encode("utf-8", "surrogateescape")
