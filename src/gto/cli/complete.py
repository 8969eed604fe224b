"""What a shell offers for a word: artifacts, selectors, versions, stages, from the tags of the repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gto.core import selector
from gto.exceptions import GTOException
from gto.registry.registry import Registry
from gto.registry.vocabulary import Vocabulary, read_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click


def find(kind: str, ctx: click.Context, incomplete: str) -> list[str]:
    """Return the words of a kind that begin as what was typed; none where there is no repository."""
    try:
        known = read_vocabulary(Registry.open(ctx.params.get("repo") or ".", offline=True))
    except GTOException:
        return []
    # Where the word belongs to an option, click has not yet read those before it.
    words = [str(ctx.params.get("name") or ctx.params.get("selector") or ""), *os.environ.get("COMP_WORDS", "").split()]
    name = next((name for name in (selector.parse(word).name for word in words) if name in known.versions), "")
    offered = {"names": _names, "stages": _stages, "versions": _versions}[kind](known, name, incomplete)
    return [word for word in offered if word.startswith(incomplete)]


def _names(known: Vocabulary, _: str, incomplete: str) -> Iterable[str]:
    if "#" in incomplete:
        name = incomplete.partition("#")[0]
        return [f"{name}#{stage}" for stage in known.stages.get(name, [])]
    if "@" in incomplete:
        name = incomplete.partition("@")[0]
        return [f"{name}@{version}" for version in ("latest", *known.versions.get(name, []))]
    return known.artifacts


def _stages(known: Vocabulary, _name: str, _incomplete: str) -> Iterable[str]:
    return known.all_stages


def _versions(known: Vocabulary, name: str, _: str) -> Iterable[str]:
    return known.versions.get(name, [])
