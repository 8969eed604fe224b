import math

import pytest

from gto.yamldoc.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("7", 7),
        ("-7", -7),
        ("+1_000", 1000),
        ("010", 10),
        ("0o17", 15),
        ("-0x1F", -31),
        ("0b101", 5),
        ("1:30", "1:30"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        ("v1.0", "v1.0"),
        ("2024-01-01", "2024-01-01"),
        ("0x_", "0x_"),
        ("-_0", 0),
        ("-_", "-_"),
        ("._", "._"),
        ("-", "-"),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("٣", "٣"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_a_number_too_long_to_print_stays_text() -> None:
    assert resolve("9" * 5000) == "9" * 5000


def test_not_a_number_is_one_object() -> None:
    assert resolve(".nan") is resolve(".NaN")
