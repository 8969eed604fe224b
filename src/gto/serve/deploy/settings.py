"""The settings of a kind of target: declared once; from that come the reader, its errors, and the JSON Schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gto.core.nearness import did_you_mean
from gto.exceptions import BadFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]


class Setting(NamedTuple):
    """One setting: what it may be, and what it is for."""

    type: Literal["text", "whole", "number", "flag", "texts", "pairs", "group", "groups", "any"]
    """`texts` a list of texts, `pairs` a mapping of texts (numbers and flags become text), `group` a mapping with
    `fields`, `groups` a list of such, `any` whatever YAML holds."""
    help: str
    required: bool = False
    default: Any = None
    """Taken where it is not given; None leaves it None (of `texts`, `groups` an empty list, of `pairs` an empty
    mapping, of a `group` one of its defaults)."""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    """What the whole of a text, or of each text, must match."""
    keys: str = ""
    """What each key of `pairs` must match."""
    least: float | None = None
    most: float | None = None
    fields: Mapping[str, Setting] = {}
    example: str = ""
    """What stands in errors and docs as an example."""


VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
"""The names of variables of an environment."""
HTTP_ADDRESS = r"https?://[^\s@?#]+"
"""Addresses of servers, with no name, password or token in them."""
SECRETS = "secrets"
"""The setting, of the kinds whose platform keeps secrets, that names those that the server gets."""


_LONGEST_KEY = 80  # characters of one that an error names


class SettingPlace(NamedTuple):
    """Where a value stands in a file: its keys, and what finds their line."""

    file: str
    line: Callable[..., int | None]
    keys: tuple[object, ...] = ()
    shown: str = ""
    """The keys as an error names them."""

    def at(self, key: object) -> SettingPlace:
        """Return the place of a key's value."""
        name = str(key)[:_LONGEST_KEY]
        part = f"[{key}]" if isinstance(key, int) else f".{name}" if self.shown else name
        return self._replace(keys=(*self.keys, key), shown=self.shown + part)

    def wrong(self, reason: str, hint: str = "") -> BadFile:
        """Return the error that says what is wrong here."""
        text = f"{self.shown}: {reason}" if self.shown else reason
        return BadFile(self.file, text, self.line(*self.keys), hint)


_SECRET_NAME_RE = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|(api|access|private|secret|auth)[_-]?key|(access|auth|api|bearer)?[_-]?token"
    r"|credentials?)$"
)
_SECRET_RE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}"
    r"|\bglpat-[\w-]{20,}|\bxox[abprs]-[\w-]{10,}|\bHRKU-[\w-]{20,}|\bFlyV1 \S{20,}|\bhf_[A-Za-z0-9]{30,}"
    r"|(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.|://[^/\s:@]+:[^/\s@]+@"
)


def read_settings(value: object, at: SettingPlace, known: Mapping[str, Setting]) -> Json:
    """Return a mapping's values with the defaults of those that it has not; BadFile says what is wrong, and where."""
    given = {} if value is None else value
    if not isinstance(given, dict):
        raise at.wrong(f"a mapping was expected, not {_shown(value)}")
    for key in given:
        if key not in known:
            hint = did_you_mean(str(key), known) or f"the keys are {', '.join(sorted(known))}"
            raise at.at(str(key)).wrong("unknown key", hint)
    for name, one in known.items():
        if one.required and given.get(name) is None:
            raise at.wrong(f"'{name}' is missing: {one.help}", _example(name, one))
    return {name: _read(given.get(name), at.at(name), one) for name, one in known.items()}


def refuse_secrets(value: object, at: SettingPlace) -> None:
    """Raise BadFile for a value that looks like a secret, by its name or by itself, however deep it stands."""
    if isinstance(value, dict):
        are_names = at.keys[-1:] == (SECRETS,)  # of what the platform holds
        for key, one in value.items():
            is_plain = isinstance(one, str | int) and not isinstance(one, bool)
            if is_plain and not are_names and _SECRET_NAME_RE.search(str(key)):
                raise at.at(str(key)).wrong("this looks like a secret, and the file is in Git", _NO_SECRETS)
            refuse_secrets(one, at.at(str(key)))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            refuse_secrets(one, at.at(number))
    elif isinstance(value, str) and _SECRET_RE.search(value):
        raise at.wrong("this looks like a secret, and the file is in Git", _NO_SECRETS)


_CONTROL_RE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no argument of a tool, no variable and no header takes, or what would command a terminal."""
_NO_SECRETS = (
    "credentials are those that the platform's own tool finds; take it out, and change it: Git keeps it; "
    "where the platform keeps secrets, `secrets` names them"
)


def changed_only(values: Mapping[str, Any], known: Mapping[str, Setting]) -> Json:
    """Return the values that are not the defaults, so that a setting that a later release adds changes nothing."""
    nowhere = SettingPlace("", lambda *_: None)
    absent = {name: _absent(nowhere, one) for name, one in known.items()}
    return {name: value for name, value in values.items() if name not in absent or value != absent[name]}


def json_schema(known: Mapping[str, Setting]) -> Json:
    """Return the JSON Schema of a mapping with these settings; no other key is in it."""
    found: Json = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _schema_of(one) for name, one in known.items()},
    }
    required = [name for name, one in known.items() if one.required]
    return {**found, "required": required} if required else found


def _read(value: object, at: SettingPlace, one: Setting) -> Any:  # noqa: ANN401  as the setting says
    if value is None:
        return _absent(at, one)
    if one.type == "group":
        return read_settings(value, at, one.fields)
    if one.type in ("texts", "groups"):
        return _read_list(value, at, one)
    if one.type == "pairs":
        return _pairs(value, at, one)
    return value if one.type == "any" else _plain(value, at, one)


def _absent(at: SettingPlace, one: Setting) -> Any:  # noqa: ANN401  as the setting says
    if one.default is not None:
        return one.default
    match one.type:
        case "texts" | "groups":
            return []
        case "pairs":
            return {}
        case "group":
            wanting = any(field.required for field in one.fields.values())
            return None if wanting else read_settings({}, at, one.fields)
        case _:
            return None


def _read_list(value: object, at: SettingPlace, one: Setting) -> list[Any]:
    if not isinstance(value, list):
        raise at.wrong(f"a list was expected, not {_shown(value)}")
    if one.type == "groups":
        return [read_settings(part, at.at(number), one.fields) for number, part in enumerate(value)]
    return [_plain(part, at.at(number), one._replace(type="text")) for number, part in enumerate(value)]


def _pairs(value: object, at: SettingPlace, one: Setting) -> dict[str, str]:
    if not isinstance(value, dict):
        raise at.wrong(f"a mapping of texts was expected, not {_shown(value)}")
    as_text = one._replace(type="text")
    for key in value:
        if one.keys and re.fullmatch(one.keys, str(key)) is None:
            raise at.wrong(f"{_shown(str(key))} is no name that it takes", f"names are as in `{one.keys}`")
    return {str(key): _plain(_as_text(part), at.at(str(key)), as_text) for key, part in value.items()}


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _plain(value: object, at: SettingPlace, one: Setting) -> Any:  # noqa: ANN401  as the setting says
    types = {"text": str, "whole": int, "number": int | float, "flag": bool}
    is_flag = isinstance(value, bool)
    if not isinstance(value, types[one.type]) or (is_flag and one.type != "flag"):
        raise at.wrong(f"{_WORDS[one.type]} was expected, not {_shown(value)}", _example(str(at.keys[-1]), one))
    if one.choices and value not in one.choices:
        hint = did_you_mean(str(value), one.choices) or f"it may be {', '.join(one.choices)}"
        raise at.wrong(f"{_shown(value)} is none of its values", hint)
    if isinstance(value, str) and (control := _CONTROL_RE.search(value)):
        raise at.wrong(f"it holds the control character {control[0]!a}", "leave it out")
    if isinstance(value, str) and one.pattern and re.fullmatch(one.pattern, value) is None:
        raise at.wrong(f"{_shown(value)} is not what was expected: {one.help}", _example(str(at.keys[-1]), one))
    if isinstance(value, int | float) and not is_flag:
        if one.least is not None and value < one.least:
            raise at.wrong(f"at least {one.least:g} was expected, not {value}")
        if one.most is not None and value > one.most:
            raise at.wrong(f"at most {one.most:g} was expected, not {value}")
    return value


_WORDS = {"text": "a text", "whole": "a whole number", "number": "a number", "flag": "true or false"}
_TYPES = {"text": "string", "whole": "integer", "number": "number", "flag": "boolean"}


def _schema_of(one: Setting) -> Json:
    found: Json = {"description": one.help}
    if one.default is not None:
        found["default"] = one.default
    match one.type:
        case "group":
            return {**found, **json_schema(one.fields)}
        case "groups":
            return {**found, "type": "array", "items": json_schema(one.fields)}
        case "texts":
            return {**found, "type": "array", "items": _plain_schema(one._replace(type="text"))}
        case "pairs":
            values: Json = {"type": ["string", "number", "boolean"]}
            values |= {"pattern": f"^(?:{one.pattern})$"} if one.pattern else {}
            named: Json = {"propertyNames": {"pattern": f"^(?:{one.keys})$"}} if one.keys else {}
            return {**found, "type": "object", "additionalProperties": values, **named}
        case "any":
            return found
        case _:
            return {**found, **_plain_schema(one)}


def _plain_schema(one: Setting) -> Json:
    found: Json = {"type": _TYPES[one.type]}
    more = {
        "enum": list(one.choices),
        "pattern": f"^(?:{one.pattern})$" if one.pattern else "",
        "minimum": one.least,
        "maximum": one.most,
    }
    return found | {key: value for key, value in more.items() if value not in (None, [], "")}


def _example(name: str, one: Setting) -> str:
    return f"as in `{name}: {one.example}`" if one.example else ""


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    return f"'{value[:60]}'" if isinstance(value, str) else str(value)[:60]
