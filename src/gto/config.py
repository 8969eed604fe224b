"""A door for other programs: the configuration under the names of GTO 1.x."""

import os
from dataclasses import dataclass, field

from gto.core import names
from gto.exceptions import StageNotAllowed, TypeNotAllowed, WrongConfig
from gto.registry_config import FILE, Config, read_config

CONFIG: "RegistryConfig"
CONFIG_FILE_NAME = FILE

__all__ = ["CONFIG", "CONFIG_FILE_NAME", "NoFileConfig", "RegistryConfig", "read_registry_config"]


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """What a team says about its registry; None for `types` and `stages` allows any."""

    INDEX: str = "artifacts.yaml"
    CONFIG_FILE_NAME: str = FILE
    LOG_LEVEL: str = "INFO"
    DEBUG: bool = False
    EMOJIS: bool = True
    types: list[str] | None = None
    stages: list[str] | None = None
    enrichments: list[object] = field(default_factory=list)
    autoload_enrichments: bool = True

    def assert_type(self, name: str) -> None:
        """Raise ValidationError for what is no name, UnknownType for a type that is not on the list."""
        names.parse_plain(name, "type")
        if self.types is not None and name not in self.types:
            raise TypeNotAllowed(name, self.types)

    def assert_stage(self, name: str) -> None:
        """Raise ValidationError for what is no name, UnknownStage for a stage that is not on the list."""
        names.parse_plain(name, "stage")
        if self.stages is not None and name not in self.stages:
            raise StageNotAllowed(name, self.stages)

    def config_file_exists(self) -> bool:
        """Tell whether the file is there."""
        return os.path.isfile(self.CONFIG_FILE_NAME)

    def check_index_exist(self, repo: str) -> bool:
        """Tell whether there is an `artifacts.yaml` in a directory."""
        return os.path.isfile(os.path.join(repo, self.INDEX))


NoFileConfig = RegistryConfig


def published(config: Config, path: str = FILE) -> RegistryConfig:
    """Return a configuration under the names of GTO 1.x."""
    types, stages = ([*given] if given is not None else None for given in (config.types, config.stages))
    plain = (config.index_file, path, config.log_level, config.debug, config.emojis)
    return RegistryConfig(*plain, types, stages, [*config.enrichments], config.autoload_enrichments)


def read_registry_config(config_file_name: str | os.PathLike[str]) -> RegistryConfig:
    """Read a file (without it the defaults count), and over it the variables `GTO_*`, or raise WrongConfig."""
    path = os.fspath(config_file_name)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        data = None
    except OSError as error:
        raise WrongConfig(path, f"{error.strerror}") from error
    return published(read_config(data, path, os.environ), path)


def __getattr__(name: str) -> object:
    """Give `CONFIG`: the defaults, and over them the variables `GTO_*` as they are at each call."""
    if name == "CONFIG":
        return published(read_config(None, FILE, os.environ))
    raise AttributeError(f"module 'gto.config' has no attribute '{name}'")
