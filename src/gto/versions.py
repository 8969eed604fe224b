"""A door for other programs: the number of a version, as GTO 1.x publishes it."""

from gto.output.published_semver import PublishedSemVer as SemVer

__all__ = ["SemVer"]
