"""Objects of a cluster beside the files that were rendered: what is otherwise there, as the files would say it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_SET_BY_SERVER = frozenset({"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"})


def identity(one: Json) -> tuple[str, str]:
    """Return what tells an object of a target from its others."""
    return one["kind"], one["metadata"]["name"]


def told(one: Json) -> Json:
    """Return an object without what its server alone sets."""
    metadata = {key: value for key, value in one["metadata"].items() if key not in _SET_BY_SERVER}
    return {**{key: value for key, value in one.items() if key != "status"}, "metadata": metadata}


def as_live(rendered: Any, applied: Any, live: Any) -> Any:  # noqa: ANN401  JSON
    """Return what was rendered with what is otherwise in `live` than it would be after an apply.

    The server says how it would be: it adds defaults, and writes `1000m` as `1`, so that nothing else is a difference.
    """
    if applied == live:
        return rendered
    if isinstance(rendered, dict) and isinstance(applied, dict) and isinstance(live, dict):
        changed = [key for key in live if key not in rendered and applied.get(key) != live[key]]
        kept = {key: as_live(value, applied.get(key), live[key]) for key, value in rendered.items() if key in live}
        return {**kept, **{key: live[key] for key in changed}}
    lists = [one for one in (rendered, applied, live) if isinstance(one, list)]
    if len(lists) == 3 and len({len(one) for one in lists}) == 1:  # noqa: PLR2004  all three
        return [as_live(*parts) for parts in zip(rendered, applied, live, strict=True)]
    return live
