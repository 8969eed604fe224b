"""What is built: a version with its files, and the facts that tell what it needs."""

from collections.abc import Sequence
from typing import NamedTuple

from gto.delivery.get import GetOptions, about, get
from gto.delivery.inspection import inspect_place, inspect_version
from gto.exceptions import NotFound, Untrusted
from gto.inspect.facts import ModelFacts
from gto.models.loading_code import would_run
from gto.models.package_requirements import releases
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.storage.download import Progress
from gto.storage.location import Located


class BuildSource(NamedTuple):
    """A version to be packed."""

    registry: Registry
    chosen: AnnotatedTarget
    located: Located
    facts: ModelFacts
    progress: Progress | None = None

    @property
    def label(self) -> str:
        """The version in words: `churn@v1.0.0`, or the name and the commit of a revision."""
        return f"{self.chosen.name}@{self.version or self.chosen.commit[:12]}"

    @property
    def version(self) -> str:
        """The version, empty where a revision was asked for."""
        found = self.chosen.version or ""
        return "" if self.chosen.commit.startswith(found) else found

    def requirements(self) -> Sequence[str]:
        """Return what was recorded as needed; NotFound where nothing was, UsageError for what is no release."""
        if self.facts.requirements:
            return releases(self.facts.requirements)
        why = "; ".join(note for note in self.facts.notes if "do not count" in note)
        message = f"nothing says what the model of '{self.chosen.name}' needs" + (f": {why}" if why else "")
        name = self.chosen.name
        hint = f"`gto.save(model, path, sample_data, name='{name}')` records it; or add `requirements:` to its side-car"
        raise NotFound(message, f"{hint}, which `gto annotate {name} --inspect` writes")

    @property
    def would_run(self) -> str:
        """What loading the model would run; empty where it runs nothing of its file's."""
        return would_run(self.facts)

    def check_trusted(self, *, trusted: bool) -> None:
        """Raise Untrusted where loading the model runs code, and nobody said that it may."""
        if self.would_run and not trusted:
            error = Untrusted(self.label, self.would_run)
            error.hint = "--trusted builds it nevertheless, and what loads it may do whatever its user may"
            raise error

    def bring(self, place: str) -> str:
        """Bring the files below a directory, each checked, and return the path of the file or directory there.

        Untrusted where they run code as those that were read did not: a store without promised hashes may change.
        """
        options = GetOptions(out=f"{place}/{self.located.name}", progress=self.progress)
        path = get(self.registry, self.chosen, self.located, options).path
        found = "" if self.would_run else would_run(inspect_place(path).facts)
        if found:
            raise Untrusted(self.label, found)
        return path

    def about(self) -> dict[str, object]:
        """Return of which artifact, version and commit something is, for JSON."""
        return about(self.chosen)


def read_source(
    registry: Registry, chosen: AnnotatedTarget, located: Located, progress: Progress | None = None
) -> BuildSource:
    """Read the facts of a version's model, from its file and its side-car."""
    return BuildSource(
        registry, chosen, located, inspect_version(chosen.name, registry, chosen, located).facts, progress
    )
