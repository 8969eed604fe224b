from __future__ import annotations

from gto.core.snapshot import Snapshot
from gto.importers.mlflow.earlier_imports import KnownImports
from gto.importers.mlflow.import_plan import ImportPlan, Wishes, decide
from gto.importers.mlflow.mlflow_values import MlflowModel, MlflowVersion

ALONE = Wishes({}, {})


def plan(*versions: MlflowVersion, known: KnownImports | None = None, **aliases: int) -> ImportPlan:
    """What is planned for a model `m` where nothing else is."""
    model = MlflowModel("m", versions=versions, aliases=aliases)
    return decide([model], Snapshot({}), known or KnownImports(), ALONE)


def test_versions_of_one_second_get_seconds_of_their_own_in_the_order_of_their_numbers() -> None:
    found = plan(MlflowVersion(9, 5, 5), MlflowVersion(10, 5, 5), MlflowVersion(11, 6, 6))
    assert [(one.version, one.when) for one in found.versions] == [("v9.0.0", 5), ("v10.0.0", 6), ("v11.0.0", 7)]


def test_a_stage_is_not_older_than_its_version() -> None:
    found = plan(MlflowVersion(9, 5, 5), MlflowVersion(10, 5, 5), champion=10)
    assert [(one.stage, one.when) for one in found.moves] == [("champion", 6)]


def test_what_the_last_import_saw_moves_nothing() -> None:
    known = KnownImports(
        names={"m": "m"}, versions={("m", 1): "v1.0.0"}, aliases={("m", "champion"): 1}, stages={("m", 1): "Staging"}
    )
    version = MlflowVersion(1, 5, 5, stage="Staging")
    assert plan(version, known=known, champion=1)[:2] == ((), ())
    off = plan(MlflowVersion(1, 5, 5), known=known)
    assert {(one.stage, one.is_on, one.when) for one in off.moves} == {
        ("champion", False, None),
        ("Staging", False, None),
    }


def test_versions_that_are_not_ready_wait() -> None:
    found = plan(MlflowVersion(1, 5, 5, status="PENDING_REGISTRATION"), champion=1)
    assert (found.versions, found.moves) == ((), ())
    assert [one.reason for one in found.unplaced] == [
        "MLflow says that it is PENDING_REGISTRATION",
        "that version is not here",
    ]


def test_a_model_keeps_the_name_that_it_was_imported_under() -> None:
    known = KnownImports(names={"m": "m"}, versions={("m", 1): "v1.0.0"})
    found = decide([MlflowModel("m")], Snapshot({}), known, Wishes({"m": "other"}, {}))
    assert [one.reason for one in found.unplaced] == ["it was imported as 'm' before, and keeps that name"]
