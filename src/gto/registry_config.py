"""The configuration: the file `.gto`, and over it the environment variables `GTO_*`."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from gto.core import names
from gto.exceptions import GTOException, WrongConfig
from gto.yamldoc import ParsedYaml, parse_yaml

FILE = ".gto"
_LEVELS = ("DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET")
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


class Config(NamedTuple):
    """What a team says about its registry; None for `types` and `stages` allows any."""

    index_file: str = "artifacts.yaml"
    log_level: str = "INFO"
    debug: bool = False
    emojis: bool = True
    types: tuple[str, ...] | None = None
    stages: tuple[str, ...] | None = None
    enrichments: tuple[object, ...] = ()
    autoload_enrichments: bool = True
    cache: bool = True
    """Whether to keep what was read; only `GTO_CACHE` sets it."""

    def lines(self) -> list[str]:
        """Return the settings as `gto doctor` prints them."""
        return [
            f"INDEX={self.index_file!r}",
            f"CONFIG_FILE_NAME={FILE!r}",
            f"LOG_LEVEL={self.log_level!r}",
            f"DEBUG={self.debug!r}",
            f"EMOJIS={self.emojis!r}",
            f"types={_shown(self.types)!r}",
            f"stages={_shown(self.stages)!r}",
            f"enrichments={list(self.enrichments)!r}",
            f"autoload_enrichments={self.autoload_enrichments!r}",
        ]


def _shown(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def read_config(data: bytes | None, path: str, environ: Mapping[str, str]) -> Config:
    """Return the configuration of a file's bytes (None where there is none) and of the environment.

    A file that is no YAML raises BadFile, a wrong value WrongConfig with the reason.
    """
    config = Config()
    if data is not None and data.strip():
        config = _from_file(parse_yaml(data, path), path)
    for key, (field, read) in _SETTINGS.items():
        text = environ.get(f"GTO_{key.upper()}", environ.get(f"gto_{key}"))
        if text is not None and read is not _enrichments:
            config = _set(config, field, partial(_read_text, read, text), f"GTO_{key.upper()}")
    if "GTO_CACHE" in environ:
        config = _set(config, "cache", partial(_flag, environ["GTO_CACHE"]), "GTO_CACHE")
    return config


def _from_file(parsed: ParsedYaml, path: str) -> Config:
    config = Config()
    if parsed.value is None:
        return config
    if not isinstance(parsed.value, dict):
        raise WrongConfig(path, "it must hold settings, as in 'stages: [dev, prod]'")
    for key, value in parsed.value.items():
        known = _SETTINGS.get(str(key).lower())
        if known is None:
            hint = f"the settings are {', '.join(sorted(_SETTINGS))}"
            raise WrongConfig(path, f"unknown setting '{key}'", parsed.line(key), hint)
        field, read = known
        config = _set(config, field, partial(read, value), path, parsed.line(key), f"{key}: ")
    return config


def _set(
    config: Config, field: str, value: Callable[[], object], path: str, line: int | None = None, prefix: str = ""
) -> Config:
    try:
        changes: dict[str, Any] = {field: value()}
    except (ValueError, GTOException) as error:
        raise WrongConfig(path, f"{prefix}{error}", line) from error
    return config._replace(**changes)


def _read_text(read: Callable[[object], object], text: str) -> object:
    return read(_from_text(text) if read is _names else text)


def _from_text(text: str) -> object:
    """Read a list from a variable: JSON, as GTO 1.x has it, or separated by commas."""
    if text.lstrip().startswith(("[", "null", '"')):
        import json

        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"'{text}' is no JSON list: {error}") from error
    return [part.strip() for part in text.split(",") if part.strip()]


def _names(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of names was expected, as in [dev, prod]")
    return tuple(names.parse_plain(name, "name") for name in value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"a text was expected, not {value!r}")
    return value


def _level(value: object) -> str:
    if not isinstance(value, str) or value.upper() not in _LEVELS:
        raise ValueError(f"unknown log level {value!r}: one of {', '.join(_LEVELS)} was expected")
    return value


def _flag(value: object) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"true or false was expected, not {value!r}")


def _enrichments(value: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ValueError("a list was expected")  # noqa: TRY004  one kind of error for all settings
    return tuple(value)


def _file_name(value: object) -> str:
    text = _text(value)
    if os.path.isabs(text) or ".." in text.split("/") or "\n" in text:
        raise ValueError(f"'{text}' is no file in the repository")
    return text


_SETTINGS: dict[str, tuple[str, Callable[[object], object]]] = {
    "index": ("index_file", _file_name),
    "log_level": ("log_level", _level),
    "debug": ("debug", _flag),
    "emojis": ("emojis", _flag),
    "types": ("types", _names),
    "stages": ("stages", _names),
    "enrichments": ("enrichments", _enrichments),
    "autoload_enrichments": ("autoload_enrichments", _flag),
}
