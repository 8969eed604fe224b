"""How many examples of a law are tried: some in `make test`, many times as many in `make soak`."""

from __future__ import annotations

from hypothesis import settings

SOAK = "soak"
"""The profile of the long tests; load it by `--hypothesis-profile=soak`."""
MORE = 10


def examples(count: int) -> settings:
    """So many examples, and in the long tests MORE times as many."""
    return settings(max_examples=count * MORE if settings.get_current_profile_name() == SOAK else count)
