"""A server of plain objects, which need no library: run as a script, it says as JSON where it listens."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.serve.runtime.served_model import LiveModel, Served
from gto.serve.server.model_repository import ModelRepository
from gto.serve.server.server_settings import ServerSettings
from gto.serve.server.serving_app import make_app

ARRAY = Schema((Tensor("input", "FP64", (-1, 3)),), "np")
SUMS = Schema((Tensor("output", "FP64"),), "np")
TYPED = Schema(
    (
        Tensor("small", "UINT8"),
        Tensor("half", "FP32"),
        Tensor("flag", "BOOL"),
        Tensor("text", "BYTES"),
        Tensor("large", "INT64"),
    ),
    "np",
)


class Plain:
    """A model of three numbers."""

    def predict(self, data: Any) -> Any:
        return data.sum(axis=1)

    def slow(self, data: Any) -> Any:
        time.sleep(data[0, 0])
        return data.sum(axis=1)

    def fail(self, data: Any) -> Any:
        raise ValueError(f"a secret of the model: {data}")

    def typed(self, data: Any) -> Any:
        return data


METHODS = {
    **dict.fromkeys(("predict", "slow", "fail"), Method(ARRAY, SUMS)),
    "typed": Method(TYPED, TYPED),
}


def plain_model(name: str = "plain", version: str = "v1.0.0", stage: str = "prod") -> LiveModel:
    return LiveModel(Served(name, version, f"{name}#{stage}"), Plain(), ModelFacts(format="plain", methods=METHODS))


def main() -> None:
    from gto.cli import signals
    from gto.serve.server.serving import Server, bind

    models = {f"plain#{stage}": plain_model(version=version, stage=stage) for stage, version in STAGES.items()}
    repository = ModelRepository(lambda selector: models[selector])
    for one in models.values():
        repository.put(one)
    with bind("127.0.0.1", 0) as listener:
        server = Server(make_app(repository, ServerSettings(**json.loads(sys.argv[1]))))
        port = listener.getsockname()[1]
        with signals.by_signals(server.end):
            server.serve(listener, lambda: print(json.dumps({"port": port}), flush=True))


STAGES = {"prod": "v1.0.0", "canary": "v2.0.0"}

if __name__ == "__main__":
    main()
