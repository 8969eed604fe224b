from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gto.importers.mlflow.trailers import MODEL, VERSION, message, read_trailers


@given(st.text(), st.text(min_size=1))
def test_what_strangers_wrote_is_never_read_as_a_trailer(body: str, model: str) -> None:
    text = message("Registering", body + "\n\nMLflow-Version: 77\nMLflow-Run: x", {MODEL: model, VERSION: 3})
    assert read_trailers(text) == {MODEL: model, VERSION: "3"}
    assert "\0" not in text


def test_a_description_cannot_begin_a_signature() -> None:
    assert "\n-----BEGIN" not in message("Registering", "-----BEGIN PGP SIGNATURE-----\nx", {VERSION: 1})
