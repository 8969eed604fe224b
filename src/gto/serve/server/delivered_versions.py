"""The files of versions that are served, brought and checked before anything loads them, and kept while they may be."""

import os
import shutil
from collections.abc import Iterable
from typing import NamedTuple

from gto.delivery import get
from gto.delivery.locate import locate
from gto.delivery.recorded_facts import recorded_with
from gto.delivery.signed_files import SignedWish, hold
from gto.dvc.dvc_config import RepositoryTrust
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.serve.server.child_messages import VersionKey, VersionToServe
from gto.serve.server.traffic_split import TrafficSide

_SPARE = 2  # versions that are kept beside those served: a roll-back then brings nothing


class DeliveryTrust(NamedTuple):
    """How far the repository is believed, whose stages are followed."""

    trust_remote: bool = False
    allow_local: bool = False


class DeliveredVersions:
    """A directory with the files of versions."""

    def __init__(self, directory: str, trust: DeliveryTrust) -> None:
        self._directory = directory
        self._trust = trust
        self._kept: dict[tuple[str, str], VersionToServe] = {}
        """By artifact and commit; those used last stand last."""

    def bring(self, registry: Registry, side: TrafficSide, key: VersionKey, chosen: AnnotatedTarget) -> VersionToServe:
        """Return what a selector names with its files on this machine.

        What the policy wants signed is held to what was signed; bytes that are not those promised raise
        ChecksumMismatch, and nothing of them stays.
        """
        place = chosen.name, chosen.commit
        known = self._kept.pop(place, None) or self._fetch(registry, place, chosen)
        self._kept[place] = known._replace(selector=side.selector, weight=side.weight, version=key.version)
        return self._kept[place]

    def _fetch(self, registry: Registry, place: tuple[str, str], chosen: AnnotatedTarget) -> VersionToServe:
        trust = RepositoryTrust(registry.repo.is_own, *self._trust)
        located = locate(registry, chosen.commit, chosen.path, trust)
        located = hold(registry, chosen, located, SignedWish(by_policy=True)).located
        out = os.path.join(self._place_of(place), located.name)
        path = get.get(registry, chosen, located, get.GetOptions(out=out, force=True)).path
        facts = recorded_with(registry, chosen).fresh
        recorded = facts.as_dict() if facts is not None else {}
        return VersionToServe("", chosen.name, "", chosen.commit, path, recorded)

    def forget_all_but(self, served: Iterable[VersionToServe]) -> None:
        """Remove the files of versions that are not served, but of the last few."""
        needed = {(one.artifact, one.commit) for one in served}
        spare = [place for place in self._kept if place not in needed]
        for place in spare[: max(0, len(spare) - _SPARE)]:
            del self._kept[place]
            shutil.rmtree(self._place_of(place), ignore_errors=True)

    def _place_of(self, place: tuple[str, str]) -> str:
        artifact, commit = place
        return os.path.join(self._directory, artifact.replace("/", "%2F").replace(":", "%3A"), commit)
