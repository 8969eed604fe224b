"""The facts of an artifact's models as rules ask for them, each commit read once."""

from collections.abc import Iterable, Mapping, Sequence

from gto.inspect.fact_changes import FactChange, fact_changes
from gto.inspect.facts import ModelFacts
from gto.registry.model_lookup import Place, SideCarReading, read_side_cars
from gto.registry.registry import Registry

_TOGETHER = 100


class ModelReader:
    """The models of one artifact in the commits of a repository."""

    def __init__(self, registry: Registry, artifact: str, read: Mapping[str, SideCarReading]) -> None:
        """`read` are the commits that were read already."""
        self._registry = registry
        self._artifact = artifact
        self._read = dict(read)

    def _prepare(self, commits: Iterable[str]) -> None:
        wanted = [(self._artifact, commit) for commit in dict.fromkeys(commits) if commit not in self._read]
        if wanted:
            found = read_side_cars(self._registry, wanted)
            self._read |= {commit: reading for (_, commit), reading in found.items()}

    def lack(self, commit: str) -> str:
        """Return in one clause why the facts of a commit's model do not count; empty where they do."""
        self._prepare([commit])
        model, problems = self._read[commit]
        if problems:
            return f"'{problems[0].subject}' cannot be read: {problems[0].reason}"
        if model is None:
            return f"commit {commit[:7]} has no file of facts beside it"
        if model.is_stale is None:
            return f"whether '{model.source}' is of its file cannot be told: they have no hash in common"
        return f"'{model.source}' is of another file" if model.is_stale else ""

    def code_on_load(self, commit: str) -> str:
        """Return what loading the model would run, where its facts count."""
        return str(self._facts(commit).code_on_load)

    def first_known(self, commits: Sequence[str]) -> str | None:
        """Return the first of the commits whose facts count; None for none."""
        for start in range(0, len(commits), _TOGETHER):
            some = commits[start : start + _TOGETHER]
            self._prepare(some)
            found = next((commit for commit in some if not self.lack(commit)), None)
            if found is not None:
                return found
        return None

    def breaking_changes(self, old: str, new: str) -> Sequence[str]:
        """Return, a clause each, what breaks who uses the model of one commit with that of another; both count."""
        changes = fact_changes(self._facts(old), self._facts(new))
        return [_clause(change) for change in changes if change.is_breaking]

    def _facts(self, commit: str) -> ModelFacts:
        self._prepare([commit])
        model = self._read[commit].model
        return ModelFacts() if model is None else model.facts


def _clause(change: FactChange) -> str:
    named = f"{change.fact} {change.name}".rstrip()
    return f"{named} was {change.old or 'not there'}, is {change.new or 'gone'}"


def read_models(registry: Registry, wanted: Sequence[Place]) -> dict[str, ModelReader]:
    """Return what reads the models of artifacts; the commits that are named are read together."""
    found: dict[str, dict[str, SideCarReading]] = {}
    for (name, commit), reading in read_side_cars(registry, wanted).items():
        found.setdefault(name, {})[commit] = reading
    return {name: ModelReader(registry, name, read) for name, read in found.items()}
