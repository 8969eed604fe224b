"""Environment variables in what a plan shows: what somebody set by hand on a target may be a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gto.exceptions import BadFile
from gto.serve.deploy.rendered_yaml import rendered
from gto.yamldoc.document import load_text

if TYPE_CHECKING:
    from gto.serve.deploy.target import RenderedFile

ANOTHER = "(another value)"
"""What stands for a value that is not the one in Git."""

_KEYS = frozenset({"env", "environment", "Environment", "env_vars", "config_vars"})
_OWN = "GTO_"  # what GTO records itself
_UNIT_RE = re.compile(rf'(Environment=(?!"?{_OWN})("?)[^=]+=).*')


def hide_values(there: RenderedFile, wish: str) -> RenderedFile:
    """Return a file that a target has without the values of variables that differ from those of the file in Git."""
    if there.path.endswith(".service"):
        kept = set(wish.splitlines())
        lines = (one if one in kept else _UNIT_RE.sub(rf"\g<1>{ANOTHER}\g<2>", one) for one in there.text.splitlines())
        return there._replace(text="".join(f"{line}\n" for line in lines))
    try:
        found, wanted = load_text(there.text, there.path).value, load_text(wish, there.path).value
    except BadFile:  # no YAML: nothing of it was set by hand
        return there
    hidden = _hidden(found, wanted)
    return there if hidden == found else rendered(there.path, hidden)


def _hidden(there: Any, wish: Any) -> Any:  # noqa: ANN401  what YAML holds
    if isinstance(there, dict):
        wanted = wish if isinstance(wish, dict) else {}
        return {key: (_variables if key in _KEYS else _hidden)(value, wanted.get(key)) for key, value in there.items()}
    if isinstance(there, list):
        others = wish if isinstance(wish, list) else []
        return [_hidden(one, others[at] if at < len(others) else None) for at, one in enumerate(there)]
    return there


def _variables(there: Any, wish: Any) -> Any:  # noqa: ANN401  as above
    """Return variables as `{NAME: VALUE}`, or as Kubernetes has them, a list of names and values."""
    if isinstance(there, dict):
        wanted = wish if isinstance(wish, dict) else {}
        return {key: _shown(str(key), value, wanted.get(key)) for key, value in there.items()}
    if not isinstance(there, list):
        return there
    wanted = {one.get("name"): one.get("value") for one in wish or () if isinstance(one, dict)}
    return [
        {**one, "value": _shown(str(one.get("name")), one["value"], wanted.get(one.get("name")))}
        if isinstance(one, dict) and "value" in one
        else one
        for one in there
    ]


def _shown(name: str, there: object, wish: object) -> object:
    return there if there is None or there == wish or name.startswith(_OWN) else ANOTHER
