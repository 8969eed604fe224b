"""A version, described by all that its commit tells."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gto.core import selector
from gto.core.event import Problem
from gto.core.selector import Pick
from gto.dvc.output import Datum
from gto.exceptions import NoAnnotation, UsageError
from gto.lineage.collect import CollectedFacts, gather
from gto.lineage.fact_sources import FactSources, with_file_facts
from gto.lineage.trace import Input, Lineage, StageRun
from gto.lineage.values import Elsewhere
from gto.registry.files_signatures import JudgedFiles
from gto.registry.files_signers import who_signed
from gto.registry.registry import Registry
from gto.registry.resolve import find_target

_MOST_FILES = 1000


class Description(NamedTuple):
    """What is known of one version, ready to be shown."""

    known: CollectedFacts
    signatures: Sequence[JudgedFiles] = ()
    """Who signed the files of the version, as far as that is known without reading them."""

    def as_dict(self) -> dict[str, object]:
        """Return it as `gto describe --all --json` prints it."""
        known = self.known
        commit = known.commit
        return {
            "artifact": known.point.artifact,
            "version": known.point.version,
            "commit": {
                "hexsha": known.point.commit,
                "author": commit.author if commit else None,
                "author_email": commit.author_email if commit else None,
                "created_at": commit.created_at.isoformat() if commit else None,
                "subject": commit.message.strip().partition("\n")[0] if commit else None,
            },
            "annotation": known.annotation.as_dict() if known.annotation else None,
            "files": list(known.files[:_MOST_FILES]),
            "files_in_git": len(known.files),
            "lineage": lineage_dict(known.lineage) if known.lineage else None,
            "metrics": {path: dict(keyed) for path, keyed in known.metrics.files.items()},
            "params": {path: dict(keyed) for path, keyed in known.params.files.items()},
            "plots": list(known.plots),
            "requirements": list(known.requirements),
            **elsewhere_lists(known.elsewhere),
            "model": known.model.as_dict() if known.model else None,
            "files_signatures": [one.dict_state() for one in self.signatures],
            "problems": [problem_dict(problem) for problem in known.problems],
        }


def describe_all(
    registry: Registry, name: str, rev: str | None = None, sources: FactSources | None = None
) -> Description:
    """Return all that is known of the version that a selector names; of a name alone at a revision, by default HEAD."""
    is_name = selector.parse(name).pick is Pick.ALL
    if not is_name and rev is not None:
        raise UsageError("Either specify revision or use naming shortcut.", "leave one of them out")
    point = find_target(registry, rev or registry.rev, name) if is_name else find_target(registry, name)
    data, model = sources or FactSources()
    known = with_file_facts(gather(registry, [point], data)[0], model)
    check_known(registry, [known])
    if point.artifact is None or point.version is None:
        return Description(known)
    return Description(known, who_signed(registry, point.artifact, [(point.version, point.commit)]))


def check_known(registry: Registry, known: Sequence[CollectedFacts]) -> None:
    """Raise NoAnnotation where an artifact has neither an event nor an annotation."""
    name = known[0].point.artifact
    if name is not None and not any(one.annotation for one in known) and registry.artifact(name).newest is None:
        raise NoAnnotation(name, " and ".join(f"'{one.point.label}'" for one in known))


def lineage_dict(lineage: Lineage) -> dict[str, object]:
    """Return a lineage for JSON."""
    return {
        "kept_in": lineage.home,
        **datum_dict(lineage.datum),
        "imported_from": lineage.origin,
        "stages": [_step(step) for step in lineage.steps],
    }


def datum_dict(datum: Datum) -> dict[str, object]:
    """Return a file or directory for JSON."""
    return {"path": datum.path, "md5": datum.md5, "size": datum.size, "files": datum.files}


def elsewhere_lists(elsewhere: Iterable[Elsewhere]) -> dict[str, object]:
    """Return files that Git does not hold for JSON: those that were not read, and those that DVC had."""
    lacking: list[dict[str, object]] = []
    read: list[dict[str, object]] = []
    for one in elsewhere:
        md5 = one.datum.md5 if one.datum else None
        if one.place is None:
            kept_in = "dvc" if one.datum else None
            why = {"reason": one.reason, "hint": one.hint}
            lacking.append({"path": one.path, "of": one.kind, "kept_in": kept_in, "md5": md5, **why})
        else:
            read.append({"path": one.path, "of": one.kind, "md5": md5, "read_from": one.place})
    return {"not_in_git": lacking, "from_dvc": read}


def problem_dict(problem: Problem) -> dict[str, object]:
    """Return what was set aside for JSON, with the keys of `gto doctor`."""
    return {"code": problem.code, "subject": problem.subject, "reason": problem.reason, "hint": problem.hint}


def _step(step: StageRun) -> dict[str, object]:
    return {
        "stage": step.stage,
        "command": step.command,
        "recorded": step.is_recorded,
        "deps": [_input(one) for one in step.inputs],
        "outs": [datum_dict(datum) for datum in step.outs],
        "params": {path: dict(values) for path, values in step.params.items()},
    }


def _input(one: Input) -> dict[str, object]:
    return {**datum_dict(one.datum), "kept_in": one.home, "made_by": one.stage, "imported_from": one.origin}
