import pytest

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.annotations.artifacts_yaml import read_artifacts_yaml
from gto.core.names import ArtifactName

FILE = """\
churn:
  type: model
  path: ./models/churn.pkl
  virtual: false
  labels: [eu, tabular]
  description: "who leaves"
  custom: {since: 2024-01-02, score: .nan}
bare: {}
"""


def read(text: str) -> ReadAnnotations:
    return read_artifacts_yaml(text.encode(), "artifacts.yaml")


def test_entries_are_read_as_written() -> None:
    assert read(FILE) == ReadAnnotations(
        (
            Annotation(
                ArtifactName("churn"),
                "artifacts.yaml",
                "model",
                "./models/churn.pkl",
                ("eu", "tabular"),
                "who leaves",
                {"since": "2024-01-02", "score": ".nan"},
                virtual=False,
            ),
            Annotation(ArtifactName("bare"), "artifacts.yaml"),
        )
    )


def test_nothing_is_interpolated() -> None:
    assert read(r"m: {path: '${x}', description: 'a \${b}'}").annotations[0].as_dict() == {
        "path": "${x}",
        "description": r"a \${b}",
    }


@pytest.mark.parametrize("text", ["", "{}\n", "# nothing\n"])
def test_an_empty_file_is_no_problem(text: str) -> None:
    assert read(text) == ReadAnnotations()


@pytest.mark.parametrize(("text", "reason"), [("- a", "must be a mapping, not a list"), ("a: *b", "line 1: '*b'")])
def test_a_bad_file_is_one_problem(text: str, reason: str) -> None:
    (problem,) = read(text).problems
    assert problem.code == "annotation-file"
    assert problem.reason.startswith(reason)


def test_a_bad_entry_is_a_problem_and_the_others_still_show() -> None:
    reading = read("a b: {}\n2: {}\nm: 3\ngood: {type: model}\n")
    assert [annotation.name for annotation in reading.annotations] == ["m", "good"]
    assert [problem.reason for problem in reading.problems] == [
        "line 1: Invalid artifact name 'a b'",
        "line 2: the name of an artifact must be text, not a number",
        "line 3: must be a mapping, not a number",
    ]


def test_a_bad_field_is_set_aside_and_labels_of_several_words_are_none() -> None:
    reading = read("m:\n  type: a b\n  path: 3\n  virtual: maybe\n  labels: [ok, 'not ok', 4]\n  description:\n")
    assert reading.annotations == (
        Annotation(ArtifactName("m"), "artifacts.yaml", type="a b", labels=("ok", "not ok")),
    )
    assert sorted(problem.reason for problem in reading.problems) == [
        "line 3: 'path' must be text, not a number",
        "line 4: 'virtual' must be true or false, not text",
        "line 5: 'labels' must be text, not a number",
        "line 6: 'description' must be text, not empty",
    ]


def test_type_and_path_may_be_left_open_as_in_gto_1_10() -> None:
    assert read("m: {type: , path: ~}") == ReadAnnotations((Annotation(ArtifactName("m"), "artifacts.yaml"),))


@pytest.mark.parametrize(("word", "virtual"), [("yes", True), ("off", False), ("0", False), ("TRUE", True)])
def test_virtual_is_read_as_loosely_as_in_gto_1_10(word: str, virtual: bool) -> None:  # noqa: FBT001  a case
    assert read(f"m: {{virtual: {word}}}").annotations[0].virtual is virtual
