"""A version behind KServe's server: `python -m gto.serve.adapters.kserve_model --model_name=... --model_dir=...`."""

import argparse
from typing import Any
from uuid import uuid4

import kserve
from kserve.errors import InferenceError, InvalidInput

from gto.exceptions import GTOException, ModelFailed
from gto.serve.adapters.model_place import bring_from, given_values
from gto.serve.runtime.infer_request import GivenTensor, InferRequest
from gto.serve.runtime.served_model import LiveModel, described


class KServeModel(kserve.Model):  # type: ignore[misc]  # KServe tells no types
    """A model of KServe's that checks by the side-car's schema, and answers as `gto serve` does."""

    def __init__(self, name: str, place: str, repo: str = ".", *, trusted: bool = False) -> None:
        """`place` is a selector, a file, or the directory in which KServe has the model mounted."""
        super().__init__(name, return_response_headers=True)
        self._place, self._repo, self._trusted = place, repo, trusted
        self.served: LiveModel | None = None

    def load(self) -> bool:
        """Bring the model."""
        self.served = bring_from(self._place, self._repo, trusted=self._trusted)
        self.ready = True
        return True

    def get_input_types(self) -> list[dict[str, Any]]:
        """Return the inputs of the metadata."""
        method = self._model.methods[self._model.default]
        return described(method.schemas.inputs if method.schemas else None)

    def get_output_types(self) -> list[dict[str, Any]]:
        """Return the outputs of the metadata."""
        return described(self._model.methods[self._model.default].output_schema)

    def predict(
        self,
        payload: kserve.InferRequest,
        headers: dict[str, str] | None = None,  # noqa: ARG002  KServe gives them
        response_headers: dict[str, str] | None = None,
    ) -> kserve.InferResponse:
        """Answer a request of the Open Inference Protocol."""
        model = self._model
        try:
            if not isinstance(payload, kserve.InferRequest):
                raise InvalidInput("ask in the Open Inference Protocol: POST /v2/models/NAME/infer")
            inputs = {one.name: _given(one) for one in payload.inputs}
            if len(inputs) < len(payload.inputs):
                raise InvalidInput("an input is there twice")
            asked = {one.name: False for one in payload.request_outputs or ()}
            method = str((payload.parameters or {}).get("method", ""))
            made = model.outputs(model.question_of(InferRequest(inputs, asked, method=method)))
        except ModelFailed as error:
            raise InferenceError(error.message) from error
        except GTOException as error:
            raise InvalidInput(f"{error.message}; {error.hint}" if error.hint else error.message) from error
        if response_headers is not None:
            response_headers["GTO-Model-Version"] = model.served.header
        outputs = [kserve.InferOutput(one["name"], one["shape"], one["datatype"], one["data"]) for one in _dicts(made)]
        return kserve.InferResponse(payload.id or uuid4().hex, self.name, outputs, model_version=model.served.version)

    @property
    def _model(self) -> LiveModel:
        if self.served is None:
            raise InferenceError(f"the model '{self.name}' is not loaded")
        return self.served


def _given(one: Any) -> GivenTensor:  # noqa: ANN401  KServe's InferInput
    """Return an input; what came as JSON is checked as it came."""
    values = one.data if isinstance(one.data, list) else one.as_numpy().ravel().tolist()
    return given_values(one.name, one.datatype, one.shape, values)


def _dicts(made: list[Any]) -> list[dict[str, Any]]:
    return [one.as_dict() for one in made]


def main() -> None:
    """Serve the model that the command line names, as the containers of KServe's runtimes do."""
    parser = argparse.ArgumentParser(parents=[kserve.model_server.parser], description=main.__doc__)
    parser.add_argument("--model_dir", required=True, help="A directory with a model, a file, or a selector")
    parser.add_argument("--repo", default=".", help="The repository of a selector")
    parser.add_argument("--trusted", action="store_true", help="Load a file whose loading runs code")
    options = parser.parse_args()
    model = KServeModel(options.model_name, options.model_dir, options.repo, trusted=options.trusted)
    model.load()
    kserve.ModelServer().start([model])


if __name__ == "__main__":
    main()
