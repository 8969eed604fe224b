"""What is known of the bytes of files: size and digests, by the hash under which they are kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from gto.delivery.get import hash_of
from gto.storage.location import Content
from gto.studio.lasting.lasting_file import Lasting
from gto.studio.lasting.lasting_tables import stored_object

_MANY = 500  # keys of one query
_SHA1_DIGITS = 40
_LARGEST = 2**63 - 1  # bytes: databases count no further
_READ = ""  # stands for no repository: all bytes were read here, and are what their key promises


class ObjectFacts(NamedTuple):
    """What is known of some bytes; None for what is not."""

    size: int | None = None
    sha256: str | None = None
    git: str | None = None
    """The id of a blob that holds them, in a repository whose ids are SHA-1."""
    md5: str | None = None

    def over(self, other: "ObjectFacts") -> "ObjectFacts":
        """Return what either says; where both say something, this one."""
        pairs = zip(self, other, strict=True)
        return ObjectFacts._make(there if here is None else here for here, there in pairs)


class KnownObject(NamedTuple):
    """What is known of a file's bytes."""

    facts: ObjectFacts
    is_read: bool = False
    """Whether the size is that of bytes that were read; else a store says so."""


def key_of(content: Content) -> str | None:
    """Return under which hash the bytes of a file are known; None where that does not tell them apart.

    DVC's hash of before 3.0 is the same whether lines end with a carriage return or not.
    """
    return hash_of(content) if content.digest is not None and content.digest.algorithm != "md5-dos2unix" else None


def facts_of_key(key: str) -> ObjectFacts:
    """Return what a hash says itself."""
    algorithm, _, value = key.partition(":")
    return ObjectFacts(
        sha256=value if algorithm == "sha256" else None,
        git=value if algorithm == "git" and len(value) == _SHA1_DIGITS else None,
        md5=value if algorithm == "md5" else None,
    )


class ObjectBook(NamedTuple):
    """What is written down of objects, as one repository may use it.

    Whoever may push to a repository says where its store is, and a store may say any size: what a store says counts
    for the repository alone, what was read counts for all.
    """

    lasting: Lasting
    repository: str
    """By the name that lasts, which `StudioContext.lasting_name` tells."""
    is_limited: bool = False
    """Whether it may read some stores alone: then it learns nothing of what was read for others either."""

    @property
    def _reader(self) -> str:
        return f"read for {self.repository}" if self.is_limited else _READ

    def known(self, contents: Iterable[Content]) -> dict[str, KnownObject]:
        """Return by key what is known of files."""
        found: dict[str, KnownObject] = {}
        for content in contents:
            if (key := key_of(content)) is not None:
                given = ObjectFacts(size=content.size)
                found[key] = KnownObject(facts_of_key(key).over(given))
        with self.lasting.read() as connection:
            for key, repository, facts in _rows(connection, list(found), (self._reader, self.repository)):
                before = found[key]
                if repository == self._reader:
                    found[key] = KnownObject(facts.over(before.facts), is_read=True)
                else:
                    found[key] = before._replace(facts=before.facts.over(facts))
        return found

    def read_facts(self, key: str) -> ObjectFacts:
        """Return what is known under a key of bytes that were read, or made, here."""
        with self.lasting.read() as connection:
            return next((facts for _, _, facts in _rows(connection, [key], (self._reader,))), ObjectFacts())

    def remember_sizes(self, sizes: Mapping[str, int]) -> None:
        """Write down what a store says, by key; what no file can have is not."""
        self._write({key: ObjectFacts(size) for key, size in sizes.items() if size <= _LARGEST}, self.repository)

    def remember_read(self, read: Mapping[str, ObjectFacts]) -> None:
        """Write down what bytes are that were read from the first to the last, and that hash to their keys."""
        self._write({key: facts.over(facts_of_key(key)) for key, facts in read.items()}, self._reader)

    def _write(self, told: Mapping[str, ObjectFacts], repository: str) -> None:
        if not told:
            return
        with self.lasting.record() as connection:
            self.lasting.wait_for_turn(connection, "stored objects")
            there = {key: facts for key, _, facts in _rows(connection, sorted(told), (repository,))}
            new = [
                {"key": key, "repository": repository, **one._asdict()} for key, one in told.items() if key not in there
            ]
            if new:
                connection.execute(insert(stored_object), new)
            for key, before in there.items():
                if (now := told[key].over(before)) != before:
                    same = (stored_object.c.key == key) & (stored_object.c.repository == repository)
                    connection.execute(update(stored_object).where(same).values(now._asdict()))


def _rows(
    connection: Connection, keys: Sequence[str], repositories: Sequence[str]
) -> Iterator[tuple[str, str, ObjectFacts]]:
    columns = [stored_object.c[name] for name in ("key", "repository", *ObjectFacts._fields)]
    for at in range(0, len(keys), _MANY):
        some = keys[at : at + _MANY]
        query = select(*columns).where(stored_object.c.key.in_(some), stored_object.c.repository.in_(repositories))
        for key, repository, *facts in connection.execute(query):
            yield key, repository, ObjectFacts(*facts)
