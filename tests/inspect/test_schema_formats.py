from __future__ import annotations

import pytest

from gto.inspect.facts import Method, Schema, Tensor
from gto.inspect.schema_formats import FORMATS, rows_schema, schema_text


@pytest.mark.parametrize("datatype", ["INT999999999", "UINTx", "INT", "FP4", ""])
def test_a_datatype_that_is_none_leaves_its_values_open(datatype: str) -> None:
    schema = Schema((Tensor("one", datatype),))
    assert rows_schema(schema)["items"] == {}
    assert all(len(schema_text(Method(schema), form)) < 500 for form in FORMATS)


def test_whole_numbers_are_held_to_their_range() -> None:
    low, high = ((rows_schema(Schema((Tensor("one", one),)))["items"]) for one in ("INT8", "UINT64"))
    assert low == {"type": "integer", "minimum": -128, "maximum": 127}
    assert high == {"type": "integer", "minimum": 0, "maximum": (1 << 64) - 1}


def test_a_shape_of_more_axes_than_any_array_has_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 64 axes"):
        Schema.from_dict({"tensors": [{"name": "one", "datatype": "FP32", "shape": [1] * 5000}]})
