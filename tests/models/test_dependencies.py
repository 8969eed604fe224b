"""What a model needs, and how a library that is missing is asked for."""

import pytest

from gto.exceptions import ExtraMissing
from gto.models.dependencies import dependencies_of, imported


def test_a_library_of_models_is_asked_for_by_its_own_name_and_a_helper_by_the_extra_too() -> None:
    with pytest.raises(ExtraMissing) as error:
        imported("no_such_framework.part")
    assert error.value.hint == "pip install no_such_framework"
    with pytest.raises(ExtraMissing) as error:
        imported("skops.io")  # which the environment of the tests has not
    assert error.value.hint == "pip install skops, or GTO with its extra 'models'"


def test_modules_of_python_need_nothing_and_those_of_nobody_are_named() -> None:
    found = dependencies_of(["json", "os.path", "packaging.version", "own_code.net"])
    assert [one.partition("==")[0] for one in found.requirements] == ["packaging"]
    assert found.local == ("own_code",)
