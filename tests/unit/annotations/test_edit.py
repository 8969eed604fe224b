import pytest
from ruamel.yaml import YAML

from gto.annotations.artifacts_yaml import read_artifacts_yaml
from gto.annotations.dvc_yaml import read_dvc_yaml
from gto.annotations.edit import AnnotationEdit, annotate_text, remove_text
from gto.exceptions import ArtifactNotFound, BadFile, InvalidName, UsageError

DVC = """\
# the pipeline
stages:
    train:
        cmd: python   train.py   # two spaces stay
        outs: [models/x,   models/y]

artifacts:
    # predicts who leaves
    churn:
        path: 'models/x'   # in quotes
        labels:
            - zeta   # the last
            # about alpha
            - alpha
        desc: >
            folded
            text

    # in braces
    other: {path: models/y, type: model}  # one line

plots:   [a.json, b.json]
"""


def lines(text: str) -> list[str]:
    return text.splitlines()


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and the lines that came, between the lines that both have."""
    old, new = lines(before), lines(after)
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


def test_a_new_artifact_goes_after_the_last_one_in_the_style_of_the_file() -> None:
    after = annotate_text(DVC, "dvc.yaml", "new", AnnotationEdit(type="model", path="q", labels=("b", "a")))
    assert changed(DVC, after) == (
        [],
        [
            "    new:",
            "        path: q",
            "        type: model",
            "        labels:",
            "            - a",
            "            - b",
        ],
    )


def test_a_field_is_replaced_where_it_stands() -> None:
    after = annotate_text(DVC, "dvc.yaml", "churn", AnnotationEdit(path="models/z"))
    assert changed(DVC, after) == (
        ["        path: 'models/x'   # in quotes"],
        ["        path: 'models/z'   # in quotes"],
    )


def test_a_folded_text_is_replaced_and_what_follows_stays() -> None:
    after = annotate_text(DVC, "dvc.yaml", "churn", AnnotationEdit(description="short"))
    assert changed(DVC, after) == (
        ["        desc: >", "            folded", "            text"],
        ["        desc: short"],
    )


def test_labels_are_united_and_sorted_and_take_their_comments_along() -> None:
    after = annotate_text(DVC, "dvc.yaml", "churn", AnnotationEdit(labels=("mid", "alpha")))
    assert changed(DVC, after) == (
        ["            - zeta   # the last", "            # about alpha", "            - alpha"],
        [
            "            - alpha",
            "            - mid",
            "            - zeta   # the last",
            "            # about alpha",
        ],
    )


def test_fields_are_added_after_the_last_one() -> None:
    after = annotate_text(DVC, "dvc.yaml", "churn", AnnotationEdit(type="model", custom={"a": {"b": [1]}}))
    assert changed(DVC, after) == (
        [],
        [
            "        type: model",
            "        meta:",
            "            a:",
            "                b:",
            "                    - 1",
        ],
    )


def test_an_entry_in_braces_stays_in_braces() -> None:
    change = AnnotationEdit(path="models/w", labels=("b", "a"), custom="x", description="d, e")
    after = annotate_text(DVC, "dvc.yaml", "other", change)
    assert changed(DVC, after)[1] == [
        "    other: {path: models/w, type: model, desc: 'd, e', labels: [a, b], meta: {custom: x}}  # one line"
    ]


def test_a_change_that_says_nothing_new_changes_nothing() -> None:
    for change in (
        AnnotationEdit(),
        AnnotationEdit(path="models/x", labels=()),
        AnnotationEdit(type="", description="", custom={}),
    ):
        assert annotate_text(DVC, "dvc.yaml", "churn", change) == DVC


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("artifacts.yaml", "", "m:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "{}\n", "m:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "{}", "m:\n  type: t\n  path: p"),
        ("artifacts.yaml", "~\n", "m:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "--- {}\n", "--- \nm:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "---\n", "---\nm:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "# hi", "# hi\nm:\n  type: t\n  path: p"),
        ("artifacts.yaml", "m:\n", "m:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "m: {}  # x\nn: {}\n", "m:  # x\n  type: t\n  path: p\nn: {}\n"),
        ("artifacts.yaml", "m: ~\n", "m:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "{m: {}}\n", "{m: {type: t, path: p}}\n"),
        ("artifacts.yaml", "{m: }\n", "{m: {type: t, path: p}}\n"),
        ("artifacts.yaml", "{n: {}}\n", "{n: {}, m: {type: t, path: p}}\n"),
        ("artifacts.yaml", "a: {}\n\n# end\n", "a: {}\nm:\n  type: t\n  path: p\n\n# end\n"),
        ("artifacts.yaml", "a: {}\n...\n", "a: {}\nm:\n  type: t\n  path: p\n...\n"),
        ("artifacts.yaml", "a:\n  description: |\n    x\n\n\nb: {}\n", "b: {}\nm:\n  type: t\n  path: p\n"),
        ("artifacts.yaml", "\ufeffa: {}\r\n", "\ufeffa: {}\r\nm:\r\n  type: t\r\n  path: p\r\n"),
        ("artifacts.yaml", "m: {type: }\n", "m: {type: t, path: p}\n"),
        ("artifacts.yaml", "m:\n  type:  # which\n", "m:\n  type: t  # which\n  path: p\n"),
        ("artifacts.yaml", "x: &a t2\nm:\n  type: *a\n", "x: &a t2\nm:\n  type: t\n  path: p\n"),
        ("dvc.yaml", "", "artifacts:\n  m:\n    path: p\n    type: t\n"),
        ("dvc.yaml", "artifacts:\n", "artifacts:\n  m:\n    path: p\n    type: t\n"),
        ("dvc.yaml", "artifacts: {}\n", "artifacts:\n  m:\n    path: p\n    type: t\n"),
        ("dvc.yaml", "artifacts:\n  m:\n", "artifacts:\n  m:\n    path: p\n    type: t\n"),
        ("dvc.yaml", "vars: []\n", "vars: []\nartifacts:\n  m:\n    path: p\n    type: t\n"),
        ("sub/dvc.yaml", "", "artifacts:\n  m:\n    path: ../p\n    type: t\n"),
    ],
)
def test_any_file_takes_a_new_annotation(file: str, text: str, expected: str) -> None:
    after = annotate_text(text, file, "m", AnnotationEdit(type="t", path="p"))
    assert after.endswith(expected)
    assert len(after) == len(expected) or after.startswith(text[:20])


def test_custom_metadata_is_replaced_whole() -> None:
    text = "m:\n  custom:\n    old: [1]\n    older: 2\n  type: t\n"
    assert (
        annotate_text(text, "artifacts.yaml", "m", AnnotationEdit(custom="word")) == "m:\n  custom: word\n  type: t\n"
    )
    after = annotate_text(text, "artifacts.yaml", "m", AnnotationEdit(custom=[{"a": 1}]))
    assert after == "m:\n  custom:\n  - a: 1\n  type: t\n"
    assert (
        annotate_text("m: {custom: x}", "artifacts.yaml", "m", AnnotationEdit(custom={"a": 1})) == "m: {custom: {a: 1}}"
    )
    assert annotate_text("m:\n  custom: 'x'\n", "artifacts.yaml", "m", AnnotationEdit(custom=3)) == "m:\n  custom: 3\n"


def test_labels_in_brackets_and_labels_of_a_file_without_a_last_line_ending() -> None:
    change = AnnotationEdit(labels=("b",))
    assert annotate_text("m: {labels: [c, a]}", "artifacts.yaml", "m", change) == "m: {labels: [a, b, c]}"
    assert annotate_text("m:\n  labels: [c]\n", "artifacts.yaml", "m", change) == "m:\n  labels:\n  - b\n  - c\n"
    assert annotate_text("m:\n  labels:\n  - c\n  - c", "artifacts.yaml", "m", change) == "m:\n  labels:\n  - b\n  - c"
    assert annotate_text("m:\n  labels:\n", "artifacts.yaml", "m", change) == "m:\n  labels:\n  - b\n"
    aliased = "x: &a c\nm:\n  labels:\n  - *a\n  - d\n"
    assert annotate_text(aliased, "artifacts.yaml", "m", change).endswith("  labels:\n  - b\n  - c\n  - d\n")


def test_virtual_is_recorded_where_somebody_vouched_and_dropped_with_another_path() -> None:
    text = annotate_text("", "artifacts.yaml", "m", AnnotationEdit(path="p", must_exist=True))
    assert text == "m:\n  path: p\n  virtual: false\n"
    assert annotate_text(text, "artifacts.yaml", "m", AnnotationEdit(type="t")) == text + "  type: t\n"
    assert annotate_text(text, "artifacts.yaml", "m", AnnotationEdit(path="q")) == "m:\n  path: q\n"
    assert annotate_text("", "dvc.yaml", "m", AnnotationEdit(path="p", must_exist=True)).count("virtual") == 0


def test_text_that_dvc_would_interpolate_is_escaped() -> None:
    change = AnnotationEdit(path="a/${b}", description="${c}", custom={"${d}": ["${e}"]})
    text = annotate_text("", "dvc.yaml", "m", change)
    (annotation,) = read_dvc_yaml(text.encode(), "dvc.yaml", lambda _: None).annotations
    assert annotation.path == "a/${b}"
    assert annotation.description == "${c}"
    assert annotation.custom == {"${d}": ["${e}"]}
    text = annotate_text("", "artifacts.yaml", "m", change)
    assert read_artifacts_yaml(text.encode(), "artifacts.yaml").annotations[0].path == "a/${b}"


def test_an_artifact_in_dvc_yaml_needs_a_path() -> None:
    with pytest.raises(UsageError) as caught:
        annotate_text(DVC, "dvc.yaml", "new", AnnotationEdit(type="model"))
    assert "--path" in caught.value.hint


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a\nb"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="Invalid path"):
        annotate_text("", "sub/dvc.yaml", "m", AnnotationEdit(path=path))


@pytest.mark.parametrize(
    ("name", "change"),
    [("_x", AnnotationEdit()), ("x", AnnotationEdit(type="a b")), ("x", AnnotationEdit(labels=("a b",)))],
)
def test_names_are_checked(name: str, change: AnnotationEdit) -> None:
    with pytest.raises(InvalidName):
        annotate_text("", "artifacts.yaml", name, change)


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("artifacts.yaml", "- a\n", "must be a mapping, not a list"),
        ("artifacts.yaml", "a: [\n", "did not find expected"),
        ("artifacts.yaml", "m: 3\n", "the entry 'm' is no mapping"),
        ("dvc.yaml", "artifacts: [a]\n", "'artifacts' must be a mapping, not a list"),
        ("artifacts.yaml", "m: {labels: a}\n", "'labels' must be a list of texts"),
        ("artifacts.yaml", "m: {labels: [1]}\n", "'labels' must be a list of texts"),
        ("artifacts.yaml", "n: &n {type: a}\nm: *n\n", "a mapping that is written out was expected"),
        ("artifacts.yaml", "n: &n {}\nm: *n\n", "a mapping that is written out was expected"),
        ("artifacts.yaml", "m: {type: &t a}\nn: {type: *t}\n", "this edit would break the file"),
        ("artifacts.yaml", "m: &m {type: a}\nn: *m\n", "this edit would change more than it should"),
        ("artifacts.yaml", "b: &b {virtual: false}\nm: {<<: *b}\n", "'virtual' is not written out"),
        ("artifacts.yaml", "b: &b {m: {description: a}}\n<<: *b\n", "this edit would change more than it should"),
        ("artifacts.yaml", "{m}\n", "this edit would"),
        ("artifacts.yaml", "#" * 4_194_300 + "\n", "this edit would break the file"),
    ],
)
def test_what_cannot_be_edited_is_refused(file: str, text: str, why: str) -> None:
    with pytest.raises(BadFile) as caught:
        annotate_text(text, file, "m", AnnotationEdit(type="t", path="p", labels=("l",)))
    assert caught.value.reason.startswith(why)


@pytest.mark.parametrize("name", ["churn", "other"])
def test_a_removed_artifact_leaves_the_rest_as_it_was(name: str) -> None:
    after = remove_text(DVC, "dvc.yaml", name)
    gone, came = changed(DVC, after)
    assert came == []
    assert gone[0].strip().startswith(name) or name == "churn"
    (left,) = read_dvc_yaml(after.encode(), "dvc.yaml", lambda _: None).annotations
    assert left.name != name


def test_a_section_goes_with_its_last_artifact() -> None:
    after = remove_text(remove_text(DVC, "dvc.yaml", "other"), "dvc.yaml", "churn")
    assert lines(after) == [*lines(DVC)[:6], "plots:   [a.json, b.json]"]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("artifacts.yaml", "# c\nm: {}  # x\n", "# c\n{}\n"),
        ("artifacts.yaml", "m: {}\r\n", "{}\r\n"),
        ("artifacts.yaml", "\ufeffm: {}\n", "\ufeff{}\n"),
        ("artifacts.yaml", "a: {}\nm:\n  type: t\n  # inside\n\nb: {}", "a: {}\n\nb: {}"),
        ("artifacts.yaml", "a: {}\n\nm:\n  type: t\n\nb: {}\n", "a: {}\n\nb: {}\n"),
        ("artifacts.yaml", "m: {}\n\n\nb: {}\n", "b: {}\n"),
        ("artifacts.yaml", "{m: {}, a: {}}\n", "{a: {}}\n"),
        ("artifacts.yaml", "{a: {}, m: {}}\n", "{a: {}}\n"),
        ("artifacts.yaml", "{a: {}, m: {}, }\n", "{a: {}, }\n"),
        ("artifacts.yaml", "{m: {}}\n", "{}\n"),
        ("artifacts.yaml", "a: {}\nm: {description: x}", "a: {}\n"),
        ("artifacts.yaml", "a: {}\nm:\n  description: |+\n    x\n\nb: {}\n", "a: {}\nb: {}\n"),
        ("dvc.yaml", "vars: []\nartifacts:\n  m: {path: x}\n", "vars: []\n"),
        ("dvc.yaml", "artifacts:\n  m: {path: x}\n", ""),
        ("dvc.yaml", "artifacts:\n  m: {path: x}\n  n: {path: y}\n", "artifacts:\n  n: {path: y}\n"),
    ],
)
def test_an_annotation_is_removed(file: str, text: str, expected: str) -> None:
    assert remove_text(text, file, "m") == expected


@pytest.mark.parametrize(("file", "name"), [("artifacts.yaml", "m"), ("sub/dvc.yaml", "sub:m")])
def test_an_annotation_that_is_not_there_cannot_be_removed(file: str, name: str) -> None:
    with pytest.raises(ArtifactNotFound) as caught:
        remove_text("", file, "m")
    assert caught.value.name == name


@pytest.mark.parametrize("text", ["m: &m {}\nn: *m\n", "b: &b {m: {}}\n<<: *b\n"])
def test_an_annotation_that_others_lean_on_is_not_removed(text: str) -> None:
    with pytest.raises(BadFile):
        remove_text(text, "artifacts.yaml", "m")


def test_the_loader_of_dvc_reads_what_was_written() -> None:
    after = annotate_text(
        DVC, "dvc.yaml", "new", AnnotationEdit(path="0o17", description="on: # \n é", custom={"a": "1e5"})
    )
    assert YAML(typ="safe").load(after)["artifacts"]["new"] == {
        "path": "0o17",
        "desc": "on: # \n é",
        "meta": {"a": "1e5"},
    }


FACTS_KEPT = "churn:\n  path: m.skops\n  custom:\n    model: m.skops.model.yaml\n"


def test_new_custom_metadata_keep_the_pointer_to_the_facts_of_the_model() -> None:
    found = annotate_text(FACTS_KEPT, "artifacts.yaml", "churn", AnnotationEdit(custom={"owner": "ada"}))
    assert "model: m.skops.model.yaml" in found
    assert "owner: ada" in found


def test_a_text_does_not_replace_the_pointer_to_the_facts_of_the_model() -> None:
    with pytest.raises(UsageError, match=r"m\.skops\.model\.yaml"):
        annotate_text(FACTS_KEPT, "artifacts.yaml", "churn", AnnotationEdit(custom="owner=ada"))


def test_keys_join_the_custom_metadata_and_leave_them() -> None:
    added = annotate_text(FACTS_KEPT, "artifacts.yaml", "churn", AnnotationEdit(meta={"owner": "ada", "at": 0.5}))
    assert lines(added) == [*lines(FACTS_KEPT), "    owner: ada", "    at: 0.5"]
    gone = AnnotationEdit(meta={"owner": None, "at": None})
    assert annotate_text(added, "artifacts.yaml", "churn", gone) == FACTS_KEPT
    alone = annotate_text(FACTS_KEPT, "artifacts.yaml", "churn", AnnotationEdit(meta={"model": None}))
    assert lines(alone) == ["churn:", "  path: m.skops"]
    both = annotate_text(FACTS_KEPT, "artifacts.yaml", "churn", AnnotationEdit(custom={"a": 1}, meta={"b": 2}))
    assert lines(both)[3:] == ["    model: m.skops.model.yaml", "    a: 1", "    b: 2"]
    new = annotate_text("", "dvc.yaml", "churn", AnnotationEdit(path="m", meta={"owner": "${x}"}))
    assert r"owner: '\${x}'" in new
    with pytest.raises(BadFile, match="no key can be added"):
        annotate_text("churn: {custom: words}\n", "artifacts.yaml", "churn", AnnotationEdit(meta={"a": 1}))
