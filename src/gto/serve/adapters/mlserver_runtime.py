"""A version behind MLServer: `"implementation": "gto.serve.adapters.mlserver_runtime.GTORuntime"` in its settings."""

import asyncio
from itertools import chain
from typing import Any

from mlserver import MLModel
from mlserver.errors import InferenceError, MLServerError
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor, Parameters, ResponseOutput

from gto.exceptions import GTOException, ModelFailed
from gto.serve.adapters.model_place import bring_from, given_values
from gto.serve.runtime.infer_request import GivenTensor, InferRequest
from gto.serve.runtime.served_model import LiveModel, described
from gto.serve.server.error_answers import status_of


class GTORuntime(MLModel):  # type: ignore[misc]  # MLServer tells no types
    """A runtime of MLServer's that checks by the side-car's schema, and answers as `gto serve` does.

    `parameters.uri` is a selector, a file, or a directory with a model; `parameters.extra` may have `repo`, `trusted`.
    """

    async def load(self) -> bool:
        """Bring the model, and say in the metadata what it takes."""
        parameters = self.settings.parameters
        extra = parameters.extra or {}
        place, repo = parameters.uri, str(extra.get("repo", "."))
        self.served: LiveModel = await asyncio.to_thread(bring_from, place, repo, trusted=bool(extra.get("trusted")))
        method = self.served.methods[self.served.default]
        self.inputs = _metadata(described(method.schemas.inputs if method.schemas else None))
        self.outputs = _metadata(described(method.output_schema))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer a request of the Open Inference Protocol."""
        model = self.served
        try:
            inputs = {one.name: _given(one) for one in payload.inputs}
            if len(inputs) < len(payload.inputs):
                raise MLServerError("an input is there twice", 422)
            asked = {one.name: False for one in payload.outputs or ()}
            method = str(getattr(payload.parameters, "method", "") or "")
            question = model.question_of(InferRequest(inputs, asked, method=method))
            made = await asyncio.to_thread(model.outputs, question)
        except ModelFailed as error:
            raise InferenceError(error.message) from error
        except GTOException as error:
            raise MLServerError(
                f"{error.message}; {error.hint}" if error.hint else error.message, status_of(error)
            ) from error
        return InferenceResponse(
            model_name=self.name,
            model_version=model.served.version,
            id=payload.id,
            parameters=Parameters(headers={"GTO-Model-Version": model.served.header}),
            outputs=[ResponseOutput(**one.as_dict()) for one in made],
        )


def _given(one: Any) -> GivenTensor:  # noqa: ANN401  MLServer's RequestInput
    values = getattr(one.data, "root", one.data)
    if not isinstance(values, list):
        values = [values]
    while values and isinstance(values[0], list):
        values = list(chain.from_iterable(values))
    return given_values(one.name, str(getattr(one.datatype, "value", one.datatype)), one.shape, values)


def _metadata(tensors: list[dict[str, Any]]) -> list[MetadataTensor]:
    return [MetadataTensor(**one) for one in tensors]
