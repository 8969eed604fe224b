"""An order of the parent carried out: what is new is loaded beside the old, and takes its place when all is there."""

import copy
from collections.abc import Callable

from gto.exceptions import GTOException, ModelNotReady
from gto.inspect.facts import ModelFacts
from gto.models.load_model import load_file
from gto.models.sample_run import said
from gto.serve.runtime.served_model import LiveModel, Served
from gto.serve.server.child_messages import LoadFailure, ServingOrder, VersionToServe
from gto.serve.server.follow_metrics import FollowMetrics
from gto.serve.server.model_repository import ModelRepository, first_of


class OrderKeeper:
    """Keeps a repository of models as the last order that could be carried out has it."""

    def __init__(self, pick: Callable[..., LiveModel] = first_of, *, trusted: bool = False) -> None:
        """`trusted` says that files whose loading runs code may be loaded."""
        self.repository = ModelRepository(self._bring, pick)
        self.metrics = FollowMetrics()
        self._trusted = trusted
        self._versions: dict[str, VersionToServe] = {}
        self._models: dict[str, LiveModel] = {}
        self._left_out: set[str] = set()

    def keep(self, order: ServingOrder) -> LoadFailure | None:
        """Carry an order out; where something does not load, nothing is changed."""
        known = {_place(one): self._models[selector] for selector, one in self._versions.items()}
        models: dict[str, LiveModel] = {}
        for version in order.versions:
            try:
                model = known.get(_place(version)) or self._load(version)
            except Exception as error:  # noqa: BLE001  whatever the code of the model's libraries raises
                return _failure(version.selector, error)
            known[_place(version)] = model
            models[version.selector] = _named(model, version.selector)
        self._swap(order, models)
        return None

    def _swap(self, order: ServingOrder, models: dict[str, LiveModel]) -> None:
        old, self._models = self._models, models
        before = {one.selector: _place(one) for one in self._versions.values()}
        self._versions = {one.selector: one for one in order.versions}
        left_out = {one.selector for one in order.left_out}
        for selector, version in self._versions.items():
            if before.get(selector) != _place(version):
                self.repository.put(models[selector])
            elif selector in self._left_out - left_out:
                self.repository.mend(version.artifact, selector)
        for selector in old.keys() - models.keys():
            self.repository.drop(old[selector].served.name, selector)
        for one in order.left_out:
            self.repository.fail(one.artifact, one.selector, one.reason, one.version)
        self._left_out, self.metrics.order = left_out, order

    def _bring(self, selector: str) -> LiveModel:
        """Load a version anew."""
        if selector not in self._versions:
            raise ModelNotReady(f"'{selector}' cannot be loaded now; the repository's index says why")
        return self._load(self._versions[selector])

    def _load(self, version: VersionToServe) -> LiveModel:
        served = Served(version.artifact, version.version, version.selector)
        recorded = ModelFacts.from_dict(version.facts) if version.facts else None
        loaded = load_file(version.path, recorded, str(served), trusted=self._trusted)
        return LiveModel(served, loaded.model, loaded.facts)


def _place(version: VersionToServe) -> tuple[str, str, str]:
    return version.artifact, version.version, version.commit


def _named(model: LiveModel, selector: str) -> LiveModel:
    """Return a model as what another selector names."""
    if model.served.selector == selector:
        return model
    found = copy.copy(model)
    found.served = model.served._replace(selector=selector)
    return found


def _failure(selector: str, error: Exception) -> LoadFailure:
    """Return why a version does not load; what the machine lacks may be there later."""
    if isinstance(error, GTOException):
        return LoadFailure(error.message, selector)
    return LoadFailure(said(error), selector, may_pass=isinstance(error, OSError | MemoryError))
