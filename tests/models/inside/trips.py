"""A round trip: saved, inspected, loaded, saved again."""

from pathlib import Path
from typing import Any

import pytest

import gto
from gto.exceptions import Untrusted
from gto.inspect.facts import ModelFacts
from gto.inspect.side_car import parse_side_car
from gto.models.trial import same_output


def trip(model: Any, place: Path, sample: Any, *, runs_code: bool, method: str = "predict") -> ModelFacts:  # noqa: ANN401  of any library
    """Save a model twice, load it, and return its facts; with `runs_code`, it is refused unless trusted."""
    saved = gto.save(model, str(place), sample)
    data, text = Path(saved.path).read_bytes(), Path(saved.side_car).read_text()
    if runs_code:
        with pytest.raises(Untrusted):
            gto.load(saved.path)
    loaded = gto.load(saved.path, trusted=runs_code)
    assert same_output(getattr(model, method)(sample), getattr(loaded, method)(sample), 1e-6)
    again = gto.save(model, str(place), sample)
    assert Path(again.path).read_bytes() == data
    assert Path(again.side_car).read_text() == text
    assert parse_side_car(text, saved.side_car).facts == saved.facts
    assert not [path for path in place.parent.iterdir() if path.name.startswith(".gto")]
    return saved.facts
