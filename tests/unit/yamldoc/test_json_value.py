import json
from datetime import UTC, date, datetime

import pytest

from gto.yamldoc.document import to_json


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
        ({1: "a", None: "b", 2.5: "d"}, {"1": "a", "null": "b", "2.5": "d"}),
        ({True: 1}, {"true": 1}),
        ({False: 1}, {"false": 1}),
        ((1, 2), [1, 2]),
        (date(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05+00:00"),
        ([float("inf"), float("-inf"), float("nan")], [".inf", "-.inf", ".nan"]),
        (1j, "1j"),
    ],
)
def test_metadata_becomes_what_json_can_hold(value: object, expected: object) -> None:
    assert to_json(value) == expected
    json.dumps(to_json(value), allow_nan=False)
