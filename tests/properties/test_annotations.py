import io
import json
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gto.annotations.annotation import Annotation, ReadAnnotations, find_conflict, find_conflicts
from gto.annotations.artifacts_yaml import read_artifacts_yaml
from gto.annotations.dvc_yaml import read_dvc_yaml
from gto.annotations.edit import AnnotationEdit, annotate_text, remove_text
from gto.core.names import ArtifactName
from gto.exceptions import BadFile, GTOException
from gto.yamldoc.document import load, load_text
from gto.yamldoc.dump import Style, render_block
from gto.yamldoc.nodes import Node, find
from gto.yamldoc.scalars import resolve
from tests.examples import examples

SEED = """\
# a registry
vars:
- folder: models
- params.yaml:train,n
stages:
    train: {cmd: 'python train.py', outs: [models/x]}
artifacts:
    churn:   # who leaves
        path: ${folder}/churn-${n[0]}.pkl
        desc: |
            several
            lines
        type: model
        labels: &labels
          - a
          - "b"
        meta: {x: [1, 2.5, ~, true], "y z": \\${n}}
    other: {path: ../y, labels: *labels}
    <<: {third: {path: z}}
"""

# --- no text makes a reader raise -------------------------------------------------------------------------------

FRAGMENTS = st.sampled_from(
    [
        "${",
        "}",
        "\\${",
        "[",
        "]",
        "{",
        "}",
        ": ",
        "- ",
        "? ",
        "\n",
        "\t",
        "\r",
        "&a ",
        "*a",
        "<<",
        "!x ",
        "'",
        '"',
        "|",
        ">",
        "artifacts:\n",
        "vars:\n",
        "%TAG",
        "---\n",
        "...\n",
        "#",
        ".nan",
        "9" * 5000,
        "\x00",
        "\ud7ff",
        "0x",
        "_",
        "    ",
        "params.yaml",
        "../",
        "\ufeff",
        "\x85",
        "\u2028",
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    text = SEED
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 5, 40])))
        text = text[:start] + draw(FRAGMENTS) + text[end:]
    return text.encode()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | FRAGMENTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | FRAGMENTS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["path", "desc", "type", "labels", "meta", "virtual", "custom", "description", "foo"])
ENTRIES = st.dictionaries(
    st.sampled_from(["m", "a/b", "_", "1", "${x}"]) | st.text(max_size=4),
    st.dictionaries(FIELDS, VALUES, max_size=5) | VALUES,
    max_size=4,
)
DOCUMENTS = st.fixed_dictionaries({}, optional={"artifacts": ENTRIES | VALUES, "vars": VALUES}) | ENTRIES
FILES = (
    st.binary(max_size=200)
    | mutated()
    | DOCUMENTS.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    | st.text(max_size=200).map(lambda text: text.encode())
)


@examples(600)
@given(data=FILES, params=FILES, suffix=st.sampled_from(["yaml", "json", "toml", "py"]))
@example(data=b"artifacts: {m: {path: '${v}'}}\nvars: [o.py]", params=b"v = -" + b"-" * 9999 + b"1", suffix="py")
def test_no_annotation_file_makes_a_reader_raise(data: bytes, params: bytes, suffix: str) -> None:
    data = data.replace(b"params.yaml", f"params.{suffix}".encode())
    readings = [
        read_dvc_yaml(data, "dvc.yaml", lambda path: params if "params" in path else None),
        read_dvc_yaml(data, "sub/dvc.yaml", lambda _: params),
        read_artifacts_yaml(data, "artifacts.yaml"),
    ]
    for reading in readings:
        for annotation in reading.annotations:
            assert isinstance(annotation, Annotation)
            json.dumps(annotation.as_dict(), allow_nan=False)
        find_conflicts(reading.annotations)


@examples(150)
@given(data=FILES, file=st.sampled_from(["dvc.yaml", "sub/dvc.yaml", "artifacts.yaml"]))
def test_no_annotation_file_makes_an_edit_raise_but_declared_errors(data: bytes, file: str) -> None:
    text = data.decode(errors="replace")
    change = AnnotationEdit("model", "models/x", ("a", "b"), "d ${x}", {"k": [1]})
    for name in ("churn", "m", "third"):
        try:
            after = annotate_text(text, file, name, change)
        except GTOException:
            continue
        assert asked_for(read(after, file), file, name, change)
    for name in ("churn", "m", "third"):
        try:
            after = remove_text(text, file, name)
        except GTOException:
            continue
        assert all(not annotation.name.endswith(name) for annotation in read(after, file).annotations) or "$" in text


def read(text: str, file: str) -> ReadAnnotations:
    if file.endswith("dvc.yaml"):
        return read_dvc_yaml(text.encode(), file, lambda _: b"n: [1]\ntrain: 2\n")
    return read_artifacts_yaml(text.encode(), file)


def asked_for(reading: ReadAnnotations, file: str, name: str, change: AnnotationEdit) -> bool:
    full = f"sub:{name}" if file.startswith("sub/") else name
    (annotation,) = (annotation for annotation in reading.annotations if annotation.name == full)
    return (
        annotation.type == change.type
        and annotation.path == change.path
        and set(change.labels) <= set(annotation.labels)
        and annotation.description == change.description
        and annotation.custom == change.custom
    )


# --- our reading is that of DVC's own loader --------------------------------------------------------------------


def by_ruamel(text: str) -> object:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


@examples(150)
@given(st.text(alphabet="0123456789._eExXoObB+-naifNULtrusy~:", min_size=1, max_size=9))
@example("0o17")
@example("+.inf")
def test_a_plain_scalar_means_what_dvc_and_gto_1_10_take_it_for(text: str) -> None:
    assume(not re.fullmatch(r"[0-9]{4}-.*", text))  # dates stay text here
    try:
        theirs = by_ruamel(f"- {text}\n- x\n")
    except Exception:  # noqa: BLE001  their error is not our matter, a value is
        return
    assume(isinstance(theirs, list) and len(theirs) == 2 and not isinstance(theirs[0], list | dict))
    assert isinstance(theirs, list)
    ours = resolve(text)
    assert repr(ours) == repr(theirs[0])


# --- edits ------------------------------------------------------------------------------------------------------

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9/_-]{0,6}[a-z0-9])?", fullmatch=True).filter(lambda name: "//" not in name)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029\ufeff", exclude_categories=["Cs"]), max_size=20
)
PATHS = st.from_regex(r"[a-z]([a-z ./${}#:-]{0,10}[a-z])?", fullmatch=True).filter(
    lambda path: ".." not in path and "//" not in path and "/./" not in path and not path.endswith("/.")
)
CUSTOM = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
CHANGES = st.builds(
    AnnotationEdit,
    type=NAMES | st.none(),
    path=PATHS,
    labels=st.lists(NAMES, max_size=3).map(tuple),
    description=TEXTS | st.none(),
    custom=CUSTOM,
    must_exist=st.booleans(),
)
NOISE = st.sampled_from(["", "# a comment", "  # an indented comment", "#no space"])


@st.composite
def registries(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """Draw a file in any of the layouts that people use, its path, and the artifacts in it."""
    file = draw(st.sampled_from(["dvc.yaml", "sub/dir/dvc.yaml", "artifacts.yaml"]))
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    style = Style(step=draw(st.sampled_from([1, 2, 4])), dash=draw(st.sampled_from([0, 2])))
    lines = ["stages:", *(" " * style.step + "train:  {cmd:   'x'}  # c" for _ in range(1)), "", "artifacts:"]
    indent = style.step
    if file == "artifacts.yaml":
        lines, indent = [], 0
    for name in names:
        fields: dict[str, object] = {"path": draw(PATHS).replace("$", "")}
        fields |= draw(st.fixed_dictionaries({}, optional={"type": NAMES, "labels": st.lists(NAMES, max_size=3)}))
        fields |= {"meta" if file.endswith("dvc.yaml") else "custom": {"k": draw(TEXTS).replace("$", "")}}
        entry = render_block({name: fields}, style)
        if draw(st.booleans()):
            entry = [f"'{name}':   {json.dumps(fields)}   # flow"]
        lines += [" " * indent + line + draw(st.sampled_from(["", "", "  # at the end", " "])) for line in entry]
        lines += draw(st.lists(NOISE, max_size=2))
    if file != "artifacts.yaml":
        lines += ["plots:   [a.json,  b.json]", "# the end"]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + draw(st.sampled_from(["", newline])), file, names


def region(text: str, file: str, name: str) -> tuple[int, int]:
    """Return the lines of an entry: from its key up to the end of its value."""
    node: Node | None = load_text(text, file).root
    if file != "artifacts.yaml":
        section = find(node, "artifacts")
        assert section is not None
        node = section.value
    pair = find(node, name)
    assert pair is not None
    start, end = pair.key.place.start, pair.value.place.end
    after = text.find("\n", end)
    return text.rfind("\n", 0, start) + 1, len(text) if after < 0 else after + 1


@examples(80)
@given(registry=registries(), change=CHANGES, pick=st.integers(0, 5))
@example(("a:\n path: a\n custom:\n  k: ''", "artifacts.yaml", ["a"]), AnnotationEdit(path="a", custom={}), 0)
def test_what_is_annotated_is_read_and_other_lines_stay_byte_for_byte(
    registry: tuple[str, str, list[str]], change: AnnotationEdit, pick: int
) -> None:
    text, file, names = registry
    before = {annotation.name: annotation for annotation in read(text, file).annotations}
    assume(len(before) == len(names))
    name = names[pick] if pick < len(names) else "a-new-one"
    after = annotate_text(text, file, name, change)
    full = ArtifactName(f"sub/dir:{name}" if file.startswith("sub") else name)
    now = {annotation.name: annotation for annotation in read(after, file).annotations}
    old = before.get(full, Annotation(full, file))
    assert now.pop(full) == Annotation(
        full,
        file,
        type=change.type or old.type,
        path=change.path,
        labels=tuple(sorted({*old.labels, *change.labels})) if change.labels else old.labels,
        description=change.description or old.description,
        custom=change.custom or old.custom,
        virtual=not change.must_exist or file != "artifacts.yaml",
    )
    before.pop(full, None)
    assert now == before
    if name in names:
        start, end = region(text, file, name)
        assert after.startswith(text[:start])
        assert after.endswith(text[end:])
    else:
        same = next((at for at, pair in enumerate(zip(text, after, strict=False)) if pair[0] != pair[1]), len(text))
        assert after.endswith(text[same:])
    assert annotate_text(after, file, name, change) == after


@examples(40)
@given(registry=registries(), pick=st.integers(0, 3))
def test_what_is_removed_is_gone_and_other_lines_stay_byte_for_byte(
    registry: tuple[str, str, list[str]], pick: int
) -> None:
    text, file, names = registry
    before = {annotation.name: annotation for annotation in read(text, file).annotations}
    assume(len(before) == len(names))
    name = names[pick % len(names)]
    after = remove_text(text, file, name)
    full = ArtifactName(f"sub/dir:{name}" if file.startswith("sub") else name)
    now = {annotation.name: annotation for annotation in read(after, file).annotations}
    assert now == {key: value for key, value in before.items() if key != full}
    if len(names) > 1:
        start, end = region(text, file, name)
        assert after.startswith(text[:start])
        kept = after[start:]
        assert text[end:].endswith(kept)
        assert not re.search(r"^[^\s#]", text[end : len(text) - len(kept)], re.MULTILINE)  # comments and blank lines


# --- conflicts --------------------------------------------------------------------------------------------------


@examples(30)
@given(st.lists(st.from_regex(r"[ab](/[ab]){0,3}", fullmatch=True), max_size=12))
def test_the_conflicts_of_all_are_those_of_each_with_those_above_it(paths: list[str]) -> None:
    placed = [Annotation(ArtifactName(f"m{number}"), "dvc.yaml", path=path) for number, path in enumerate(paths)]
    found = {problem.artifact for problem in find_conflicts(placed)}
    for annotation in placed:
        others = [(other.name, other.path or "") for other in placed if other is not annotation]
        if annotation.name in found:
            assert find_conflict(annotation.path or "", others) is not None
    assert bool(found) == any(
        find_conflict(path, [("", other) for index, other in enumerate(paths) if index != number])
        for number, path in enumerate(paths)
    )


def test_a_bad_file_says_where() -> None:
    with pytest.raises(BadFile, match=r"dvc\.yaml, line 2"):
        load(SEED.replace("vars:", "\tvars:").encode(), "dvc.yaml")
