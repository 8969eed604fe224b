"""A runtime for MLServer, which decodes with its own codecs."""

from decode import IS_TABLE, MODEL
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, NumpyRequestCodec, PandasCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Runtime(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        codec = PandasCodec if IS_TABLE else NumpyRequestCodec
        found = MODEL.predict(codec.decode_request(payload))
        outputs = [NumpyCodec.encode_output("output", found)]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)
