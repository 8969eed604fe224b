"""Whether the time that something takes grows with its input, and not with its square."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Input = TypeVar("Input")

FLOOR = 0.02
"""Seconds below which nothing is measured."""
_TRIES = 5


def check_growth(read: Callable[[Input], object], inputs: Iterable[Input], floor: float = FLOOR) -> None:
    """Read inputs, each four times as long as the one before: linear time is four times as long, quadratic sixteen."""
    before = floor
    for one in inputs:
        spent = _fastest(read, one, 8 * before)
        assert spent < 8 * before, f"this input took {spent:.3f} s, a quarter of it {before:.3f} s"
        before = max(floor, spent)


def _fastest(read: Callable[[Input], object], one: Input, enough: float) -> float:
    """The shortest CPU time of some runs: a busy machine makes one slow now and then, and never all."""
    spent = enough
    for _ in range(_TRIES):
        gc.disable()  # a collection goes through all that the tests before have left
        began = time.process_time()
        read(one)
        spent = min(spent, time.process_time() - began)
        gc.enable()
        if spent < enough:
            break
    return spent
