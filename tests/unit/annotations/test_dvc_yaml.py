import pytest

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.annotations.dvc_yaml import read_dvc_yaml, to_custom, to_meta
from gto.core.event import Problem
from gto.core.names import ArtifactName

FILE = """\
vars:
- folder: models
stages:
  train:
    cmd: python train.py
artifacts:
  churn:
    path: ${folder}/churn.pkl
    desc: predicts ${what}
    type: model
    labels: [eu, "${what}"]
    meta: {owner: ada, "${what}": ["${folder}"]}
  plain:
    path: ./data//x/
"""


def read(text: str, file: str = "dvc.yaml", **files: str) -> ReadAnnotations:
    known = {name.replace("_yaml", ".yaml"): content.encode() for name, content in files.items()}
    return read_dvc_yaml(text.encode(), file, known.get)


def reasons(text: str) -> list[str]:
    return [problem.reason for problem in read(text).problems]


def test_artifacts_are_read_with_their_expressions_resolved() -> None:
    reading = read(FILE, params_yaml="what: churn\n")
    assert reading.problems == ()
    assert reading.annotations == (
        Annotation(
            ArtifactName("churn"),
            "dvc.yaml",
            type="model",
            path="models/churn.pkl",
            labels=("eu", "churn"),
            description="predicts churn",
            custom={"owner": "ada", "churn": ["models"]},
        ),
        Annotation(ArtifactName("plain"), "dvc.yaml", path="data/x"),
    )


def test_an_artifact_of_a_directory_carries_its_name_and_its_path_is_seen_from_the_root() -> None:
    (annotation,) = read("artifacts: {m: {path: ../x/y.pkl}}", "models/eu/dvc.yaml").annotations
    assert annotation.name == "models/eu:m"
    assert annotation.path == "models/x/y.pkl"
    assert annotation.file == "models/eu/dvc.yaml"


@pytest.mark.parametrize("path", ["s3://bucket/x", "/mnt/models/x", "https://host/a//b"])
def test_a_path_that_is_elsewhere_stays_as_written(path: str) -> None:
    assert read(f"artifacts: {{m: {{path: '{path}'}}}}", "sub/dvc.yaml").annotations[0].path == path


@pytest.mark.parametrize("text", ["", "# nothing\n", "stages: {}\n", "artifacts: {}\n"])
def test_a_file_without_artifacts_is_no_problem(text: str) -> None:
    assert read(text) == ReadAnnotations()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a\n", "must be a mapping, not a list"),
        ("a: 1\nartifacts:\n", "line 2: 'artifacts' must be a mapping, not empty"),
        ("a: 1\na: 2\n", "line 2: key 'a' stands twice"),
        ("a: [", "line 2: did not find expected node content, while parsing a flow node"),
    ],
)
def test_a_bad_file_is_one_problem(text: str, reason: str) -> None:
    reading = read(text)
    assert reading.annotations == ()
    assert [(p.code, p.subject, p.reason) for p in reading.problems] == [("annotation-file", "dvc.yaml", reason)]


def test_a_directory_that_no_tag_can_name_is_one_problem() -> None:
    reading = read("artifacts: {a: {path: x}, b: {path: y}}", "my models/dvc.yaml")
    assert reading.annotations == ()
    assert [problem.code for problem in reading.problems] == ["annotation-name"]


def test_a_bad_entry_is_a_problem_and_the_others_still_show() -> None:
    reading = read("artifacts:\n  _bad: {path: x}\n  1: {path: x}\n  good: {path: x}\n")
    assert [annotation.name for annotation in reading.annotations] == ["good"]
    assert [(p.code, p.reason) for p in reading.problems] == [
        ("annotation-invalid", "line 2: Invalid artifact name '_bad'"),
        ("annotation-invalid", "line 3: the name of an artifact must be text, not a number"),
    ]


def test_a_bad_field_is_set_aside_and_the_artifact_still_shows() -> None:
    text = "artifacts:\n  m:\n    path: 3\n    desc: [x]\n    type:\n    labels: [a, 1]\n    meta: 7\n    foo: 1\n"
    reading = read(text)
    assert reading.annotations == (Annotation(ArtifactName("m"), "dvc.yaml", labels=("a",), custom=7),)
    assert sorted(problem.reason for problem in reading.problems) == [
        "line 3: 'path' must be text, not a number",
        "line 4: 'desc' must be text, not a list",
        "line 5: 'type' must be text, not empty",
        "line 6: 'labels' must be text, not a number",
        "line 8: unknown field 'foo'",
    ]
    assert {problem.artifact for problem in reading.problems} == {"m"}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{desc: x}", "line 1: 'path' is missing"),
        ("x", "line 1: must be a mapping with a 'path', not text"),
        ("{path: x, labels: a}", "line 1: 'labels' must be a list of texts, not text"),
        ("{path: true}", "line 1: 'path' must be text, not true or false"),
        ("{path: {a: b}}", "line 1: 'path' must be text, not a mapping"),
        ("{path: ../x}", "line 1: 'path': '../x' leads out of the repository"),
        ('{path: "a\\0"}', "line 1: 'path': it holds a control character"),
    ],
)
def test_what_dvc_refuses_is_a_problem_of_its_field(entry: str, reason: str) -> None:
    reading = read(f"artifacts: {{m: {entry}}}")
    assert [problem.reason for problem in reading.problems] == [reason]
    assert [annotation.name for annotation in reading.annotations] == ["m"]


def test_an_expression_that_gives_nothing_sets_aside_its_field_only() -> None:
    text = "artifacts:\n  m:\n    path: ${no}/x\n    desc: d\n    meta: {a: '${no}'}\n  '${no}': {path: x}\n"
    reading = read(text)
    assert reading.annotations == (Annotation(ArtifactName("m"), "dvc.yaml", description="d"),)
    assert [(p.code, p.reason, p.artifact) for p in reading.problems] == [
        ("annotation-unresolved", "line 3: 'path': '${no}' names no variable", "m"),
        ("annotation-unresolved", "line 5: 'meta': '${no}' names no variable", "m"),
        ("annotation-unresolved", "line 6: '${no}' names no variable", ""),
    ]


def test_variables_that_cannot_be_read_harm_only_what_needs_them() -> None:
    reading = read("vars: 3\nartifacts:\n  a: {path: x}\n  b: {path: '${v}'}\n")
    assert [annotation.path for annotation in reading.annotations] == ["x", None]
    assert [problem.reason for problem in reading.problems] == [
        "line 4: 'path': the variables cannot be read: dvc.yaml: 'vars' must be a list"
    ]


@pytest.mark.parametrize(("value", "kind"), [("[1]", "a list"), ("{a: 1}", "a mapping"), ("~", "empty")])
def test_a_variable_that_is_no_text_is_no_path(value: str, kind: str) -> None:
    text = f"vars: [v: {value}]\nartifacts: {{m: {{path: '${{v}}'}}}}\n"
    assert reasons(text) == [f"line 2: 'path': its variable is {kind}, not text"]
    assert reasons(text.replace("'${v}'", "'x${v}'")) == (
        ["line 2: 'path': a mapping is no text"] if kind == "a mapping" else []
    )


def test_a_number_is_as_good_as_text_where_an_expression_gave_it() -> None:
    (annotation,) = read("vars: [n: 3]\nartifacts: {m: {path: '${n}', type: '${n}'}}\n").annotations
    assert (annotation.path, annotation.type) == ("3", "3")


def test_a_name_may_be_an_expression_and_the_last_of_two_alike_counts() -> None:
    reading = read("vars: [n: m]\nartifacts:\n  m: {path: x}\n  '${n}': {path: y}\n")
    assert [(annotation.name, annotation.path) for annotation in reading.annotations] == [("m", "y")]
    assert [problem.reason for problem in reading.problems] == ["line 4: 'm' stands twice"]


def test_what_a_reason_quotes_is_cut() -> None:
    (reason,) = reasons(f"artifacts: {{? {'_' * 5000} : {{path: x}}}}")
    assert len(reason) < 400


@pytest.mark.parametrize(
    "custom", ["text", 3, ["a"], {"a": 1}, {"custom": 1}, {"custom": {"custom": 1}}, {"custom": 1, "b": 2}, True]
)
def test_meta_holds_any_custom_metadata(custom: object) -> None:
    assert to_custom(to_meta(custom)) == custom


@pytest.mark.parametrize("meta", [None, {}, "", []])
def test_meta_that_holds_nothing_is_none(meta: object) -> None:
    assert to_custom(meta) is None


def test_a_problem_names_file_and_hint() -> None:
    assert read("artifacts: {m: {desc: x}}", "sub/dvc.yaml").problems == (
        Problem(
            "annotation-invalid",
            "sub/dvc.yaml",
            "line 1: 'path' is missing",
            "DVC refuses the whole file for it",
            "sub:m",
        ),
    )
