"""A service of BentoML."""

from typing import Any

import bentoml
from decode import answer


@bentoml.service(workers=1)
class Service:
    @bentoml.api(route="/v2/models/model/infer")
    def infer(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        return answer({"inputs": inputs})
