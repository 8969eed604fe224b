import pytest
from gto.models.extras import imported

from gto.exceptions import ExtraMissing


def test_a_library_of_models_is_asked_for_by_its_own_name_and_a_helper_by_the_extra_too() -> None:
    with pytest.raises(ExtraMissing) as error:
        imported("no_such_framework.part")
    assert error.value.hint == "pip install no_such_framework"
    with pytest.raises(ExtraMissing) as error:
        imported("no_such_helper", "models")
    assert error.value.hint == "pip install no_such_helper, or GTO with its extra 'models'"
