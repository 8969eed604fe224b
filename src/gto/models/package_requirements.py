"""What a side-car may say that must be installed: releases of packages by their names, and nothing else."""

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement

from gto.exceptions import UsageError

_LONGEST = 500
_SHOWN = 80


def releases(requirements: Iterable[str]) -> list[str]:
    """Return requirements as pip takes them; UsageError for one that is more than a name, versions and a marker.

    A side-car is anybody's who can commit: an option, a URL or a path in it would have another's code run while it is
    installed, whatever the model is, and a line break would be one in what is written.
    """
    return [_release(one) for one in requirements]


def is_release(text: str) -> bool:
    """Tell whether a requirement names releases of a package, and says nothing of where they come from."""
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return False
    # pip fills variables of the environment into a file of requirements.
    return wanted.url is None and len(text) <= _LONGEST and "$" not in text and text.isprintable()


def _release(text: str) -> str:
    if is_release(text):
        return text.strip()
    hint = "write it as in `numpy==2.4.6` below `requirements:` of the side-car; from elsewhere you install it yourself"
    raise UsageError(f"{text[:_SHOWN]!a} is no release of a package, by its name", hint)
