"""What clouds have in common: secrets that they keep by name, and what they add to what was rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gto.exceptions import DeployRefused

if TYPE_CHECKING:
    from collections.abc import Container, Iterable


def check_secrets(wanted: Iterable[str], there: Container[str], command: str) -> None:
    """Raise DeployRefused for a secret that the platform has not."""
    for name in wanted:
        if name not in there:
            raise DeployRefused(f"There is no secret '{name}'", f"`{command} {name}=...` sets it")


def alike(rendered: Any, live: Any) -> Any:  # noqa: ANN401  JSON
    """Return what was rendered with the values that are there: what a cloud adds of its own is no difference."""
    if isinstance(rendered, dict) and isinstance(live, dict):
        return {key: alike(value, live.get(key)) for key, value in rendered.items()}
    if isinstance(rendered, list) and isinstance(live, list) and len(rendered) == len(live):
        return [alike(*pair) for pair in zip(rendered, live, strict=True)]
    return live
