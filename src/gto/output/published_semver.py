"""A version's number as GTO 1.x publishes it: `SemVer("v1.2.3")`."""

from functools import total_ordering

from gto.core import semver
from gto.core.semver import Bump
from gto.exceptions import IncomparableVersions, InvalidVersion, UsageError


@total_ordering
class PublishedSemVer:
    """A number with a leading `v`; it compares with another, or with the text of one."""

    __slots__ = ("parsed",)

    def __init__(self, version: str) -> None:
        self.parsed = semver.SemVer.parse(str(version))

    @property
    def version(self) -> str:
        """The text, with the leading `v`."""
        return self.parsed.text

    @property
    def major(self) -> int:
        """The first number."""
        return self.parsed.key[0]

    @property
    def minor(self) -> int:
        """The second number."""
        return self.parsed.key[1]

    @property
    def patch(self) -> int:
        """The third number."""
        return self.parsed.key[2]

    @property
    def prerelease(self) -> str | None:
        """What stands behind `-`: `rc.1`."""
        return self.version.partition("+")[0].partition("-")[2] or None

    @property
    def build(self) -> str | None:
        """What stands behind `+`."""
        return self.version.partition("+")[2] or None

    @classmethod
    def is_valid(cls, version: object) -> bool:
        """Tell whether this is a text that such a number can be made of."""
        return isinstance(version, str) and semver.parse(version) is not None

    @classmethod
    def parse(cls, version: str) -> "PublishedSemVer":
        """Read a text, or raise InvalidVersion."""
        if not isinstance(version, str):
            raise InvalidVersion(f"A version is a text, not {version!r}", "a version looks like 'v1.2.3'")
        return cls(version)

    @classmethod
    def get_minimal(cls) -> "PublishedSemVer":
        """Return the number that a first version gets."""
        return cls(semver.FIRST)

    def bump_major(self) -> "PublishedSemVer":
        """Return the next major version."""
        return self._bumped(Bump.MAJOR)

    def bump_minor(self) -> "PublishedSemVer":
        """Return the next minor version."""
        return self._bumped(Bump.MINOR)

    def bump_patch(self) -> "PublishedSemVer":
        """Return the next patch version."""
        return self._bumped(Bump.PATCH)

    def bump(
        self, *, bump_major: bool = False, bump_minor: bool = False, bump_patch: bool = False
    ) -> "PublishedSemVer":
        """Return the next version; exactly one of the arguments is true."""
        bumps = [bump for bump, asked in zip(Bump, (bump_major, bump_minor, bump_patch), strict=True) if asked]
        if len(bumps) != 1:
            raise UsageError("Need to specify exactly one bump argument", "bump_patch=True, for one")
        return self._bumped(bumps[0])

    def _bumped(self, bump: Bump) -> "PublishedSemVer":
        return type(self)(self.parsed.bump(bump).text)

    def _other(self, other: object) -> semver.SemVer:
        if isinstance(other, str):
            return semver.SemVer.parse(other)
        if not isinstance(other, PublishedSemVer):
            raise IncomparableVersions(self, other)
        return other.parsed

    def __eq__(self, other: object) -> bool:
        return self.version == self._other(other).text

    def __lt__(self, other: object) -> bool:
        return self.parsed.key < self._other(other).key

    def __hash__(self) -> int:
        return hash(self.version)

    def __str__(self) -> str:
        return self.version

    def __repr__(self) -> str:
        return f"SemVer({self.version!r})"
