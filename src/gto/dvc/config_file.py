"""The text of DVC's configuration files: sections, keys and values, as DVC's own reader takes them."""

import re

from gto.exceptions import BadFile

Sections = dict[str, dict[str, str]]
"""Section by name (`core`, `cache`, `remote "storage"`), key, value; names and keys in lower case."""

# What is taken is never given back (`*+`), so that a long line takes no longer than its length.
_SECTION_RE = re.compile(r"\[\s*+('[^']*'\s*+|\"[^\"]*\"\s*+|[^\[\]'\"][^\[\]]*+)\]\s*+(?:#.*)?")
_PAIR_RE = re.compile(r"('[^']*'|\"[^\"]*\"|[^'\"=][^=]*+)\s*+=\s*+(.*)")
_VALUE_RE = re.compile(r"(\"[^\"]*\"|'[^']*'|(?:[^'\"#][^#]*+)?)\s*+(?:#.*)?")


def parse_ini(data: bytes, file: str) -> Sections:
    """Read a configuration, or raise BadFile where DVC would refuse it."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadFile(file, "not UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    sections: Sections = {}
    pairs: dict[str, str] = sections.setdefault("", {})
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        section = _SECTION_RE.fullmatch(bare)
        if section is not None:
            name = _unquoted(section[1]).lower()
            if name in sections:
                raise BadFile(file, f"section '{name}' stands twice", number)
            pairs = sections[name] = {}
            continue
        key, value = _pair(bare, file, number)
        if key in pairs:
            raise BadFile(file, f"'{key}' stands twice", number)
        pairs[key] = value
    return sections


def _pair(line: str, file: str, number: int) -> tuple[str, str]:
    pair = _PAIR_RE.fullmatch(line)
    value = _VALUE_RE.fullmatch(pair[2]) if pair else None
    if pair is None or value is None:
        raise BadFile(file, "'key = value' or '[section]' was expected", number)
    return _unquoted(pair[1]).lower(), _unquoted(value[1])


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
