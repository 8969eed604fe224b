"""Waits before another try grow, have a limit, and are not the same twice."""

import pytest

from gto.backoff import Backoff


@pytest.mark.parametrize(
    ("backoff", "tries", "least", "most"),
    [
        (Backoff(1.0, 300.0), 1, 0.5, 1.0),
        (Backoff(1.0, 300.0), 5, 8.0, 16.0),
        (Backoff(1.0, 300.0), 100_000, 150.0, 300.0),
        (Backoff(0.2, 24.0, factor=3.0, steady=0.0), 2, 0.0, 0.6),
        (Backoff(0.2, 24.0, factor=3.0, steady=0.0), 9, 0.0, 24.0),
    ],
)
def test_a_wait_is_random_between_its_steady_part_and_what_the_tries_let_it_be(
    backoff: Backoff, tries: int, least: float, most: float
) -> None:
    waits = {backoff.wait(tries) for _ in range(200)}
    assert least <= min(waits) < max(waits) <= most
    assert max(waits) - min(waits) > (most - least) / 2
