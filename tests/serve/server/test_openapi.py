"""Every operation of the OpenAPI document, with what fits it and what does not: it answers as the document says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.serving import ServingServer, serving_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

SETTINGS = settings(
    max_examples=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def server() -> Iterator[ServingServer]:
    with serving_plain(max_body=1 << 20) as found:
        yield found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda one: one.value)
def test_every_operation_answers_as_the_document_says(server: ServingServer, mode: GenerationMode) -> None:
    document = server.ask("/openapi.json").json
    method = document["paths"]["/models/plain/predict"]["post"]["parameters"][0]["schema"]
    method["enum"] = [one for one in method["enum"] if one not in {"fail", "slow"}]  # they do what nobody documents
    api = schemathesis.openapi.from_dict(document)
    seen = set()
    for found in api.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        seen.add(operation.label)
        if mode is GenerationMode.NEGATIVE and operation.method.upper() == "GET":
            continue  # nothing can be wrong with those

        @SETTINGS
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Case[Any]) -> None:
            if (case.query or {}).get("method") in {"fail", "slow"}:
                return
            case.call_and_validate(base_url=f"http://127.0.0.1:{server.port}", checks=CHECKS)

        ask()
    assert len(seen) == 5
