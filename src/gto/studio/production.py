"""The stage that stands for production: the one of that name, else the last."""

from collections.abc import Mapping, Sequence

_NAMES = ("production", "prod")


def nearness(stage: str, stages: Sequence[str]) -> int:
    """Return a number that is the higher the nearer a stage is to production; -1 for one that is not known."""
    if stage in _NAMES:
        return len(stages) + _NAMES.index(stage)
    return stages.index(stage) if stage in stages else -1


def production(stages: Sequence[str]) -> str | None:
    """Return the stage of these that stands for production; None where there is none."""
    named = [name for name in _NAMES if name in stages]
    return [*stages[-1:], *named][-1] if stages else None


def nearest_first(holders: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return stages and the versions that they show, the one nearest to production first."""
    stages = tuple(holders)
    return sorted(holders.items(), key=lambda pair: -nearness(pair[0], stages))
