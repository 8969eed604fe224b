"""The sections that a `dvc.yaml` may have: for any other, DVC refuses the whole file."""

from collections.abc import Iterator

from gto.core.event import Problem

_SECTIONS = {"artifacts", "datasets", "metrics", "params", "plots", "stages", "vars"}
_REFUSED = "dvc-yaml-refused"


def refused(top: object, file: str) -> Iterator[Problem]:
    """Yield a problem for each key at the top that DVC does not know."""
    for key in top if isinstance(top, dict) else ():
        if key not in _SECTIONS:
            reason = f"DVC refuses the whole file: it knows no section '{str(key)[:100]}'"
            hint = f"a stage goes below `stages:`; DVC knows {', '.join(sorted(_SECTIONS))}"
            yield Problem(_REFUSED, file, reason, hint)
