"""The values of a parameters file in any of DVC's formats."""

import ast
import json
import posixpath
import tomllib
import warnings
from collections.abc import Iterable
from datetime import date, time
from types import NoneType

from gto.exceptions import BadFile
from gto.yamldoc import document
from gto.yamldoc.parser import MAX_DEPTH

Values = dict[object, object]

_TYPES = (str, int, float, dict, list, date, time, NoneType)
_LONGEST_INT = 4096  # bits; Python refuses to print integers of more than 4,300 digits


def parse_params(data: bytes, file: str) -> Values:
    """Read a mapping from YAML, or by the file's suffix from JSON, TOML or Python, or raise BadFile."""
    return to_mapping(parse_value(data, file), file)


def to_mapping(value: object, file: str) -> Values:
    """Return what parse_value() read as a mapping, or raise BadFile."""
    if not value and _suffix(file) != ".toml":
        return {}
    if not isinstance(value, dict):
        raise BadFile(file, "parameters must be a mapping")
    return value


def parse_value(data: bytes, file: str) -> object:
    """Read whatever stands in such a file, or raise BadFile."""
    suffix = _suffix(file)
    if suffix not in {".json", ".toml", ".py"}:
        value = document.load(data, file).value or {}  # as DVC: nothing, `0` and `false` are no values
    else:
        value = _parse(document.decode(data, file), file, suffix)
    _check(value, file)
    return value


def _suffix(file: str) -> str:
    return posixpath.splitext(file)[1].lower()


def _parse(text: str, file: str, suffix: str) -> object:
    try:
        match suffix:
            case ".json":
                return json.loads(text)
            case ".toml":
                return tomllib.loads(text)
            case _:
                return _parse_python(text)
    except (ValueError, SyntaxError) as error:
        raise BadFile(file, f"no {suffix[1:]}: {error}") from None
    except (RecursionError, MemoryError):  # how Python's own parsers refuse what is nested too deep
        raise BadFile(file, "nested too deep") from None


def _check(value: object, file: str) -> None:
    """Refuse what would break later: other parsers than ours of YAML nest deeper and know more types."""
    level = [value]
    for _ in range(MAX_DEPTH):
        for part in level:
            if isinstance(part, int) and part.bit_length() > _LONGEST_INT:
                raise BadFile(file, f"a number of more than {_LONGEST_INT} bits")
            if not isinstance(part, _TYPES):
                raise BadFile(file, f"a value of type '{type(part).__name__}'")
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return
    raise BadFile(file, f"nested deeper than {MAX_DEPTH} levels")


def _parts(value: object) -> Iterable[object]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _parse_python(text: str) -> Values:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a stranger's source, not of ours
        return _assignments(ast.parse(text), of_self=False)


def _assignments(body: ast.Module | ast.ClassDef | ast.FunctionDef, *, of_self: bool) -> Values:
    """Return the literal assignments, as DVC does: of a module, of its classes, of `self` in `__init__`."""
    values: Values = {}
    for node in body.body:
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                values |= _assignment(target, value, of_self=of_self)
            case ast.ClassDef():
                values[node.name] = _assignments(node, of_self=False)
            case ast.FunctionDef(name="__init__"):
                values |= _assignments(node, of_self=True)
            case _:
                pass
    return values


def _assignment(target: ast.expr, value: ast.expr, *, of_self: bool) -> Values:
    match target:
        case ast.Name(id=name) if not of_self:
            pass
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            pass
        case _:
            return {}
    try:
        return {name: _plain(ast.literal_eval(value))}
    except (ValueError, TypeError):  # no literal: it is not executed, it is not there
        return {}


def _plain(value: object) -> object:
    """Return a literal of Python as other formats have it: tuples are lists, and what they do not know is text."""
    match value:
        case dict():
            return {
                _plain(key) if isinstance(key, str | int | float) else repr(key): _plain(part)
                for key, part in value.items()
            }
        case list() | tuple():
            return [_plain(part) for part in value]
        case set():
            return sorted((_plain(part) for part in value), key=repr)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return repr(value)
