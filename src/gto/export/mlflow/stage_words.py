"""Which stage a word of MLflow's clients means: exactly, else whatever its case, else by the names that MLflow has."""

from collections.abc import Collection

_USUAL = {"production": "prod", "staging": "staging", "archived": "archived"}


def find_stage(word: str, stages: Collection[str]) -> str | None:
    """Return the one of some stages that a word means; None for none."""
    if word in stages:
        return word
    folded = {one.casefold(): one for one in sorted(stages, reverse=True)}
    return folded.get(word.casefold()) or folded.get(_USUAL.get(word.casefold(), ""))
