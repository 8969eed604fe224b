"""What a word that the registry does not know may have meant: the hints of errors and notes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gto.core import selector
from gto.core.names import is_artifact
from gto.core.nearness import did_you_mean
from gto.core.selector import Pick
from gto.exceptions import (
    ArtifactNotFound,
    GTOException,
    NoAnnotation,
    NotFound,
    RefNotFound,
    StageNotAllowed,
    TypeNotAllowed,
)
from gto.registry.annotation_lookup import find
from gto.registry.registry import Registry
from gto.registry.vocabulary import Vocabulary, read_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import click

_SELECTORS = ("name", "selector", "old", "new", "selectors", "names", "words", "target")
_STAGES = ("stage", "in_stage")
_UNKNOWN = "`gto show` lists the artifacts of this repository"


def improve(error: GTOException, ctx: click.Context) -> None:
    """Begin the hint of an error with what the words of the command line may have meant."""
    if not isinstance(error, NotFound | StageNotAllowed | TypeNotAllowed) or "repo" not in ctx.params:
        return
    with suppress(GTOException):
        question = _question(error, ctx)
        error.hint = " ".join(filter(None, [question, error.hint]))


def _question(error: GTOException, ctx: click.Context) -> str:
    if isinstance(error, TypeNotAllowed):
        return did_you_mean(error.type, error.allowed)
    registry = Registry.open(ctx.params["repo"], offline=True)
    if isinstance(error, RefNotFound):
        if error.is_version and "version" in ctx.params:
            error.hint += "; a version is named by --version"
        return did_you_mean(error.ref, _refs(registry))
    known = read_vocabulary(registry)
    if isinstance(error, ArtifactNotFound | NoAnnotation) and _is_in_work_tree(registry, error.name):
        error.hint = f"it is annotated in the work tree alone: commit that, and `gto register {error.name}`"
        return ""
    if isinstance(error, NoAnnotation) and error.name not in known.artifacts and not error.in_work_tree:
        error.hint = _UNKNOWN
    return mistyped(known, ctx.params)


def _is_in_work_tree(registry: Registry, name: str) -> bool:
    """Tell whether an artifact is annotated where nobody has committed it yet."""
    is_here = registry.repo.is_own and registry.repo.top is not None and is_artifact(name)
    return is_here and find(registry, name, None, work_tree=True) is not None


def _refs(registry: Registry) -> list[str]:
    out = registry.git.run(["for-each-ref", "--format=%(refname:short)"])
    return out.decode("utf-8", "replace").splitlines()


def meant(registry: Registry, typed: Mapping[str, object]) -> str:
    """Return what words may have meant, to follow a note; empty where the registry knows them, or none is near."""
    question = ""
    with suppress(GTOException):
        question = mistyped(read_vocabulary(registry), typed)
    return f"; {question}" if question else ""


def mistyped(known: Vocabulary, typed: Mapping[str, object]) -> str:
    """Return what the first word that the registry does not know may have meant; `typed` has words by parameter."""
    for word, names in _words(known, typed):
        question = "" if word in names else did_you_mean(word, names)
        if question:
            return question
    return ""


def _words(known: Vocabulary, typed: Mapping[str, object]) -> Iterator[tuple[str, list[str]]]:
    """Yield each typed word, and the names among which it should be."""
    artifacts, name = known.artifacts, ""
    for text in _texts(typed, _SELECTORS):
        chosen = selector.parse(text)
        name = chosen.name
        yield name, artifacts
        if chosen.pick is Pick.STAGE:
            yield chosen.value, known.all_stages
        elif chosen.pick is Pick.VERSION:
            yield chosen.value, known.versions.get(name, [])
    for text in _texts(typed, _STAGES):
        yield text, known.all_stages
    for text in _texts(typed, ("version", "to")):
        yield text, known.versions.get(name, [])


def _texts(typed: Mapping[str, object], keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        value = typed.get(key)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, str) and one:
                yield one
