"""KServe's Python server with a model class of one's own."""

from typing import Any

import kserve
from decode import PORT, answer
from kserve import InferOutput, InferRequest, InferResponse


class Model(kserve.Model):
    def __init__(self) -> None:
        super().__init__("model")
        self.ready = True

    def predict(self, payload: InferRequest, headers: Any = None, response_headers: Any = None) -> InferResponse:  # noqa: ANN401, ARG002  KServe's
        inputs = [{"name": one.name, "shape": one.shape, "data": one.data} for one in payload.inputs]
        (found,) = answer({"inputs": inputs})["outputs"]
        outputs = [InferOutput(found["name"], found["shape"], found["datatype"], found["data"])]
        return InferResponse(payload.id or "1", "model", outputs)


if __name__ == "__main__":
    kserve.ModelServer(http_port=PORT, enable_grpc=False, access_log_format=None).start([Model()])
