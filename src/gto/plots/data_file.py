"""Files of plots read as rows: CSV, TSV, JSON, YAML, TOML."""

import csv
import io
import math
import posixpath
from collections.abc import Iterator, Sequence

from gto.dvc.params_file import parse_value
from gto.exceptions import BadFile

Cell = str | int | float | bool | None
Row = dict[str, Cell]

MOST_ROWS = 50_000
_LARGEST_BITS = 1000  # beyond that, a browser reads infinity
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_STRUCTURED = {".json", ".yaml", ".yml", ".toml"}


def read_rows(data: bytes, file: str, *, header: bool = True) -> list[Row]:
    """Return at most MOST_ROWS + 1 rows of a file, or raise BadFile; without a header columns are called 0, 1 ..."""
    suffix = posixpath.splitext(file)[1].lower()
    if suffix in _SEPARATORS:
        return _separated(data, file, _SEPARATORS[suffix], header=header)
    if suffix not in _STRUCTURED:
        raise BadFile(file, "plots are read from .csv, .tsv, .json, .yaml and .toml files, and from images")
    found: list[Row] = []
    for rows in _lists(parse_value(data, file)):
        for place, row in enumerate(rows[: MOST_ROWS + 1]):
            if place == len(found):
                found.append({})
            found[place].update(row)
    return found


def _separated(data: bytes, file: str, separator: str, *, header: bool) -> list[Row]:
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=separator) if line][: MOST_ROWS + 2]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(file, f"no table: {error}") from None
    if not lines:
        return []
    names = lines.pop(0) if header else [str(place) for place in range(len(lines[0]))]
    columns = [_numbers([line[place] if place < len(line) else "" for line in lines]) for place in range(len(names))]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _numbers(texts: Sequence[str]) -> Sequence[Cell]:
    """Return numbers for a column in which all that is written are numbers, else the texts; nothing is None."""
    try:
        return [_number(text) if text.strip() else None for text in texts]
    except ValueError:
        return texts


def _number(text: str) -> int | float | None:
    if "_" in text:
        raise ValueError(text)
    value = float(text)
    if not math.isfinite(value):
        return None
    return int(text) if text.strip().lstrip("+-").isdecimal() and len(text) < 16 else value  # noqa: PLR2004  exact in JSON


def _lists(value: object) -> Iterator[list[Row]]:
    """Yield the lists of mappings with the same keys that a value holds."""
    match value:
        case [dict() as first, *_]:
            rows = [row for row in value if isinstance(row, dict) and row.keys() == first.keys()]
            if len(rows) == len(value):
                yield [{str(key): cell(part) for key, part in row.items()} for row in rows]
        case dict():
            for part in value.values():
                yield from _lists(part)
        case _:
            return


def cell(value: object) -> Cell:
    """Return a value that a chart can show: a number that JSON knows, or text."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | str():
            return value
        case int():
            return value if value.bit_length() <= _LARGEST_BITS else None
        case _:
            return str(value)
