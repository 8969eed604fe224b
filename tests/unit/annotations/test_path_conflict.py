import pytest

from gto.annotations.annotation import Annotation, find_conflict, find_conflicts
from gto.core.names import ArtifactName


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("models/x", "models/x"),
        ("models/x", "models"),
        ("models", "models/x"),
        ("./models/../models//x", "models/x/"),
        (".", "models"),
        ("/data/x", "/data"),
        ("s3://b/x", "s3://b/x"),
    ],
)
def test_a_path_that_equals_holds_or_lies_in_another_conflicts(path: str, other: str) -> None:
    assert find_conflict(path, [("far", "elsewhere"), ("near", other)] if path != "." else [("near", other)]) == (
        "near",
        other,
    )


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("models/x", "models/xy"),
        ("models/x", "models/y"),
        ("/models", "models"),
        ("s3://b/x", "s3://b/x/y"),
        ("s3://b/x", "b/x"),
        ("../x", "x"),
    ],
)
def test_other_paths_do_not(path: str, other: str) -> None:
    assert find_conflict(path, [("other", other)]) is None


def annotation(name: str, path: str | None, file: str = "artifacts.yaml") -> Annotation:
    return Annotation(ArtifactName(name), file, path=path)


def test_each_conflict_of_a_registry_is_a_problem_of_the_inner_artifact() -> None:
    problems = find_conflicts(
        [
            annotation("inner", "models/x/y"),
            annotation("sibling", "models/xy"),
            annotation("outer", "models/x"),
            annotation("again", "./models/x"),
            annotation("none", None),
        ]
    )
    assert [(problem.artifact, problem.reason) for problem in problems] == [
        ("outer", "path 'models/x' is './models/x', the path of 'again' in artifacts.yaml"),
        ("inner", "path 'models/x/y' lies in './models/x', the path of 'again' in artifacts.yaml"),
    ]


def test_two_annotations_of_one_artifact_do_not_conflict() -> None:
    both = [annotation("m", "x"), annotation("m", "x", "dvc.yaml"), annotation("m", "x/y")]
    assert find_conflicts(both) == ()
    assert [problem.artifact for problem in find_conflicts([*both, annotation("n", "x/y")])] == ["n"]


def test_ten_thousand_artifacts_are_compared_without_comparing_each_with_each() -> None:
    many = [annotation(f"m{number}", f"models/{number % 100}/{number}") for number in range(10_000)]
    assert find_conflicts(many) == ()
    assert len(find_conflicts([*many, annotation("all", "models")])) == 10_000
