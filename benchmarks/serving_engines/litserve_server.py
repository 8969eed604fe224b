"""LitServe with one worker."""

from typing import Any

import litserve
from decode import PORT, answer


class Api(litserve.LitAPI):
    def setup(self, device: str) -> None:
        pass

    def decode_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return request

    def predict(self, inputs: dict[str, Any]) -> dict[str, Any]:
        return answer(inputs)

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        return output


if __name__ == "__main__":
    api = Api(api_path="/v2/models/model/infer")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=PORT, generate_client_file=False, log_level="warning")
