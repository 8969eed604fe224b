"""The models that a server has, by name and version: put, replaced and dropped while requests are answered."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from gto.core import selector as selectors
from gto.exceptions import ModelNotReady, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gto.serve.runtime.served_model import LiveModel

    Headers = Iterable[tuple[bytes, bytes]]
    """Of a request, as ASGI has them."""


def first_of(models: Sequence[LiveModel], _: Headers) -> LiveModel:
    """Return which of several versions answers who names none: the first."""
    return models[0]


class _Slot(NamedTuple):
    """What was asked for, and what is there."""

    selector: str
    model: LiveModel | None = None
    reason: str = ""
    """Why what was wanted last is not there; empty where it is."""
    wanted: str = ""
    """The version that was wanted last, where another one is there."""


class ModelRepository:
    """Models by name; of each name one for each selector that was asked for, in that order.

    A reader sees all of a change or nothing of it, and who found a model keeps it, whatever becomes of its place.
    """

    def __init__(
        self,
        bring: Callable[[str], LiveModel] | None = None,
        pick: Callable[[Sequence[LiveModel], Headers], LiveModel] = first_of,
    ) -> None:
        """`bring` makes the model of a selector anew; `pick` says who answers where a request names no version."""
        self._bring = bring
        self._pick = pick
        self._places: Mapping[str, tuple[_Slot, ...]] = {}
        self._live: Mapping[str, tuple[LiveModel, ...]] = {}
        self._lock = Lock()

    @property
    def names(self) -> Sequence[str]:
        """The names of all models, loaded or not."""
        return tuple(self._places)

    @property
    def models(self) -> Sequence[LiveModel]:
        """The models that answer."""
        return tuple(one for models in self._live.values() for one in models)

    @property
    def is_ready(self) -> bool:
        """Whether a model answers."""
        return bool(self._live)

    def find(self, name: str, version: str = "", headers: Headers = ()) -> LiveModel:
        """Return the model that answers; a stage may stand for the version that was asked for by it.

        NotFound where there is none of that name and version, ModelNotReady where it is not loaded.
        """
        models = self._live.get(name)
        if models is None:
            raise self._lacking(name)
        if not version:
            return models[0] if len(models) == 1 else self._pick(models, headers)
        for one in models:
            if version == one.served.version:
                return one
        for one in models:
            if one.served.selector == f"{name}#{version}":
                return one
        there = ", ".join(one.served.version for one in models)
        raise NotFound(f"the model '{name}' has no version '{version[:100]}' here", f"it has {there}")

    def only_name(self) -> str:
        """Return the name where there is but one; NotFound where a request must name the model."""
        names = self.names
        if len(names) != 1:
            raise NotFound("there are several models here", f"name one: POST /models/{names[0]}/predict")
        return names[0]

    def put(self, model: LiveModel) -> None:
        """Have a model answer from now on, in place of that of the same selector."""
        served = model.served
        self._set(served.name, _Slot(served.selector, model))

    def fail(self, name: str, selector: str, reason: str, wanted: str = "") -> None:
        """Note that what a selector leads to, the version `wanted`, could not be loaded; what answered, answers on."""
        there = next((one.model for one in self._places.get(name, ()) if one.selector == selector), None)
        self._set(name, _Slot(selector, there, reason, wanted))

    def mend(self, name: str, selector: str) -> None:
        """Forget what could not be loaded: a selector leads to what is there."""
        there = next((one for one in self._places.get(name, ()) if one.selector == selector), None)
        if there is not None:
            self._set(name, _Slot(selector, there.model, "" if there.model is not None else "unloaded"))

    def unload(self, name: str) -> None:
        """Have no version of a model answer any more; load() brings them back."""
        if name not in self._places:
            raise self._lacking(name)
        for one in self._places[name]:
            self._set(name, _Slot(one.selector, None, "unloaded"))

    def drop(self, name: str, selector: str) -> None:
        """Forget a selector."""
        with self._lock:
            left = tuple(one for one in self._places.get(name, ()) if one.selector != selector)
            self._swap({**self._places, name: left})

    def load(self, name: str) -> None:
        """Bring anew what the selectors of a name lead to now; where the loading raises, the old answers on."""
        if name not in self._places or self._bring is None:
            raise self._lacking(name)
        for one in self._places[name]:
            try:
                self.put(self._bring(one.selector))
            except Exception:
                self.fail(name, one.selector, "what it leads to now could not be loaded")
                raise

    def index(self) -> list[dict[str, str]]:
        """Return every version with its state, as the protocol has it: what says READY, answers."""
        return [one for name, places in self._places.items() for place in places for one in _states(name, place)]

    def _set(self, name: str, place: _Slot) -> None:
        with self._lock:
            there = self._places.get(name, ())
            if any(one.selector == place.selector for one in there):
                changed = tuple(place if one.selector == place.selector else one for one in there)
            else:
                changed = (*there, place)
            self._swap({**self._places, name: changed})

    def _swap(self, places: Mapping[str, tuple[_Slot, ...]]) -> None:
        self._places = {name: found for name, found in places.items() if found}
        models = {name: tuple(one.model for one in found if one.model) for name, found in places.items()}
        self._live = {name: found for name, found in models.items() if found}

    def _lacking(self, name: str) -> NotFound | ModelNotReady:
        if name in self._places:
            return ModelNotReady(f"the model '{name}' is not loaded")
        return NotFound(f"there is no model '{name[:200]}' here", f"there are {', '.join(self._places) or 'none'}")


def _states(name: str, place: _Slot) -> Iterator[dict[str, str]]:
    """Yield the version that is there, and the one that was wanted in its place."""
    if place.model is not None:
        reason = "" if place.wanted else place.reason
        yield {"name": name, "version": place.model.served.version, "state": "READY", "reason": reason}
    if place.model is None or place.wanted:
        yield {"name": name, "version": place.wanted, "state": "UNAVAILABLE", "reason": place.reason}


def name_of(selector: str) -> str:
    """Return the artifact's name in a selector."""
    return selectors.parse(selector).name
