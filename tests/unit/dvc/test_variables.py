import pytest

from gto.dvc.variables import load_variables
from gto.exceptions import BadFile

FILES = {
    "o.yaml": "s: S\nt: T\n",
    "o.json": '{"s": "J"}',
    "empty.yaml": "",
    "list.yaml": "- 1\n",
    "conf/p.yaml": "s: conf\n",
    "sub/params.yaml": "p: sub\n",
    "broken.yaml": "a: 1\na: 2\n",
}


def load(section: object, file: str = "dvc.yaml", **files: str) -> dict[str, object]:
    known = FILES | {name.replace("_yaml", ".yaml"): text for name, text in files.items()}
    return load_variables(section, file, lambda path: known[path].encode() if path in known else None)


# Each value is what DVC 3.67.1 gave for it.
@pytest.mark.parametrize(
    ("section", "params", "variables"),
    [
        ([], "s: text\n", {"s": "text"}),
        ([], "", {}),
        ([{"s": "v"}], "", {"s": "v"}),
        ([{"d": {"x": 1}}, {"d": {"y": 2}}, {"s": 3}], "", {"d": {"x": 1, "y": 2}, "s": 3}),
        (["o.yaml"], "", {"s": "S", "t": "T"}),
        (["o.yaml:s"], "", {"s": "S"}),
        (["o.yaml:s", "o.yaml:t"], "", {"s": "S", "t": "T"}),
        (["o.yaml:,s,"], "", {"s": "S"}),
        (["o.yaml:"], "", {"s": "S", "t": "T"}),
        (["o.yaml", "./o.yaml"], "", {"s": "S", "t": "T"}),
        (["params.yaml"], "s: text\n", {"s": "text"}),
        (["./params.yaml"], "s: text\n", {"s": "text"}),
        (["o.json"], "", {"s": "J"}),
        (["empty.yaml"], "", {}),
        (["conf/p.yaml"], "", {"s": "conf"}),
        ([{1: "a", "s": "q"}], "", {"s": "q"}),
        ([{"q": r"\${s}"}], "", {"q": r"\${s}"}),
    ],
)
def test_variables_are_those_that_dvc_finds(section: object, params: str, variables: object) -> None:
    assert load(section, params_yaml=params) == variables


def test_without_a_params_yaml_there_are_only_vars() -> None:
    assert load([{"s": 1}]) == {"s": 1}


def test_files_are_named_as_the_directory_of_the_dvc_yaml_sees_them() -> None:
    assert load(["../o.yaml"], "sub/dvc.yaml") == {"p": "sub", "s": "S", "t": "T"}


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"a": 1}, "'vars' must be a list"),
        (None, "'vars' must be a list"),
        ([3], "'vars' takes mappings and names of files"),
        ([{"s": "q"}], "variable 's' of 'dvc.yaml' is defined before"),
        ([{"d": {"x": 1}}, {"d": {"x": 1}}], "variable 'x' of 'dvc.yaml' is defined before"),
        ([{"d": {"x": 1}}, {"d": 2}], "variable 'd' of 'dvc.yaml' is defined before"),
        (["params.yaml:s"], "'vars' takes 'params.yaml:s', but has loaded all or a part of it before"),
        (["o.yaml:t", "o.yaml:t"], "'vars' takes 'o.yaml:t', but has loaded all or a part of it before"),
        (["o.yaml:t", "o.yaml"], "'vars' takes 'o.yaml', but has loaded all or a part of it before"),
        (["o.yaml:zz"], "'vars' takes 'zz' from 'o.yaml', which does not have it"),
        (["none.yaml"], "'vars' names 'none.yaml', which does not exist"),
        (["a\0b"], "'vars' names 'a\0b', which does not exist"),
        (["../x.yaml"], "'vars' names '../x.yaml', outside of the repository"),
        (["/etc/passwd"], "'vars' names '/etc/passwd', outside of the repository"),
        (["list.yaml"], "parameters must be a mapping"),
        (["broken.yaml"], "key 'a' stands twice"),
        (["${s}.yaml"], "interpolation inside 'vars' is not allowed"),
        ([{"q": ["${s}"]}], "interpolation inside 'vars' is not allowed"),
        ([{"${q}": 1}], "interpolation inside 'vars' is not allowed"),
    ],
)
def test_vars_that_dvc_refuses_are_refused(section: object, why: str) -> None:
    with pytest.raises(BadFile) as caught:
        load(section, params_yaml="s: text\n")
    assert caught.value.reason == why


def test_no_file_outside_of_the_repository_is_asked_for() -> None:
    asked: list[str] = []

    def read(path: str) -> None:
        asked.append(path)

    for path in ("../x.yaml", "../../etc/passwd", "/etc/passwd", "sub/../../x.yaml", "a\0b"):
        with pytest.raises(BadFile):
            load_variables([path], "dvc.yaml", read)
    assert set(asked) == {"params.yaml"}


def test_the_number_of_files_is_bounded() -> None:
    with pytest.raises(BadFile, match="names more than 100 files"):
        load_variables([f"{number}.yaml" for number in range(101)], "dvc.yaml", lambda _: b"")
