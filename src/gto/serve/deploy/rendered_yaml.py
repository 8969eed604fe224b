"""Files of YAML that a platform takes: written, read again, and held against their closed shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.exceptions import BadFile, InvalidManifest
from gto.serve.deploy.settings import SettingPlace, read_settings
from gto.serve.deploy.target import RenderedFile
from gto.yamldoc.document import load_text
from gto.yamldoc.dump import Style, render_block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.serve.deploy.settings import Setting

_STYLE = Style(step=2, dash=0)


def rendered(path: str, value: dict[str, Any]) -> RenderedFile:
    """Return a mapping as a file of YAML."""
    return RenderedFile(path, "\n".join(render_block(value, _STYLE)) + "\n")


def read_rendered(one: RenderedFile) -> dict[str, Any]:
    """Return the mapping in a file that was rendered here."""
    value = load_text(one.text, one.path).value
    assert isinstance(value, dict)  # noqa: S101  we rendered it
    return value


def check_shape(one: RenderedFile, shape: Mapping[str, Setting], value: object = None) -> None:
    """Raise InvalidManifest for a file, or what was read from it, that holds what is not in a shape."""
    try:
        read = load_text(one.text, one.path).value if value is None else value
        read_settings(read, SettingPlace(one.path, lambda *_: None), shape)
    except BadFile as error:
        raise InvalidManifest(one.path, [error.message.removeprefix(f"{one.path}: ")]) from error
