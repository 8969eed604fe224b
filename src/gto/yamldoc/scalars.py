"""What a YAML scalar means to the loaders of DVC and of GTO 1.10: by YAML 1.2, or by 1.1 where a file asks for it."""

import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {"": None, "~": None}
_WORDS |= dict.fromkeys(("null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
# One object each: a list that holds NaN equals itself only where the NaN is the same one, and edits compare.
_WORDS |= dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan"))
_WORDS |= dict.fromkeys((sign + word for sign in ("", "+") for word in (".inf", ".Inf", ".INF")), float("inf"))
_WORDS |= dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf"))

_INT_RE = re.compile(r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]+)", re.ASCII)
_FLOAT_RE = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9_]+(?:[eE][-+][0-9]+)?)",
    re.ASCII,
)
_WORDS_1_1: dict[str, Scalar] = dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True)
_WORDS_1_1 |= dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False)
_OCTAL_RE = re.compile(r"[-+]?0[0-7_]+", re.ASCII)
_BASE_60_RE = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)
_LONGEST_NUMBER = 1000  # characters; Python refuses to print integers of more than 4,300 digits


def resolve(text: str) -> Scalar:
    """Return what an unquoted scalar means; dates stay text, as do numbers longer than 1,000 characters."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    digits = text.replace("_", "")
    try:
        if _INT_RE.fullmatch(text):
            return int(digits, 0 if re.match("[-+]?0[box]", digits) else 10)
        return float(digits) if _FLOAT_RE.fullmatch(text) else text
    except ValueError:  # underscores and nothing else: `0x_`
        return text


def resolve_1_1(text: str) -> Scalar:
    """Return what an unquoted scalar means in a file that begins with `%YAML 1.1`."""
    if text in _WORDS_1_1:
        return _WORDS_1_1[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    digits = text.replace("_", "")
    if _OCTAL_RE.fullmatch(text):
        return int(digits, 8)
    if _BASE_60_RE.fullmatch(text) and ("." in text or text.lstrip("+-")[0] != "0"):
        return _base_60(digits)
    return text if digits.lstrip("+-").startswith(("0o", "08", "09")) and "." not in text else resolve(text)


def _base_60(digits: str) -> int | float:
    value: int | float = 0
    for part in digits.lstrip("+-").split(":"):
        value = value * 60 + (float(part) if "." in part else int(part))
    return -value if digits.startswith("-") else value
